// From the array of logits to the array of results: the worst element over rows of every kind.

import { createRandom, normalRow } from '../tools/inputs.ts';
import { exportOf, kernelOf, rowKernels } from '../tools/kernels.ts';
import { createArray, derivatives } from '../tools/operations.ts';
import {
  type CrossEntropyTerms,
  crossEntropyTruth,
  logSoftmaxBackwardTruth,
  logSoftmaxTruth,
  logSumExpTruth,
  softmaxBackwardTruth,
  softmaxTruth,
  type Truth,
} from '../tools/truth.ts';
import { type Format, ulpError } from '../tools/ulp.ts';
import type { ProbeMachine } from './exp.ts';
import { type BackwardOp, backward, type FloatArray, type ForwardOp, forward, type Machine } from './machine.ts';
import { exactText, type Recorder, type Where } from './record.ts';
import { LENGTHS, makeRow } from './rows.ts';

const FORWARD: readonly ForwardOp[] = ['softmax', 'log_softmax', 'log_sum_exp'];
const TRUTH = { softmax: softmaxTruth, log_softmax: logSoftmaxTruth, log_sum_exp: logSumExpTruth };

const TEMPERATURES = [0.05, 0.1, 0.3, 0.7, 1.5, 3, 20];
const BASES = [2, 10, 0.5];

/** What the wrapper passes for these temperatures and bases, and for softmin. */
export const SCALES: readonly number[] = [...TEMPERATURES.map((T) => 1 / T), ...BASES.map(Math.log), -1];

const suffix = (format: Format) => (format === 'float32' ? 'f32' : 'f64');

function describe(format: Format, row: FloatArray, seed: number, index: number, scale: number): Where {
  let max = row[0];
  for (const x of row) max = scale < 0 ? Math.min(max, x) : Math.max(max, x);
  return {
    K: row.length,
    seed,
    index,
    ...(scale === 1 ? {} : { scale }),
    max: exactText(max, format),
    x: exactText(row[index], format),
    ...(row.length <= 8 ? { row: Array.from(row) } : {}),
  };
}

/** Errors of one row's results; those of the entries with log-probability above −½ also under the name of the winner. */
function compare(
  recorder: Recorder,
  id: string,
  format: Format,
  results: FloatArray,
  truth: Truth,
  where: (index: number) => Where,
): void {
  let worst = 0;
  let at = 0;
  let worstWinner = 0;
  let atWinner = -1;
  const watchWinner = id.startsWith('log_softmax-') && !id.endsWith('scaled');
  for (let i = 0; i < results.length; i++) {
    const error = ulpError(results[i], truth.hi[i], truth.lo[i], format, truth.exponent[i]);
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
    if (watchWinner && truth.hi[i] > -0.5 && !(error < worstWinner)) {
      worstWinner = error;
      atWinner = i;
    }
  }
  recorder.note(id, worst, results.length, () => ({ ...where(at), result: results[at], truth: truth.hi[at] }));
  if (atWinner >= 0) {
    recorder.note(`${id}-winner`, worstWinner, 1, () => ({
      ...where(atWinner),
      result: results[atWinner],
      truth: truth.hi[atWinner],
    }));
  }
}

/** Of a float64 row: scale · max + log Σ cancel where the maximum is negative. */
function cancels(row: FloatArray, scale: number): boolean {
  return largestTerm(row, scale) < 0;
}

function largestTerm(row: FloatArray, scale: number): number {
  let max = -Infinity;
  for (const x of row) max = Math.max(max, scale * x);
  return max;
}

/** The error of scale · max + log Σ in ulp of the larger of the two. */
function compareTerms(
  recorder: Recorder,
  row: FloatArray,
  result: number,
  truth: Truth,
  scale: number,
  where: (index: number) => Where,
): void {
  const max = largestTerm(row, scale);
  const [hi] = truth.hi;
  if (!Number.isFinite(max) || !Number.isFinite(hi)) return;
  const reference = Math.max(Math.abs(max), Math.abs(hi - max));
  const error = ulpError(result, hi, truth.lo[0], 'float64', truth.exponent[0], reference);
  recorder.note('log_sum_exp-f64-terms', error, 1, () => ({ ...where(0), result, truth: hi }));
}

/** How many of the `count` results differ in a bit; NaN equals NaN. */
function differing(a: FloatArray, b: FloatArray, count: number, indexInB: (i: number) => number): number {
  let different = 0;
  for (let i = 0; i < count; i++) if (!Object.is(a[i], b[indexInB(i)])) different++;
  return different;
}

export interface Budget {
  /** Entries per length, format and kind of scale. */
  readonly entries: Record<Format, number>;
  /** Lengths above this are left out. */
  readonly longest: Record<Format, number>;
  readonly seed: number;
}

/** A batch of rows of one length, through all forward operations: as rows, as columns, and alone. */
function measureBatch(
  machine: Machine,
  recorder: Recorder,
  format: Format,
  length: number,
  rows: number,
  firstSeed: number,
  scale: number,
): void {
  const size = rows * length;
  const inputs: FloatArray[] = [];
  for (let r = 0; r < rows; r++) {
    const row = makeRow(format, length, firstSeed + r);
    if (scale < 0) for (let i = 0; i < length; i++) row[i] = -row[i];
    inputs.push(row);
  }
  for (const op of FORWARD) {
    const count = op === 'log_sum_exp' ? 1 : length;
    const [x, y, columns, columnsOut, alone] = machine.place(format, size, size, size, size, length + 1);
    for (let r = 0; r < rows; r++) x.set(inputs[r] as Float32Array & Float64Array, r * length);
    forward(machine, op, x, y, [rows, length, 1], scale);
    const id = `${op}-${suffix(format)}${scale === 1 ? '' : '-scaled'}`;
    for (let r = 0; r < rows; r++) {
      const results = y.subarray(r * count, (r + 1) * count);
      const where = (index: number) => describe(format, inputs[r], firstSeed + r, index, scale);
      const truth = TRUTH[op](inputs[r], scale);
      const isWide = op === 'log_sum_exp' && format === 'float64';
      const line = isWide && cancels(inputs[r], scale) ? 'log_sum_exp-f64-cancelling' : id;
      compare(recorder, line, format, results, truth, where);
      if (isWide) compareTerms(recorder, inputs[r], results[0], truth, scale, where);
    }

    // The same rows as columns, where the kernels know them, and the last of them by itself, one element off its alignment and in place.
    const hasColumns = format === 'float32';
    if (hasColumns) {
      for (let r = 0; r < rows; r++) for (let i = 0; i < length; i++) columns[i * rows + r] = x[r * length + i];
      forward(machine, op, columns, columnsOut, [1, length, rows], scale);
    }
    const last = rows - 1;
    const at = alone.subarray(1);
    at.set(inputs[last] as Float32Array & Float64Array);
    forward(machine, op, at, at, [1, length, 1], scale);
    for (let r = 0; r < rows; r++) {
      const results = y.subarray(r * count, (r + 1) * count);
      let different = hasColumns ? differing(results, columnsOut, count, (i) => i * rows + r) : 0;
      if (r === last) different += differing(results, at, count, (i) => i);
      recorder.note('layout', different === 0 ? 0 : (recorder.findings.layout?.worst ?? 0) + 1, 1, () => ({
        op: `${op} ${format}`,
        ...describe(format, inputs[r], firstSeed + r, 0, scale),
      }));
    }
  }
}

export function measureForward(machine: Machine, recorder: Recorder, format: Format, budget: Budget): void {
  let seed = budget.seed;
  const run = (length: number, entries: number, scale: number) => {
    const perBatch = Math.max(1, Math.min(1 << 12, Math.floor((1 << 20) / length)));
    let rows = Math.max(1, Math.floor(entries / length));
    for (; rows > 0; rows -= perBatch) {
      const count = Math.min(rows, perBatch);
      measureBatch(machine, recorder, format, length, count, seed, scale);
      seed += count;
    }
  };
  for (const length of LENGTHS) {
    if (length > budget.longest[format]) continue;
    run(length, budget.entries[format], 1);
    if (length > 70000) continue;
    for (const scale of SCALES) run(length, budget.entries[format] / SCALES.length, scale);
  }
}

/**
 * The derivatives, of outputs taken as exact. Terms may cancel, so the unit is the ulp of what the terms reach:
 * |scale| · s_i · (|g_i| + Σ |g_j| s_j) and |scale| · (|g_i| + e^o_i · Σ |g_j|).
 */
export function measureBackward(machine: Machine, recorder: Recorder, format: Format, budget: Budget): void {
  let seed = budget.seed + 1_000_000_000;
  const lengths = LENGTHS.filter((length) => length <= Math.min(budget.longest[format], 65537));
  for (const length of lengths) {
    const rows = Math.max(1, Math.floor(budget.entries[format] / 16 / length));
    for (let r = 0; r < rows; r++, seed++) {
      const random = createRandom(seed);
      const logits = makeRow(format, length, seed);
      const gradient = normalRow(random, format, { length, offset: random.pick([0, 0, 1, 30]) });
      const scale = random.pick([1, 1, ...SCALES]);
      for (const op of ['softmax_backward', 'log_softmax_backward'] as const) {
        measureGradient(machine, recorder, format, op, logits, gradient, scale, seed);
      }
    }
  }
}

function measureGradient(
  machine: Machine,
  recorder: Recorder,
  format: Format,
  op: BackwardOp,
  logits: FloatArray,
  gradient: FloatArray,
  scale: number,
  seed: number,
): void {
  const { length } = logits;
  const [x, output, g, y] = machine.place(format, length, length, length, length);
  for (let i = 0; i < length; i++) x[i] = scale < 0 ? -logits[i] : logits[i];
  const isLog = op === 'log_softmax_backward';
  forward(machine, isLog ? 'log_softmax' : 'softmax', x, output, [1, length, 1], scale);
  g.set(gradient as Float32Array & Float64Array);
  backward(machine, op, g, output, y, [1, length, 1], scale);

  const truth = (isLog ? logSoftmaxBackwardTruth : softmaxBackwardTruth)(g, output, scale);
  let size = 0;
  for (let i = 0; i < length; i++) size += Math.abs(g[i]) * (isLog ? 1 : output[i]);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const own = Math.abs(g[i]);
    const terms = isLog ? own + Math.exp(output[i]) * size : output[i] * (own + size);
    const reference = Math.abs(scale) * terms;
    const error = ulpError(
      y[i],
      truth.hi[i],
      truth.lo[i],
      format,
      truth.exponent[i],
      Number.isFinite(reference) ? reference : undefined,
    );
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  recorder.note(`${op}-${suffix(format)}`, worst, length, () => ({
    K: length,
    seed,
    index: at,
    scale,
    gradOutput: exactText(g[at], format),
    output: exactText(output[at], format),
    result: y[at],
    truth: truth.hi[at],
  }));
}

/** Rows for the kernels of contiguous ones: each length that the truth, which takes longer than they do, allows. */
function* shortRows(format: Format, budget: Budget, firstSeed: number) {
  let seed = firstSeed;
  for (const length of LENGTHS.filter((one) => one <= Math.min(budget.longest[format], 4096))) {
    const rows = Math.max(1, Math.floor(budget.entries[format] / 16 / length));
    for (let r = 0; r < rows; r++, seed++) yield { seed, logits: makeRow(format, length, seed) };
  }
}

const products = derivatives.filter(({ name }) => name in rowKernels);

/** Products of derivatives with vectors, of outputs taken as exact, in ulp of the largest term of the row. */
export function measureProducts(machine: Machine, recorder: Recorder, format: Format, budget: Budget): void {
  for (const { seed, logits } of shortRows(format, budget, budget.seed + 2_000_000_000)) {
    const { length } = logits;
    const random = createRandom(seed);
    const vectors = [0, 1].map(() => normalRow(random, format, { length, offset: random.pick([0, 0, 1, 30]) }));
    const scale = random.pick([1, 1, ...SCALES]);
    for (const product of products) {
      const [x, g, output, v, y] = machine.place(format, length, length, length, length, length);
      for (let i = 0; i < length; i++) x[i] = scale < 0 ? -logits[i] : logits[i];
      forward(machine, product.of === 'softmax' ? 'softmax' : 'log_softmax', x, output, [1, length, 1], scale);
      g.set(vectors[0] as Float32Array & Float64Array);
      v.set(vectors[1] as Float32Array & Float64Array);
      const inputs = product.inputs === 3 ? [g, output, v] : [g, output];
      const kernel = rowKernels[product.name];
      const pointers = [...inputs, y].map(({ byteOffset }) => byteOffset);
      kernelOf(machine.exports, kernel, format)(pointers, 1, length, 1, scale);

      const truth = product.truth(inputs, scale);
      const { error, at } = worstOf(y, truth, format, product.unit?.(inputs, scale, truth));
      recorder.note(`${kernel}-${suffix(format)}`, error, length, () => ({
        K: length,
        seed,
        index: at,
        scale,
        output: exactText(output[at], format),
        result: y[at],
        truth: truth.hi[at],
      }));
    }
  }
}

/** Its own unit where the terms of the row have no finite size. */
function worstOf(results: FloatArray, { hi, lo, exponent }: Truth, format: Format, term: number | undefined) {
  const unit = term !== undefined && Number.isFinite(term) ? term : undefined;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < results.length; i++) {
    const error = ulpError(results[i], hi[i], lo[i], format, exponent[i], unit);
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  return { error: worst, at };
}

/** The loss in ulp of itself, its terms being of one sign; its gradient in ulp of the largest term of the row. */
export function measureCrossEntropy(machine: Machine, recorder: Recorder, format: Format, budget: Budget): void {
  const scales = SCALES.filter((scale) => scale > 0);
  for (const { seed, logits } of shortRows(format, budget, budget.seed + 3_000_000_000)) {
    const { length } = logits;
    const random = createRandom(seed);
    const held = Array.from(logits).filter((x) => x !== -Infinity);
    const winner = logits.indexOf(Math.max(...held));
    const label = random.pick([winner, random.below(length)]);
    const [coefficient, factor, scale] = [random.uniform(), random.normal(), random.pick([1, 1, ...scales])];
    const targets = random.below(2) === 0 ? undefined : createArray(format, length).map(() => random.uniform());
    const terms: CrossEntropyTerms = { label, coefficient, factor, scale, ...(targets ? { targets } : {}) };

    const [x, gradient, t] = machine.place(format, length, length, length, 16);
    const start = Math.ceil((t.byteOffset + t.byteLength) / 64) * 64; // the fourth array: what belongs to the row
    const { buffer } = machine.exports.memory;
    const [coefficients, factors, losses] = [0, 1, 2].map((i) => new Float64Array(buffer, start + 8 * i, 1));
    const labels = new Int32Array(buffer, start + 24, 1);
    x.set(logits as Float32Array & Float64Array);
    if (targets) t.set(targets as Float32Array & Float64Array);
    coefficients[0] = coefficient;
    factors[0] = factor;
    labels[0] = label;
    const perRow = [labels, coefficients, factors, losses].map(({ byteOffset }) => byteOffset);
    const arrays = [x.byteOffset, gradient.byteOffset, targets ? t.byteOffset : 0, 0];
    exportOf(machine.exports, 'cross_entropy', format)(...arrays, ...perRow, 1, length, scale);

    const truth = crossEntropyTruth(x, terms);
    const where = (index: number) => ({
      K: length,
      seed,
      index,
      scale,
      label,
      coefficient,
      factor,
      targets: targets ? 'uniform' : 'none',
      x: exactText(x[index], format),
    });
    const { error, at } = worstOf(gradient, truth.gradient, format, truth.term);
    recorder.note(`cross_entropy-gradient-${suffix(format)}`, error, length, () => ({
      ...where(at),
      result: gradient[at],
      truth: truth.gradient.hi[at],
    }));
    const loss = format === 'float32' ? Math.fround(losses[0]) : losses[0];
    // −log p of a far entry may overflow where the loss, which multiplies it by a coefficient or a target, does not: ∞ is right, too.
    if (loss === Infinity && scale * (Math.max(...held) - Math.min(...held)) === Infinity) continue;
    const [hi, lo, exponent] = [truth.loss.hi[0], truth.loss.lo[0], truth.loss.exponent[0]];
    const lossError = ulpError(loss, hi, lo, format, exponent);
    recorder.note(`cross_entropy-loss-${suffix(format)}`, lossError, 1, () => ({
      ...where(label),
      result: loss,
      truth: hi,
    }));
  }
}

/** Σ e^x of a row of 2²⁰ as the kernel adds it, against the exact sum of the same float32, and against the sum of the true exponentials. */
export function measureSum(machine: ProbeMachine, recorder: Recorder, seed: number, rows: number): void {
  const length = 1 << 20;
  const headroom = machine.exports.probe_headroom_f32();
  const random = createRandom(seed);
  for (let r = 0; r < rows; r++) {
    const spread = [0, 1e-6, 0.1, 1, 3, 10, 30][r % 7];
    const offset = random.pick([0, 30, -100, 1000]);
    const [x, y] = machine.place('float32', length, length);
    x.set(normalRow(random, 'float32', { length, offset, spread }));
    const sum = machine.exports.probe_exp_f32(x.byteOffset, y.byteOffset, length, 1);
    const max = x.reduce((a, b) => Math.max(a, b));
    const top = y.reduce((a, b) => Math.max(a, b));
    const isFar = Math.abs(max) >= 208;
    const shift = isFar ? max : Math.round((max - Math.log(top / headroom)) / Math.LN2) * Math.LN2;
    let own = 0;
    let truth = 0;
    // float64 leaves 2⁻³³ of a sum of 2²⁰ terms at worst: 2⁻⁹ of the unit.
    for (let i = 0; i < length; i++) {
      own += y[i];
      truth += Math.exp(x[i] - shift);
    }
    const where = () => ({ K: length, offset, spread, seed, row: r });
    recorder.note('sum', (Math.abs(sum - own) / own) * 2 ** 24, 1, where);
    recorder.note('sum-total', (Math.abs(sum / headroom - truth) / truth) * 2 ** 24, 1, where);
  }
}

/** One row of 2²⁴. */
export function measureLongest(machine: Machine, recorder: Recorder, seed: number): void {
  measureBatch(machine, recorder, 'float32', 1 << 24, 1, seed, 1);
}
