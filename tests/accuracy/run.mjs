// npm run accuracy: the worst error of everything in bounds.json, with the input that reaches it, for both builds, the relaxed one fused and
// unfused. Exit code 1 where a bound is exceeded.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFused } from '../engines/corpus.mjs';
import { bundle, compile, root } from './build.mjs';
import { report } from './report.mjs';

const help = `npm run accuracy -- [options]
  --full            every float32 instead of every 64th, more rows, K up to 2^24: about an hour
  --quick           every 4096th float32, fewer rows: two minutes
  --stride N        every N-th float32 in the sweeps
  --only BUILD      simd, relaxed (fused) or unfused; may be given more than once
  --seed N          of the random rows; default 1
  --markdown        print the tables as Markdown, without the inputs
  --json PATH       write findings and worst inputs as JSON
  --from PATH       measure nothing: print what --json wrote`;

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    stride: { type: 'string' },
    only: { type: 'string', multiple: true, default: ['simd', 'relaxed', 'unfused'] },
    seed: { type: 'string', default: '1' },
    markdown: { type: 'boolean', default: false },
    json: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(help);
  process.exit();
}

/** @param {string} name @param {string} value @param {number} lowest */
function integer(name, value, lowest) {
  const number = Number(value);
  if (Number.isInteger(number) && number >= lowest) return number;
  throw new RangeError(`accuracy: --${name} is ${value}; allowed is an integer from ${lowest} on.`);
}

// Node.js 20 has relaxed SIMD behind a flag, which later versions do not know.
const relaxed = isFused() === undefined ? ['--experimental-wasm-relaxed-simd'] : [];
const runs = { simd: [], relaxed, unfused: [...relaxed, '--no-enable-fma3'] };
for (const name of options.only) {
  if (!(name in runs))
    throw new RangeError(`accuracy: --only is ${name}; allowed are ${Object.keys(runs).join(', ')}.`);
}
const { stride, float32, float64 } = options.full
  ? { stride: 1, float32: 2e6, float64: 1e5 }
  : options.quick
    ? { stride: 4096, float32: 3e4, float64: 1e3 }
    : { stride: 64, float32: 3e5, float64: 1e4 };
const settings = {
  stride: options.stride === undefined ? stride : integer('stride', options.stride, 1),
  entries: { float32, float64 },
  seed: integer('seed', options.seed, 0),
  full: options.full,
};

// JSON has no infinity: as text, there and back.
const texts = (_, value) => (value === Infinity ? 'Infinity' : value);
const numbers = (key, value) => (key === 'worst' ? Number(value) : value);

async function measure() {
  const script = await bundle();
  const columns = [];
  for (const name of options.only) {
    const build = name === 'simd' ? 'simd' : 'relaxed';
    console.error(name);
    const binary = join(root, `build/softmax.${build}.wasm`);
    const argument = JSON.stringify({ ...settings, binary, probe: compile('probe', build) });
    const child = spawnSync(process.execPath, [...runs[name], script, argument], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.status !== 0) throw new Error(`accuracy: measuring ${name} failed: ${child.error ?? child.status}.`);
    columns.push({ name, node: process.version, ...JSON.parse(child.stdout, numbers) });
  }
  return columns;
}

const saved = options.from && JSON.parse(readFileSync(options.from, 'utf8'), numbers);
const columns = saved ? saved.columns : await measure();
const { text, exceeded } = report(columns, { markdown: options.markdown });
console.log(text);
if (options.json && !saved) {
  const about = { date: new Date().toISOString().slice(0, 10), cpu: cpus()[0]?.model, ...settings };
  writeFileSync(options.json, `${JSON.stringify({ ...about, columns }, texts, 1)}\n`);
}
process.exitCode = exceeded ? 1 : 0;
