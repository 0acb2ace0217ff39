import { type Backend, createEngineSync, type Engine, type FloatArray } from '../index.ts';
import { backends } from './backends.ts';
import { openBytes } from './bytes.ts';
import type { Command } from './command.ts';
import type { Elements } from './npy.ts';
import { integer, number, type OptionTypes, parse, RunError, UsageError, type Values, word } from './options.ts';
import { createProgress } from './progress.ts';
import { createSink, type FileFormat } from './sink.ts';
import { openSource } from './source.ts';

const operations = ['softmax', 'log-softmax', 'sample'] as const;
type OperationName = (typeof operations)[number];

const formats: readonly FileFormat[] = ['npy', 'csv'];
const MOST_SEED = 2 ** 53 - 1;

const help = `Softmax, log-softmax or samples of the numbers in a file or from standard input.

Usage: softmax-simd apply <${operations.join('|')}> [FILE] [options]

  FILE             .npy (float32 or float64) or .csv (numbers, one row a line); - or none: standard input
  --axis N         the axis to run along; negative ones count from the end (default: -1). Along the last one, files of any size
                   pass in little memory; along another, what belongs together is held at once
  --temperature T  0 to inf: the operation sees x / T; 0 and inf mean the limits (default: 1)
  --out FILE       where the result goes; it appears when it is complete. - or none: standard output
  --format F       npy or csv (default: as FILE of --out is called, else as the input)
  --delimiter C    what separates the fields of csv: one character, or tab (default: a comma)
  --header         the first line of the csv holds names; softmax and log-softmax pass them on
  --backend B      auto, ${backends.join(', ')} (default: auto)
  --json           with --out: what was done, as JSON on standard output
  --help           this text

For sample, which draws indices from the softmax of each row:
  --count N        how many of each (default: 1)
  --top-k K        only from the K largest, 1 or more
  --top-p P        only from the fewest whose probabilities sum to P or more, 0 to 1
  --min-p P        only from those with at least P times the largest probability, 0 to 1
  --seed N         0 to ${MOST_SEED}: the same draws again (default: a random one)

A csv is read as float64; NaN, inf and -inf may stand in it, and lines that begin with # are passed over. An npy file keeps its type, its
order (C or Fortran) and its shape. Samples are integers: the shape without the axis, then the count.
A bar shows progress where standard error is a terminal.

Examples
  softmax-simd apply softmax logits.npy --out probabilities.npy
  softmax-simd apply log-softmax logits.csv --header --temperature 0.7
  softmax-simd apply softmax logits.npy --axis 0 --format csv | head
  cat logits.npy | softmax-simd apply sample --count 10 --top-p 0.9 --seed 1 --out draws.csv

Exit code: 0 done; 1 something could not be read, written or computed; 2 wrong usage.
`;

const types = {
  axis: 'string',
  temperature: 'string',
  out: 'string',
  format: 'string',
  delimiter: 'string',
  header: 'boolean',
  backend: 'string',
  json: 'boolean',
  count: 'string',
  'top-k': 'string',
  'top-p': 'string',
  'min-p': 'string',
  seed: 'string',
} as const satisfies OptionTypes;

const forSample = ['count', 'top-k', 'top-p', 'min-p', 'seed'] as const;

interface Settings {
  readonly operation: OperationName;
  readonly file: string;
  readonly axis: number;
  readonly temperature: number;
  readonly out: string | undefined;
  readonly format: FileFormat | undefined;
  readonly delimiter: string;
  readonly hasNames: boolean;
  readonly backend: 'auto' | Backend;
  readonly json: boolean;
  readonly sampling: { count: number; topK?: number; topP?: number; minP?: number; seed?: number };
}

function settingsOf(args: string[]): Settings {
  const { values, positionals } = parse('apply', args, types, ['an operation', 'a file']);
  const [came, file = '-'] = positionals;
  if (came === undefined) throw new UsageError(`apply: no operation; allowed are ${operations.join(', ')}.`);
  const operation = word('apply', 'operation', came, operations);
  for (const key of forSample) {
    if (operation === 'sample' || values[key] === undefined) continue;
    throw new UsageError(`apply: --${key} is given with ${operation}; allowed is sample.`);
  }
  if (values.json && outOf(values) === undefined) {
    throw new UsageError(
      'apply: --json is given without --out, and the result goes to standard output; allowed is both.',
    );
  }
  const map = <T>(key: keyof typeof types, read: (label: string, value: string) => T): T | undefined =>
    values[key] === undefined ? undefined : read(`--${key}`, values[key] as string);
  const whole = (min?: number, max?: number) => (label: string, value: string) =>
    integer('apply', label, value, min, max);
  const between = (allowed: string, isAllowed: (value: number) => boolean) => (label: string, value: string) =>
    number('apply', label, value, allowed, isAllowed);

  return {
    operation,
    file,
    axis: map('axis', whole()) ?? -1,
    temperature:
      map(
        'temperature',
        between('numbers from 0 to inf', (t) => t >= 0),
      ) ?? 1,
    out: outOf(values),
    format: formatOf(values),
    delimiter: map('delimiter', delimiterOf) ?? ',',
    hasNames: values.header ?? false,
    backend: map('backend', (label, value) => word('apply', label, value, ['auto', ...backends] as const)) ?? 'auto',
    json: values.json ?? false,
    sampling: withoutUndefined({
      count: map('count', whole(1)) ?? 1,
      topK: map('top-k', whole(1)),
      topP: map(
        'top-p',
        between('numbers from 0 to 1', (p) => p >= 0 && p <= 1),
      ),
      minP: map(
        'min-p',
        between('numbers from 0 to 1', (p) => p >= 0 && p <= 1),
      ),
      seed: map('seed', whole(0, MOST_SEED)),
    }),
  };
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
const withoutUndefined = <T extends object>(object: T) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;

const outOf = ({ out }: Values<typeof types>) => (out === '-' ? undefined : out);

function formatOf({ format, out }: Values<typeof types>): FileFormat | undefined {
  if (format !== undefined) return word('apply', '--format', format, formats);
  return formats.find((name) => out?.toLowerCase().endsWith(`.${name}`));
}

function delimiterOf(label: string, value: string): string {
  if (value === 'tab' || value === '\\t') return '\t';
  if (value.length === 1 && !/[\d."#+\-\r\naefinty]/i.test(value)) return value; // letters of NaN, Infinity and 1e9; # begins a comment
  throw new UsageError(
    `apply: ${label} is '${value}'; allowed are one character that no number has, other than # and quotes, and tab.`,
  );
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Where the axis is in what lies in the file: its blocks, one after the other, are [length, inner]. */
interface Place {
  /** undefined: that of all there is. */
  readonly length: number | undefined;
  readonly inner: number;
}

function placeOf(shape: readonly (number | undefined)[], axis: number): Place {
  return { length: shape[axis], inner: product(shape.slice(axis + 1) as number[]) };
}

function resolveAxis(axis: number, shape: readonly (number | undefined)[]): number {
  const rank = shape.length;
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  const sizes = shape.map((size) => size ?? 'rows').join(', ');
  throw new UsageError(
    `apply: --axis ${axis} is out of range for shape [${sizes}]; allowed are ${-rank} to ${rank - 1}.`,
  );
}

/** The same numbers with the order of the axes, which was from the last to the first, turned around. */
function toRowMajor(values: FloatArray, shape: readonly number[]): FloatArray {
  const result = values.slice() as FloatArray;
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  let at = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** [outer, length, inner] as rows: [outer, inner, length]. */
function toRows(values: FloatArray, length: number, inner: number): FloatArray {
  if (inner === 1) return values;
  const rows = values.slice() as FloatArray;
  const block = length * inner;
  for (let start = 0; start < values.length; start += block) {
    for (let i = 0; i < inner; i++) {
      for (let k = 0; k < length; k++) rows[start + i * length + k] = values[start + k * inner + i];
    }
  }
  return rows;
}

/** One chunk, [outer, length, inner]; `firstRow`: how many slices came before it. */
type Compute = (values: FloatArray, outer: number, length: number, inner: number, firstRow: number) => Elements;

function computation(engine: Engine, { operation, temperature, sampling }: Settings): Compute {
  if (operation === 'sample') {
    return (values, outer, length, inner, firstRow) =>
      engine.sample(toRows(values, length, inner), {
        shape: [outer * inner, length],
        temperature,
        ...sampling,
        firstRow,
      });
  }
  const run = operation === 'softmax' ? engine.softmax : engine.logSoftmax;
  return (values, outer, length, inner) =>
    run<FloatArray, FloatArray>(values, { shape: [outer, length, inner], axis: 1, temperature, out: values });
}

async function run(args: string[]): Promise<number> {
  const settings = settingsOf(args);
  const { operation, out } = settings;
  const isSample = operation === 'sample';
  const bytes = await openBytes(settings.file);
  const source = await openSource(bytes, settings);
  if (settings.hasNames && source.format === 'npy') {
    throw new UsageError(`apply: --header is given, and ${bytes.name} is npy, which has no names; allowed is csv.`);
  }
  const format = settings.format ?? source.format;
  const axis = resolveAxis(settings.axis, source.shape);
  if (format === 'csv' && source.shape.length > 2) {
    throw new UsageError(
      `apply: csv has rows and fields, and the shape is [${source.shape.join(', ')}]; allowed is --format npy.`,
    );
  }

  // In Fortran order the file is that of the reversed shape in C order. Draws come row by row, and so do lines of text: turned around.
  const turns = source.isFortran && (isSample || format === 'csv');
  const isReversed = source.isFortran && !turns;
  const shape = isReversed ? [...source.shape].reverse() : source.shape;
  const at = isReversed ? shape.length - 1 - axis : axis;
  const { length, inner } = placeOf(shape, at);
  const block = length === undefined ? undefined : length * inner;

  const resultShape = isSample
    ? [...source.shape.slice(0, axis), ...source.shape.slice(axis + 1), settings.sampling.count]
    : source.shape;
  const engine = createEngineSync({ backend: settings.backend, maxMemoryBytes: 2 ** 32 });
  const compute = computation(engine, settings);
  const none = source.dtype === 'float32' ? new Float32Array(0) : new Float64Array(0);
  const isEmpty = shape.includes(0);
  if (isEmpty) {
    const [outer, size] = [product(shape.slice(0, at) as number[]), length as number];
    numbered(0, () => compute(none, outer, size, inner, 0));
  }
  const like = isSample ? new Int32Array(0) : none;
  const sink = await createSink({
    out,
    format,
    delimiter: settings.delimiter,
    names: isSample ? undefined : source.names,
    like,
    shape: resultShape,
    isFortran: isReversed,
  });
  const progress = createProgress(bytes.total ?? 0, operation);
  try {
    let rows = 0;
    for await (const chunk of source.chunks(turns || isEmpty ? undefined : block)) {
      const values = turns ? toRowMajor(chunk, source.shape as number[]) : chunk;
      const size = length ?? values.length / inner;
      const outer = values.length / (size * inner);
      await sink.write(numbered(rows, () => compute(values, outer, size, inner, rows)));
      rows += outer * inner;
      progress.update(bytes.count);
    }
    const written = await sink.finish();
    progress.stop();
    if (settings.json) {
      const { backend } = engine;
      const done = { operation, backend, input: bytes.name, out, format, dtype: dtypeOf(like), shape: written };
      process.stdout.write(`${JSON.stringify({ ...done, axis, isFortran: isReversed })}\n`);
    }
    return 0;
  } catch (error) {
    progress.stop();
    sink.abort();
    throw error;
  }
}

/** What the library says of a row counts from the first of its chunk. */
function numbered<T>(firstRow: number, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RunError(`apply: ${firstRow > 0 ? `from row ${firstRow} on: ` : ''}${error.message}`);
  }
}

const dtypeOf = (like: Elements) =>
  like instanceof Int32Array ? 'int32' : like instanceof Float32Array ? 'float32' : 'float64';

export const apply: Command = {
  summary: 'softmax, log-softmax or samples of an .npy or .csv file or of standard input',
  help,
  run,
};
