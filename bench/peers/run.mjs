// npm run bench:peers: times softmax-simd against other libraries, PyTorch, C and a plain loop. README.md says how to read the result.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createCase, opGroups, shapesOf } from '../cases.mjs';
import { parse, UsageError } from '../options.mjs';
import { provenance } from '../provenance.mjs';
import { shapeGroups, vocabularyShapes } from '../shapes.mjs';
import { decimals, skipNotes, table } from '../table.mjs';
import { checkPeer } from './check.mjs';
import { names, start } from './contenders/index.mjs';
import { measure } from './rounds.mjs';
import { judge } from './targets.mjs';

const operations = ['softmax', 'log-softmax', 'cross-entropy', ...opGroups.sample, 'top-k'];
const bases = ['relaxed-buffer', 'simd-buffer'];

const help = `Times softmax-simd against TensorFlow.js, ONNX Runtime, PyTorch, C and a plain loop: float32, one thread each, interleaved
rounds, medians. Every result is compared with a float64 reference before it is timed.

Usage: npm run bench:peers -- [options]

  --op LIST        ${operations.join(', ')} or all (default: softmax); sample: all of them that draw
  --shape LIST     ${Object.keys(shapeGroups).join(', ')}, all, or sizes: 64x1000, or 1000x64@0 for another axis (default: all;
                   of sample and top-k ${vocabularyShapes.join(' ')})
  --only LIST      contenders, without the others (default: all):
                   ${names.join(', ')}
  --rounds N       rounds, of which the median is reported (default: 11)
  --min-time MS    about the time of one contender in one round, in milliseconds (default: 20)
  --json PATH      write the figures to a file too, with machine, versions and commit
  --smoke          every op and kind of shape for a moment: shows in seconds that all run and agree, not how fast
  --help           this text

The items of a LIST are separated by commas.

Examples
  npm run bench:peers -- --shape 64x1000 --only relaxed-buffer,tfjs-op
  npm run bench:peers -- --json bench/results/peers.json
`;

/** Checks, then times, the contenders on one case. */
async function runCase(testCase, contenders, settings) {
  const { op, dtype, shape } = testCase;
  const skipped = [];
  const prepared = [];
  try {
    for (const { name, isFor, prepare } of contenders) {
      if (isFor?.(op) === false) continue;
      const entry = await prepare(testCase);
      if ('skip' in entry) {
        skipped.push({ name, reason: entry.skip });
        continue;
      }
      prepared.push({ name, ...entry });
      const { check = (result) => checkPeer(testCase, name, result) } = entry;
      check(await entry.result());
    }
    const perElement = (seconds) => (seconds * 1e9) / shape.elements;
    const figures = (await measure(prepared, settings)).map(({ name, seconds, min, max, samples }) => ({
      name,
      nsPerElement: perElement(seconds),
      min: perElement(min),
      max: perElement(max),
      samples: samples.map(perElement),
    }));
    return { op, dtype, shape: shape.name, elements: shape.elements, contenders: figures, skipped };
  } finally {
    for (const { release } of prepared) await release?.();
  }
}

const times = (value) => `${decimals(value)}×`;

/** Contenders down; how many times as fast as each the package is, in place. */
function caseTable({ op, shape, contenders: figures }) {
  const present = bases.flatMap((base) => figures.filter(({ name }) => name === base));
  return table([
    [`${op} ${shape}`, 'ns/element', 'min', 'max', ...present.map(({ name }) => `÷ ${name}`)],
    ...figures.map(({ name, nsPerElement, min, max }) => [
      `  ${name}`,
      decimals(nsPerElement),
      decimals(min),
      decimals(max),
      ...present.map((base) => times(nsPerElement / base.nsPerElement)),
    ]),
  ]);
}

/** Contenders down, shapes across. */
function summary(op, cases) {
  const figure = (name, { contenders }) => contenders.find((entry) => entry.name === name);
  const rows = names
    .filter((name) => cases.some((entry) => figure(name, entry)))
    .map((name) => [
      `  ${name}`,
      ...cases.map((entry) => (figure(name, entry) ? decimals(figure(name, entry).nsPerElement) : '-')),
    ]);
  return `ns per element\n\n${table([[`${op} float32`, ...cases.map(({ shape }) => shape)], ...rows])}`;
}

function targetTable(verdicts) {
  const reached = verdicts.filter((verdict) => verdict.reached).length;
  const rows = verdicts.map(({ peer, shape, ours, required, measured, reached }) => [
    `  ${peer}`,
    shape,
    ours,
    times(required),
    times(measured),
    reached ? 'ok' : 'short',
  ]);
  return `targets: ${reached} of ${verdicts.length} reached

${table([['times as fast as', 'shape', 'ours', 'required', 'measured', ''], ...rows])}`;
}

async function main() {
  const settings = parse(process.argv.slice(2), { operations, op: 'softmax', shape: 'all', names, warmupRounds: 2 });
  if (settings.help) {
    process.stdout.write(help);
    return;
  }
  const { contenders, versions, skipped, stop } = await start(settings.only);
  try {
    const report = {
      ...provenance(),
      peers: versions,
      rounds: settings.rounds,
      minTimeMs: settings.minTime * 1e3,
      smoke: settings.smoke,
      cases: [],
    };
    const { version, node, v8, machine } = report;
    console.log(`softmax-simd ${version}, Node.js ${node}, V8 ${v8}, ${machine.cpu}, ${machine.cores} cores`);
    for (const [title, peerVersion] of Object.entries(versions)) console.log(`${title}: ${peerVersion}`);
    if (!settings.smoke) console.log(`median of ${settings.rounds} interleaved rounds of ${report.minTimeMs} ms\n`);

    const summaries = [];
    for (const op of settings.ops) {
      const cases = [];
      for (const shape of shapesOf(op, settings.shapes, settings.isShapeGiven)) {
        const result = await runCase(createCase(op, 'float32', shape), contenders, settings);
        cases.push(result);
        if (!settings.smoke) console.log(`${caseTable(result)}\n`);
      }
      report.cases.push(...cases);
      const ran = new Set(cases.flatMap((entry) => entry.contenders.map(({ name }) => name)));
      if (settings.smoke) console.log(`${op}: ${cases.length} shapes agree with the reference: ${[...ran].join(', ')}`);
      else summaries.push(summary(op, cases));
    }
    report.targets = judge(report.cases);
    report.skipped = skipped;
    if (!settings.smoke) {
      console.log(summaries.join('\n\n'));
      if (report.targets.length > 0) console.log(`\n${targetTable(report.targets)}`);
    }
    for (const note of skipNotes([...skipped, ...report.cases.flatMap((entry) => entry.skipped)])) {
      console.log(`\n${note}`);
    }
    if (settings.json) {
      mkdirSync(dirname(settings.json), { recursive: true });
      writeFileSync(settings.json, `${JSON.stringify(report, null, 1)}\n`);
      console.log(`\nfigures: ${settings.json}`);
    }
  } finally {
    stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof UsageError ? `bench:peers: ${error.message}; --help shows every option` : error);
  process.exitCode = 1;
}
