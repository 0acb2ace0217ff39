// npm run accuracy:peers: the worst error of each library's softmax, in ulp of the correctly rounded result, on rows of several kinds.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createCase } from '../cases.mjs';
import { reference } from '../contenders/reference.mjs';
import { provenance } from '../provenance.mjs';
import { parseShape } from '../shapes.mjs';
import { table } from '../table.mjs';
import { start } from './contenders/index.mjs';

const help = `The worst error of each library's softmax of float32, from the input array to the output array, in ulp of the correctly rounded
result: 0.5 is what rounding alone may cost. The logits are normal deviates from a fixed seed; the truth is computed in float64.

Usage: npm run accuracy:peers -- [options]

  --json PATH   write the figures to a file too, with the worst elements, machine, versions and commit
  --help        this text
`;

const kinds = [
  { title: 'N(0, 2)', shape: '64x1000', mean: 0, deviation: 2 },
  { title: 'N(0, 3)', shape: '4x151936', mean: 0, deviation: 3 },
  { title: 'N(0, 6)', shape: '64x4096', mean: 0, deviation: 6 },
  { title: 'N(0, 30)', shape: '64x4096', mean: 0, deviation: 30 },
  { title: '1000 + N(0, 20)', shape: '64x4096', mean: 1000, deviation: 20 },
];

const names = ['relaxed', 'simd', 'tfjs', 'ort-web', 'ort-node', 'pytorch', 'plain'];

const leastNormal = 2 ** -126;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The unit in the last place of a float32.
 *
 * @param {number} value A finite number, rounded to float32 first.
 * @returns {number} 2⁻¹⁴⁹ for subnormals and 0.
 */
export function ulpOf(value) {
  float[0] = value;
  return 2 ** (Math.max((bits[0] >>> 23) & 255, 1) - 150);
}

/**
 * Compares float32 results, none negative, with the truth. Results that round to a subnormal stand apart: there a library that flushes them
 * to 0 is off by millions of units.
 *
 * @param {ArrayLike<number>} results
 * @param {Float64Array} truth
 * @returns {{ ulp: number, index: number, subnormals: number, flushed: number }} The worst error of the normal ones, in
 *   ulp, and where it is; how many are subnormal, and how many of those came out as 0.
 */
export function compare(results, truth) {
  const found = { ulp: 0, index: -1, subnormals: 0, flushed: 0 };
  for (let i = 0; i < truth.length; i++) {
    const rounded = Math.fround(truth[i]);
    if (rounded < leastNormal) {
      if (rounded !== 0) {
        found.subnormals++;
        if (results[i] === 0) found.flushed++;
      }
      continue;
    }
    const ulp = Number.isFinite(results[i])
      ? Math.abs(results[i] - truth[i]) / ulpOf(rounded)
      : Number.POSITIVE_INFINITY;
    if (ulp > found.ulp) {
      found.ulp = ulp;
      found.index = i;
    }
  }
  return found;
}

/** Rows of one kind, and their softmax in float64. */
function createRows({ shape, mean, deviation }) {
  const testCase = createCase('softmax', 'float32', parseShape(shape)); // of N(0, 2)
  const x = testCase.inputs[0].map((value) => mean + (deviation / 2) * value);
  const widened = { ...testCase, dtype: 'float64', inputs: [Float64Array.from(x)] };
  return { ...testCase, inputs: [x], expected: reference.prepare(widened).run() };
}

async function errors(contender, testCase) {
  const prepared = await contender.prepare(testCase);
  if ('skip' in prepared) return prepared;
  try {
    const results = await prepared.result();
    const { ulp, index, subnormals, flushed } = compare(results, testCase.expected);
    const worst = { input: testCase.inputs[0][index], result: results[index], truth: testCase.expected[index] };
    return { ulp, index, ...worst, subnormals, flushed };
  } finally {
    await prepared.release?.();
  }
}

async function main() {
  const { values } = parseArgs({ options: { json: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const { contenders, versions, skipped, stop } = await start(names);
  try {
    const rows = kinds.map(({ title, shape, ...kind }) => ({ title, shape, ...kind, results: [] }));
    for (const row of rows) {
      const testCase = createRows(row);
      for (const contender of contenders) {
        const found = await errors(contender, testCase);
        if (!('skip' in found)) row.results.push({ name: contender.name, ...found });
        else if (!skipped.some(({ name }) => name === contender.name)) {
          skipped.push({ name: contender.name, reason: found.skip });
        }
      }
    }
    const report = { ...provenance(), peers: versions, rows, skipped };
    const present = names.filter((name) => rows[0].results.some((result) => result.name === name));
    const cells = (name, format) => rows.map(({ results }) => format(results.find((result) => result.name === name)));
    const heading = (title) => [title, ...rows.map((row) => `${row.title}, ${row.shape}`)];
    console.log(`softmax-simd ${report.version}, Node.js ${report.node}, ${report.machine.cpu}`);
    for (const [title, version] of Object.entries(versions)) console.log(`${title}: ${version}`);
    console.log(`
${table([
  heading('worst ulp, results from 2^-126 on'),
  ...present.map((name) => [`  ${name}`, ...cells(name, ({ ulp }) => ulp.toFixed(2))]),
])}

${table([
  heading('smaller results that came out as 0'),
  ...present.map((name) => [`  ${name}`, ...cells(name, ({ flushed, subnormals }) => `${flushed} of ${subnormals}`)]),
])}`);
    for (const { name, reason } of skipped) console.log(`\nskipped: ${name}: ${reason}`);
    if (values.json) {
      mkdirSync(dirname(values.json), { recursive: true });
      writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
      console.log(`\nfigures: ${values.json}`);
    }
  } finally {
    stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    const usage = error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(usage ? `accuracy:peers: ${error.message}; --help shows every option` : error);
    process.exitCode = 1;
  }
}
