import { arrayTypes, type Case, checkResult, createCase, type DType, ops, shapesOf } from '../../bench/cases.mjs';
import { mapReduce } from '../../bench/contenders/map-reduce.mjs';
import { type Contender, ours, type Prepared } from '../../bench/contenders/ours.mjs';
import { plain } from '../../bench/contenders/plain.mjs';
import { reference } from '../../bench/contenders/reference.mjs';
import { median } from '../../bench/median.mjs';
import { linearShapes, parseShape, type Shape, shapeGroups, vocabularyShapes } from '../../bench/shapes.mjs';
import { decimals, table } from '../../bench/table.mjs';
import { start } from './backends.ts';
import type { Command } from './command.ts';
import { hostOf } from './host.ts';
import { columns, integer, number, parse, UsageError, wordList } from './options.ts';
import { packageJson } from './package.ts';
import { createProgress } from './progress.ts';

const opNames = Object.keys(ops);
const dtypes = Object.keys(arrayTypes) as DType[];
const LINEAR = 'linear-cross-entropy';

/** Of one array; more takes minutes and more memory than Node.js has by default. */
const MAX_ELEMENTS = 2 ** 23;

const help = `Times the backends that run here against plain JavaScript: one process, interleaved rounds, medians. Every result is compared with the
reference before it is timed. Trust the ratios more than the nanoseconds, on a machine that does nothing else.

Usage: softmax-simd bench [options]

  --op LIST        operations, separated by commas, or all (default: softmax):
${columns(opNames, 4)}
  --shape LIST     ${Object.keys(shapeGroups).join(', ')}, all, or sizes: 64x1000, or 1000x64@0 for another axis (default: core)
${Object.entries(shapeGroups)
  .map(([group, shapes]) => `                     ${group.padEnd(8)} ${shapes.join(' ')}`)
  .join('\n')}
                     ${LINEAR} takes those of three sizes, rows x features x classes; without one, ${linearShapes.join(' ')}
                     sample and top-k take those along the last axis; without --shape, ${vocabularyShapes.join(' ')}
                     Up to ${MAX_ELEMENTS} elements
  --dtype LIST     ${dtypes.join(', ')} or all (default: float32)
  --rounds N       rounds, of which the median is reported (default: 7)
  --min-time MS    the least time of one contender in one round, in milliseconds (default: 10)
  --json           the figures as JSON
  --help           this text

Contenders: each backend with a new result array (relaxed, simd), with a kept one (-out) and with all in wasm memory (-buffer);
reference, which is the backend js; plain, the loops that someone who cares for speed writes; map-reduce, the form most often written.

Examples
  softmax-simd bench
  softmax-simd bench --op softmax,log-softmax --shape 64x1000,1000x64@0
  softmax-simd bench --op all --dtype all --json > bench.json

Exit code: 0 done; 1 a result differs from the reference's; 2 wrong usage.
`;

interface Settings {
  readonly rounds: number;
  /** Seconds. */
  readonly minTime: number;
}

interface Figure {
  name: string;
  nsPerElement: number;
  min: number;
  max: number;
  timesFasterThanPlain: number;
}

interface Report {
  op: string;
  dtype: DType;
  shape: string;
  elements: number;
  contenders: Figure[];
  skipped: { name: string; reason: string }[];
}

// Results go here, so that no compiler can find a contender's work unused.
const last = { result: undefined as unknown };

/** Seconds per call, over as many calls as last `minTime`; `count` is how many did the last time. */
function sample(entry: { run: () => unknown; count: number }, minTime: number): number {
  for (;;) {
    const begin = performance.now();
    for (let i = 0; i < entry.count; i++) last.result = entry.run();
    const seconds = (performance.now() - begin) / 1e3;
    if (seconds >= minTime) return seconds / entry.count;
    entry.count = Math.ceil(entry.count * Math.min(Math.max((1.2 * minTime) / (seconds || 1e-6), 1.2), 100));
  }
}

/** Interleaved (A B C, A B C, …): a machine that slows down for a while slows all of them down, and their ratios stand. */
function measure(contenders: readonly { name: string; run: () => unknown }[], { rounds, minTime }: Settings) {
  const entries = contenders.map(({ name, run }) => ({ name, run, count: 1, samples: [] as number[] }));
  for (const entry of entries) sample(entry, minTime); // the engine compiles, the counts settle
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) entry.samples.push(sample(entry, minTime));
  }
  return entries;
}

function runCase(testCase: Case, contenders: readonly Contender[], settings: Settings): Report {
  const { op, dtype, shape } = testCase;
  const skipped: Report['skipped'] = [];
  const prepared: (Prepared & { name: string })[] = [];
  try {
    for (const { name, prepare } of contenders) {
      const entry = prepare(testCase);
      if (entry.skip !== undefined) {
        skipped.push({ name, reason: entry.skip });
        continue;
      }
      prepared.push({ name, ...entry });
      const { run, read = (result) => result, check = (result) => checkResult(testCase, name, result) } = entry;
      check(read(run()));
    }
    const perElement = (seconds: number) => (seconds * 1e9) / shape.elements;
    const measured = measure(prepared, settings);
    const figures = measured.map(({ name, samples }) => ({
      name,
      nsPerElement: perElement(median(samples)),
      min: perElement(Math.min(...samples)),
      max: perElement(Math.max(...samples)),
    }));
    const base = figures.find(({ name }) => name === plain.name)!.nsPerElement;
    const compared = figures.map((figure) => ({ ...figure, timesFasterThanPlain: base / figure.nsPerElement }));
    return { op, dtype, shape: shape.name, elements: shape.elements, contenders: compared, skipped };
  } finally {
    for (const { release } of prepared) release?.();
  }
}

function parseShapes(text: string): Shape[] {
  const names = text
    .split(',')
    .map((item) => item.trim())
    .flatMap((item) => (item === 'all' ? Object.values(shapeGroups).flat() : (shapeGroups[item] ?? [item])));
  try {
    return [...new Set(names)].map(parseShape);
  } catch (error) {
    throw new UsageError(`bench: --${(error as Error).message}.`);
  }
}

/** Of the largest array that a case has. */
function elementsOf(op: string, { shape, elements }: Shape): number {
  if (op !== LINEAR) return elements;
  const [rows, features, classes] = shape;
  return Math.max(rows * features, classes * features, rows * classes);
}

/** One op and type: contenders down, shapes across. */
function summary(reports: readonly Report[], names: readonly string[]): string {
  const [{ op, dtype }] = reports;
  const present = names.filter((name) => reports.some(({ contenders }) => contenders.some((f) => f.name === name)));
  const cell = (name: string, { contenders }: Report) => {
    const figure = contenders.find((entry) => entry.name === name);
    return figure ? `${decimals(figure.nsPerElement)} ${`${decimals(figure.timesFasterThanPlain)}×`.padStart(6)}` : '-';
  };
  return table([
    [`${op} ${dtype}`, ...reports.map(({ shape }) => shape)],
    ...present.map((name) => [`  ${name}`, ...reports.map((report) => cell(name, report))]),
  ]);
}

function run(args: string[]): number {
  const { values } = parse('bench', args, {
    op: 'string',
    shape: 'string',
    dtype: 'string',
    rounds: 'string',
    'min-time': 'string',
    json: 'boolean',
  });
  const chosenOps = wordList('bench', '--op', values.op ?? 'softmax', opNames);
  const shapes = parseShapes(values.shape ?? 'core');
  const types = wordList('bench', '--dtype', values.dtype ?? 'float32', dtypes);
  const positive = (value: number) => value > 0 && value < Number.POSITIVE_INFINITY;
  const rounds = integer('bench', '--rounds', values.rounds ?? '7', 1);
  const minTimeMs = number('bench', '--min-time', values['min-time'] ?? '10', 'numbers above 0', positive);

  const missing: string[] = [];
  const simd = (['relaxed', 'simd'] as const).flatMap((backend) => {
    const { reason } = start(backend);
    if (reason === undefined) return ours(backend);
    missing.push(`skipped: ${backend}: ${reason}`);
    return [];
  });
  const contenders = [...simd, reference, plain, mapReduce];
  const tasks = types.flatMap((dtype) =>
    chosenOps.flatMap((op) => shapesOf(op, shapes, values.shape !== undefined).map((shape) => ({ op, dtype, shape }))),
  );
  for (const { op, shape } of tasks) {
    const elements = elementsOf(op, shape);
    if (elements <= MAX_ELEMENTS) continue;
    throw new UsageError(
      `bench: --shape: ${shape.name} has ${elements} elements for ${op}; allowed are up to ${MAX_ELEMENTS}.`,
    );
  }
  const progress = createProgress(tasks.length, 'bench');
  const reports = tasks.map(({ op, dtype, shape }, done) => {
    progress.update(done, `${op} ${dtype} ${shape.name}`);
    return runCase(createCase(op, dtype, shape), contenders, { rounds, minTime: minTimeMs / 1e3 });
  });
  progress.stop();

  const { version } = packageJson();
  const host = hostOf();
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ version, host, rounds, minTimeMs, missing, cases: reports }, null, 2)}\n`);
    return 0;
  }
  const summaries = types.flatMap((dtype) =>
    chosenOps.map((op) =>
      summary(
        reports.filter((report) => report.op === op && report.dtype === dtype),
        contenders.map(({ name }) => name),
      ),
    ),
  );
  const notes = new Set([
    ...missing,
    ...reports.flatMap(({ skipped }) => skipped.map(({ name, reason }) => `skipped: ${name}: ${reason}`)),
  ]);
  process.stdout.write(`softmax-simd ${version}, ${host.runtime}, ${host.engine}, ${host.cpu}, ${host.cores} cores
median of ${rounds} interleaved rounds of at least ${minTimeMs} ms: ns per element, and times as fast as the plain loop

${summaries.join('\n\n')}
${[...notes].map((note, i) => `${i === 0 ? '\n' : ''}${note}\n`).join('')}`);
  return 0;
}

export const bench: Command = {
  summary: 'times the backends against plain JavaScript on this machine',
  help,
  run,
};
