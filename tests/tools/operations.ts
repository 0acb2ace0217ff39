// The operations as a table: a suite is a loop over it. A row of input is one array for each argument.

import type { Backend, Engine, FloatArray, Output, ScaledOptions } from '../../src/index.ts';
import type { KernelName } from '../../src/wasm/abi.ts';
import { descendingRow, edgeRow, normalRow, type Random } from './inputs.ts';
import {
  ldexp,
  logSoftmaxBackwardTruth,
  logSoftmaxHvpTruth,
  logSoftmaxJacobianTruth,
  logSoftmaxJvpTruth,
  logSoftmaxTruth,
  logSumExpTruth,
  softmaxBackwardTruth,
  softmaxHessianTruth,
  softmaxHvpTruth,
  softmaxJacobianTruth,
  softmaxTruth,
  type Truth,
} from './truth.ts';
import type { Format } from './ulp.ts';

export type OperationName =
  | 'softmax'
  | 'logSoftmax'
  | 'logSumExp'
  | 'softmin'
  | 'hardmax'
  | 'softmaxBackward'
  | 'logSoftmaxBackward';

export const formats: readonly Format[] = ['float32', 'float64'];

/** The derivatives that are not a gradient: of the result of a forward operation, they take no part in what loops over kernels. */
export type DerivativeName =
  | 'softmaxJvp'
  | 'logSoftmaxJvp'
  | 'softmaxHvp'
  | 'logSoftmaxHvp'
  | 'softmaxJacobian'
  | 'logSoftmaxJacobian'
  | 'softmaxHessian';

/** What an operation does to a row, whatever computes it. */
export interface RowOperation {
  readonly name: OperationName | DerivativeName;
  /** How many arrays it takes. */
  readonly inputs: 1 | 2 | 3;
  /** The forward operation whose result is among the arrays: the last but for the vector. */
  readonly of?: 'softmax' | 'logSoftmax';
  /** Whether the result has lost the axis. */
  readonly reduces?: boolean;
  /** How many axes of the row's length the result has in place of the row; 1 unless told. Several stand last. */
  readonly rank?: 2 | 3;
  /** The options that scale its input. */
  readonly scales: readonly ('temperature' | 'base')[];
  /** -1: of −x. */
  readonly sign: 1 | -1;
  /** What it may be wrong by, in ulp of the true result or of `unit`. */
  readonly bound: Readonly<Record<Format, number>>;
  truth(row: readonly FloatArray[], scale: number): Truth;
  /** Where terms of a row may cancel: the size of the largest, whose ulp is the unit. */
  unit?(row: readonly FloatArray[], scale: number, truth: Truth): number;
}

/** One with a kernel over [outer, length, inner]. */
export interface Operation extends RowOperation {
  readonly name: OperationName;
  readonly kernel: KernelName;
  readonly inputs: 1 | 2;
}

/** 1 at the first maximum, 0 elsewhere; NaN throughout where a NaN stands. */
function hardmaxTruth(row: FloatArray): Truth {
  const { length } = row;
  const truth = { hi: new Float64Array(length), lo: new Float64Array(length), exponent: new Int32Array(length) };
  if (row.some(Number.isNaN)) truth.hi.fill(NaN);
  else truth.hi[row.indexOf(Math.max(...row))] = 1;
  return truth;
}

function sum(length: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += term(i);
  return total;
}

function largest(length: number, term: (i: number) => number): number {
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, term(i));
  return most;
}

/** The largest term of scale · s ⊙ (g − ⟨g, s⟩). */
function softmaxTerm(g: FloatArray, s: FloatArray, scale: number): number {
  const dot = sum(s.length, (i) => s[i] * Math.abs(g[i]));
  return Math.abs(scale) * largest(s.length, (i) => s[i] * Math.max(Math.abs(g[i]), dot));
}

/** The largest result of a row, which may be more than any term of it. */
function resultOf({ hi, exponent }: Truth): number {
  return largest(hi.length, (i) => Math.abs(ldexp(hi[i], exponent[i])));
}

export const operations: readonly Operation[] = [
  {
    name: 'softmax',
    kernel: 'softmax',
    inputs: 1,
    reduces: false,
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 3, float64: 4 },
    truth: ([x], scale) => softmaxTruth(x, scale),
  },
  {
    name: 'softmin',
    kernel: 'softmax',
    inputs: 1,
    reduces: false,
    scales: ['temperature', 'base'],
    sign: -1,
    bound: { float32: 3, float64: 4 },
    truth: ([x], scale) => softmaxTruth(x, scale),
  },
  {
    name: 'logSoftmax',
    kernel: 'log_softmax',
    inputs: 1,
    reduces: false,
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 2, float64: 4 },
    truth: ([x], scale) => logSoftmaxTruth(x, scale),
  },
  {
    name: 'logSumExp',
    kernel: 'log_sum_exp',
    inputs: 1,
    reduces: true,
    scales: ['temperature'],
    sign: 1,
    bound: { float32: 1, float64: 2 },
    truth: ([x], scale) => logSumExpTruth(x, scale),
    // scale · max + log Σ: in float64, which has no wider type to take refuge in, the two may cancel.
    unit: ([x], scale, { hi }) =>
      Math.max(Math.abs(hi[0]), x instanceof Float32Array ? 0 : Math.abs(scale * Math.max(...x))),
  },
  {
    name: 'hardmax',
    kernel: 'hardmax',
    inputs: 1,
    reduces: false,
    scales: [],
    sign: 1,
    bound: { float32: 0, float64: 0 },
    truth: ([x]) => hardmaxTruth(x),
  },
  {
    name: 'softmaxBackward',
    kernel: 'softmax_backward',
    inputs: 2,
    of: 'softmax',
    reduces: false,
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([g, s], scale) => softmaxBackwardTruth(g, s, scale),
    unit: ([g, s], scale) => softmaxTerm(g, s, scale),
  },
  {
    name: 'logSoftmaxBackward',
    kernel: 'log_softmax_backward',
    inputs: 2,
    of: 'logSoftmax',
    reduces: false,
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([g, l], scale) => logSoftmaxBackwardTruth(g, l, scale),
    unit: ([g, l], scale) => {
      const total = Math.abs(sum(g.length, (i) => g[i]));
      return Math.abs(scale) * largest(l.length, (i) => Math.max(Math.abs(g[i]), Math.exp(l[i]) * total));
    },
  },
];

/** The same for derivatives. What is 0 for every tangent, since no entry has a share, has no term. */
export const derivatives: readonly RowOperation[] = [
  {
    name: 'softmaxJvp',
    inputs: 2,
    of: 'softmax',
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([v, s], scale) => softmaxBackwardTruth(v, s, scale), // the Jacobian is symmetric
    unit: ([v, s], scale) => softmaxTerm(v, s, scale),
  },
  {
    name: 'logSoftmaxJvp',
    inputs: 2,
    of: 'logSoftmax',
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([v, l], scale) => logSoftmaxJvpTruth(v, l, scale),
    unit: ([v, l], scale, truth) =>
      Math.max(Math.abs(scale) * largest(l.length, (i) => (l[i] === -Infinity ? 0 : Math.abs(v[i]))), resultOf(truth)),
  },
  {
    name: 'softmaxHvp',
    inputs: 3,
    of: 'softmax',
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([g, s, v], scale) => softmaxHvpTruth(g, s, v, scale),
    unit: ([g, s, v], scale, truth) => {
      const a = sum(s.length, (i) => s[i] * Math.abs(v[i]));
      const b = sum(s.length, (i) => s[i] * Math.abs(g[i]));
      const product = (i: number) => Math.max(Math.abs(g[i]), b) * Math.max(Math.abs(v[i]), a);
      const c = sum(s.length, (i) => s[i] * product(i));
      return Math.max(scale ** 2 * largest(s.length, (i) => s[i] * Math.max(product(i), c)), resultOf(truth));
    },
  },
  {
    name: 'logSoftmaxHvp',
    inputs: 3,
    of: 'logSoftmax',
    scales: ['temperature', 'base'],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([g, l, v], scale) => logSoftmaxHvpTruth(g, l, v, scale),
    unit: ([g, l, v], scale) => {
      const least = v instanceof Float32Array ? 2 ** -104 : 2 ** -971; // below the normal range e^l is 0: 2 ulp of this
      const p = (i: number) => Math.max(Math.exp(l[i]), least);
      const total = Math.abs(sum(g.length, (i) => g[i]));
      const a = sum(l.length, (i) => p(i) * Math.abs(v[i]));
      return scale ** 2 * total * largest(l.length, (i) => p(i) * Math.max(Math.abs(v[i]), a));
    },
  },
  {
    name: 'softmaxJacobian',
    inputs: 1,
    of: 'softmax',
    rank: 2,
    scales: [],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([s]) => softmaxJacobianTruth(s),
  },
  {
    name: 'logSoftmaxJacobian',
    inputs: 1,
    of: 'logSoftmax',
    rank: 2,
    scales: [],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([l]) => logSoftmaxJacobianTruth(l),
    unit: () => 1, // 1 − e^output
  },
  {
    name: 'softmaxHessian',
    inputs: 1,
    of: 'softmax',
    rank: 3,
    scales: [],
    sign: 1,
    bound: { float32: 4, float64: 8 },
    truth: ([s]) => softmaxHessianTruth(s),
    unit: ([s]) => Math.max(...s),
  },
];

export function operationOf(name: OperationName): Operation;
export function operationOf(name: OperationName | DerivativeName): RowOperation;
export function operationOf(name: string): RowOperation {
  return [...operations, ...derivatives].find((operation) => operation.name === name)!;
}

/**
 * The reference rounds z = scale · (x − max) to float64, twice, before it takes the exponential, which makes a relative error of it:
 * up to 2 |z| ulp. Nothing to a float32; in float64 only the kernels are held to the bound.
 */
export function slackOf(
  backend: Backend,
  { of, sign }: Pick<RowOperation, 'of' | 'sign'>,
  [x]: FloatArray[],
  scale: number,
  format: Format,
): number {
  if (backend !== 'js' || format === 'float32' || of) return 0;
  const direction = sign * Math.sign(scale);
  const values = [...x].map((entry) => direction * entry).filter((entry) => entry !== -Infinity);
  if (values.length === 0) return 0;
  const [max, least] = [Math.max(...values), Math.min(...values)];
  return 2 * Math.min(Math.abs(scale) * (max - least), 746) || 0;
}

/** The call, whatever the operation. */
export function call<T extends FloatArray | Output>(
  engine: Engine,
  { name }: RowOperation,
  inputs: readonly (FloatArray | Output)[],
  options: ScaledOptions,
): T {
  return (engine[name] as (...args: unknown[]) => unknown)(...inputs, options) as T;
}

export const formatOf = (array: FloatArray): Format => (array instanceof Float32Array ? 'float32' : 'float64');

export function createArray(format: Format, length: number): FloatArray {
  return format === 'float32' ? new Float32Array(length) : new Float64Array(length);
}

// Rows of input.

type Kind = (random: Random, format: Format, length: number) => FloatArray;

const logits: readonly Kind[] = [
  (random, format, length) => normalRow(random, format, { length }),
  (random, format, length) => normalRow(random, format, { length, spread: 6 }),
  (random, format, length) => normalRow(random, format, { length, spread: 30, offset: 10 }),
  (random, format, length) => normalRow(random, format, { length, spread: 20, offset: 1000 }),
  (random, format, length) => normalRow(random, format, { length, spread: 100, offset: -300 }),
  (random, format, length) => normalRow(random, format, { length, gap: 0.5 }),
  (random, format, length) => normalRow(random, format, { length, gap: 20 }),
  (random, format, length) => normalRow(random, format, { length, spread: 3, gap: 90 }),
  (random, format, length) => normalRow(random, format, { length, spread: 3, masked: 0.3 }),
  (random, format, length) => normalRow(random, format, { length, masked: 0.9, gap: 2 }),
  (random, format, length) => normalRow(random, format, { length, spread: 0, offset: -0.7 }),
  (random, format, length) => descendingRow(random, format, length, 0),
  (random, format, length) => descendingRow(random, format, length, 100.3),
  (random, format, length) => descendingRow(random, format, length, -150.7),
  (random, format, length) => descendingRow(random, format, length, 5000),
  edgeRow,
  edgeRow,
];

const gradients: readonly Kind[] = [
  (random, format, length) => normalRow(random, format, { length }),
  (random, format, length) => normalRow(random, format, { length, spread: 0, offset: 1 }),
  (random, format, length) => normalRow(random, format, { length, spread: 1e30 }),
  (random, format, length) => normalRow(random, format, { length, spread: 1e-30, offset: 1e-30 }),
  (_, format, length) => createArray(format, length).map((_, i) => (i % 2 ? -1 : 1)),
  (random, format, length) => createArray(format, length).fill(-1, random.below(length)).fill(0, 1),
];

/** How many kinds of rows there are: so many rows show them all. */
export const KINDS = logits.length;

/** `count` rows, one of each kind in turn. The output that a derivative takes is the true one, rounded. */
export function createRows(
  { of, inputs }: RowOperation,
  random: Random,
  format: Format,
  length: number,
  count = KINDS,
): FloatArray[][] {
  return Array.from({ length: count }, (_, i) => {
    const x = logits[i % logits.length](random, format, length);
    if (of === undefined) return [x];
    for (;;) {
      const { hi, exponent } = of === 'softmax' ? softmaxTruth(x) : logSoftmaxTruth(x);
      const output = createArray(format, length);
      output.set(hi.map((value, k) => ldexp(value, exponent[k])));
      const vectors = Array.from({ length: inputs - 1 }, (_, k) =>
        // Neighbours in the list: no product of two leaves float32.
        gradients[(i + k) % gradients.length](random, format, length),
      );
      if (!output.some(Number.isNaN)) return [...vectors.slice(0, 1), output, ...vectors.slice(1)];
      x.fill(0); // nothing but −∞, which has no output to go back from
    }
  });
}

// Where rows stand in a tensor.

export interface Layout {
  readonly outer: number;
  readonly inner: number;
}

/** Contiguous rows, few and enough to fill the lanes; and columns, few and more than the lanes, in one slice and in several. */
export const layouts: readonly Layout[] = [
  { outer: 1, inner: 1 },
  { outer: 3, inner: 1 },
  { outer: 17, inner: 1 },
  { outer: 1, inner: 3 },
  { outer: 1, inner: 17 },
  { outer: 2, inner: 3 },
  { outer: 2, inner: 17 },
];

/** The layout as shape and axis: the axis is the last, the first, or the middle one. */
export function shapeOf({ outer, inner }: Layout, length: number): { shape: number[]; axis: number } {
  if (inner === 1) return { shape: [outer, length], axis: -1 };
  if (outer === 1) return { shape: [length, inner], axis: 0 };
  return { shape: [outer, length, inner], axis: 1 };
}

/** A tensor of the rows: slice k is row k, and again the first after the last. */
export function place(rows: readonly FloatArray[], layout: Layout, into: FloatArray): void {
  const { outer, inner } = layout;
  for (let slice = 0; slice < outer * inner; slice++) setSlice(into, layout, slice, rows[slice % rows.length]);
}

/** Makes a row slice k of a tensor of the layout. */
export function setSlice(tensor: FloatArray, { inner }: Layout, slice: number, row: FloatArray): void {
  const start = Math.floor(slice / inner) * row.length * inner + (slice % inner);
  for (let k = 0; k < row.length; k++) tensor[start + k * inner] = row[k];
}

/** Slice k of a tensor of the layout, whose axis has `length` entries. */
export function sliceOf<T extends FloatArray>(tensor: T, { inner }: Layout, length: number, slice: number): T {
  const start = Math.floor(slice / inner) * length * inner + (slice % inner);
  const row = tensor.slice(0, length);
  for (let k = 0; k < length; k++) row[k] = tensor[start + k * inner];
  return row as T;
}

/** Whether two arrays hold the same bits. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (typeof Buffer === 'function') return Buffer.compare(bytesOf(a), bytesOf(b)) === 0; // much faster, where there is one
  const [words, others] = [wordsOf(a), wordsOf(b)];
  if (words.length !== others.length) return false;
  for (let i = 0; i < words.length; i++) if (words[i] !== others[i]) return false;
  return true;
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Every array of numbers begins at a word and is of whole words. */
const wordsOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint32Array(buffer, byteOffset, byteLength / 4);

/** Options as text; JSON has no Infinity. */
export function textOf(options: object): string {
  return Object.entries(options)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? `[${value}]` : value}`)
    .join(', ');
}
