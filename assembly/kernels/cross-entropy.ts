// Cross-entropy of contiguous rows and its gradient; z = scale · x, p = softmax(z), y the label, t the targets:
//
//   loss       c (−log p_y) + Σ_j t_j (−log p_j),  −log p_j = |scale| |max − x_j| + log Σ: neither cancels. A target of 0 contributes 0, also where that is ∞
//   gradient   factor · ((c + Σ t) p_j − c δ_jy − t_j), 0 where a logit is −∞
//
// p − 1 = −Σ_others / Σ where p is large, and −log p_y = log1p(Σ_others / e_y) where y holds a quarter of the sum or more: a confident right answer keeps its digits.
// A NaN or a +∞ in a row, or nothing but −∞: all of it is NaN. The gradient may be the logits.

import { expStrips, prepare } from "../core/exp";
import { nmadd, read, write } from "../core/lanes";
import { log1p } from "../core/log";
import { expRow, fill, overRow, storeStrip } from "../core/rows";
import { expScaled, prepareScale, sizeOf } from "../core/scaled";
import { COUNT, ERROR, LOG_SUM, MAX, MEAN_A, MEAN_B, PACK_B, RESULT, RESULT_LOW, ROUNDED_MAX, STRIP, SUM } from "../core/scratch";
import { expColumns, finishSums, LANES, locate, put, SHORT } from "../core/strips";
import { clearSums, sumStrips } from "../core/sum";
import { DOMINATED, refinedLogSumRow } from "./log-softmax";
import { scaleRow, scaleStrips, sumAgain } from "./softmax";

/** |scale| · (max − x): how far a logit is below the largest, which comes after the sign. */
function distance(max: f64, x: f64, scale: f64): f64 {
  return sizeOf(scale) * (scale < 0 ? max + x : max - x);
}

/** e^x of the maximum, before rounding, of one row of a strip. */
function ofMax(wide: bool, lane: usize): f64 {
  return read(wide, ROUNDED_MAX + lane) + read(wide, ERROR + lane);
}

function fillRow(wide: bool, y: usize, length: usize, value: f64): void {
  if (!y) return;
  if (wide) fill<f64>(y, length, 8, value);
  else fill<f32>(y, length, 4, <f32>value);
}

// With a label y only, what is left after the sums is the same for a row and for a lane of a strip. A quarter of the sum decides whether y counts
// as confident.

/** The label's share and its loss, begun: LOG_SUM is to become its log1p. Entries `at` bytes into the parts of a strip. */
function begin(wide: bool, at: usize, e: f64, others: f64, below: f64): f64 {
  if (below == 0) e += read(wide, ERROR + at);
  const sum = others + e;
  store<f64>(LOG_SUM + (wide ? 0 : at << 1), others < 3 * e ? others / e : max<f64>(sum / ofMax(wide, at) - 1, 0));
  store<f64>(SUM + (wide ? 0 : at << 1), others < 3 * e ? 0 : below);
  return sum;
}

/** A factor for all of a row: RESULT + RESULT_LOW. */
function storeFactor(wide: bool, at: usize, factor: f64): void {
  write(wide, RESULT + at, factor);
  write(wide, RESULT_LOW + at, factor - read(wide, RESULT + at));
}

/** The loss, ended. */
function end(at: usize, c: f64): f64 {
  return c == 0 ? 0 : c * (load<f64>(SUM + at) + load<f64>(LOG_SUM + at));
}

/** A row with a label only, loss and gradient: the logits are read no more often than softmax does. */
function labelRow(wide: bool, x: usize, y: usize, label: usize, c: f64, factor: f64, length: usize, scale: f64): f64 {
  const offset = label << (wide ? 3 : 2);
  const value = read(wide, x + offset); // y may be x
  const all = wide ? expRow<f64>(false, false, x, y, length, scale) : expRow<f32>(false, false, x, y, length, scale);
  if (isNaN(all)) {
    fillRow(wide, y, length, NaN);
    return NaN;
  }
  const e = read(wide, y + offset);
  let others = all - e;
  if (others < 3 * e || length <= SHORT) {
    write(wide, y + offset, 0);
    others = wide ? sumAgain<f64>(y, length) : sumAgain<f32>(y, length);
  }
  const sum = begin(wide, 0, e, others, distance(read(wide, MAX), value, scale));
  log1p(LOG_SUM);
  const loss = end(0, c);
  storeFactor(wide, 0, factor * c / sum);
  if (wide) {
    storeStrip<f64>(RESULT, load<f64>(RESULT));
    storeStrip<f64>(RESULT_LOW, load<f64>(RESULT_LOW));
    scaleRow<f64>(y, length);
  } else {
    storeStrip<f32>(RESULT, load<f32>(RESULT));
    storeStrip<f32>(RESULT_LOW, load<f32>(RESULT_LOW));
    scaleRow<f32>(y, length);
  }
  write(wide, y + offset, Math.abs(value) == Infinity ? 0 : 0 - factor * c * (others / sum));
  return loss;
}

/** The same for sixteen short float32 rows, one per lane. */
function labelStrip(x: usize, y: usize, labels: usize, coefficients: usize, factors: usize, losses: usize, length: usize, scale: f64): void {
  locate(0, LANES, length, 1);
  expColumns(false, true, x, 0, length, 4, false, LANES, scale);
  const bytes = length << 2;
  for (let at: usize = 0; at < STRIP; at += 4) { // MEAN_A: the labels' e^x
    const label = max<i32>(load<i32>(labels + at), 0);
    const entry = PACK_B + (<usize>label << 6) + at;
    store<f32>(MEAN_A + at, load<f32>(entry));
    store<f32>(entry, 0);
  }
  clearSums();
  sumStrips(PACK_B, length, true);
  finishSums(false);
  for (let at: usize = 0; at < STRIP; at += 4) { // MEAN_B: their gradients
    const label = max<i32>(load<i32>(labels + at), 0);
    const c = coefficients ? load<f64>(coefficients + (at << 1)) : 1;
    const factor = load<f64>(factors + (at << 1)) * c;
    const value = <f64>load<f32>(x + (at >> 2) * bytes + (<usize>label << 2));
    const others = load<f64>(SUM + (at << 1));
    const sum = begin(false, at, <f64>load<f32>(MEAN_A + at), others, distance(<f64>load<f32>(MAX + at), value, scale));
    store<f32>(MEAN_B + at, Math.abs(value) == Infinity && !isNaN(sum) ? 0 : <f32>(0 - factor * (others / sum)));
    storeFactor(false, at, factor / sum);
  }
  for (let at: usize = 0; at < 128; at += 16) log1p(LOG_SUM + at);
  scaleStrips<f32>(PACK_B, STRIP, PACK_B, STRIP, length);
  for (let at: usize = 0; at < STRIP; at += 4) {
    store<f32>(PACK_B + (<usize>max<i32>(load<i32>(labels + at), 0) << 6) + at, load<f32>(MEAN_B + at));
  }
  put(false, PACK_B, y, 0, length, 4, LANES);
  for (let at: usize = 0; at < STRIP; at += 4) {
    const ignored = load<i32>(labels + at) < 0;
    const isWrong = isNaN(load<f64>(LOG_SUM + (at << 1)));
    const loss = ignored ? 0 : isWrong ? NaN : end(at << 1, coefficients ? load<f64>(coefficients + (at << 1)) : 1);
    if (ignored || isWrong) fillRow(false, y + (at >> 2) * bytes, length, ignored ? 0 : NaN);
    store<f64>(losses + (at << 1), loss);
  }
}

/** The sum at `at` and, beside it, what rounding took from it (Neumaier 1974). */
function add(at: usize, term: f64): void {
  const sum = load<f64>(at);
  const next = sum + term;
  store<f64>(at, next);
  store<f64>(at, load<f64>(at, 8) + (Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum), 8);
}

function added(at: usize): f64 {
  const sum = load<f64>(at);
  return isFinite(sum) ? sum + load<f64>(at, 8) : sum;
}

/** y = RESULT · e − RESULT_LOW · t, 0 where a logit, e being its exponential, is −∞. */
function gradientStrips<T>(x: usize, t: usize, e: usize, y: usize, strips: usize, lowest: T): void {
  const a = v128.load(RESULT), b = v128.load(RESULT_LOW), masked = v128.splat<T>(lowest);
  for (const end = x + strips * STRIP; x < end; x += 16, t += 16, e += 16, y += 16) {
    const value = nmadd<T>(v128.load(t), b, v128.mul<T>(v128.load(e), a));
    v128.store(y, v128.andnot(value, v128.eq<T>(v128.load(x), masked)));
  }
}

/** e^(scale · x − c) of strips. */
function expOfStrips<T>(x: usize, y: usize, strips: usize, scale: f64): void {
  if (scale != 1) expScaled<T>(x, STRIP, y, STRIP, strips);
  else expStrips<T>(x, STRIP, y, STRIP, strips);
}

/** A row of gradients: `high` · e − factor · t. Before it, `value` goes through the same exponential, which is the result. */
function targetGradients<T>(x: usize, y: usize, t: usize, value: f64, high: f64, factor: f64, length: usize, scale: f64): f64 {
  if (scale == 1) prepare<T>(4);
  storeStrip<T>(PACK_B, <T>value);
  expOfStrips<T>(PACK_B, PACK_B, 1, scale);
  const e = <f64>load<T>(PACK_B);
  storeStrip<T>(RESULT, <T>high);
  storeStrip<T>(RESULT_LOW, <T>factor);
  overRow<T>((t: usize, x: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    expOfStrips<T>(x, PACK_B, strips, scale);
    gradientStrips<T>(x, t, PACK_B, y, strips, scale < 0 ? <T>Infinity : <T>-Infinity);
  }, t, x, x, y, length, scale);
  return e;
}

/** (c + Σ t) p − c δ − t, of a share p and the rest of all: what is nearly 1 is not subtracted from 1. */
function entry(share: f64, rest: f64, isLabel: bool, c: f64, total: f64, target: f64): f64 {
  return (isLabel ? -c * rest : c * share) + ((total - target) * share - target * rest);
}

/** A row with targets, and perhaps a label; or only its loss. */
function targetRow(wide: bool, x: usize, y: usize, t: usize, label: usize, c: f64, factor: f64, length: usize, scale: f64): f64 {
  const logSum = wide ? refinedLogSumRow<f64>(x, length, scale) : refinedLogSumRow<f32>(x, length, scale);
  if (isNaN(logSum)) {
    fillRow(wide, y, length, NaN);
    return NaN;
  }
  const shift: usize = wide ? 3 : 2;
  const isLabelled = label < length;
  const largest = read(wide, MAX);
  v128.store(MEAN_A, f64x2.splat(0));
  v128.store(MEAN_B, f64x2.splat(0));
  const value = isLabelled ? read(wide, x + (label << shift)) : 0;
  if (isLabelled && c != 0) add(MEAN_A, c * (distance(largest, value, scale) + logSum));
  for (let j: usize = 0; t && j < length; j++) {
    const target = read(wide, t + (j << shift));
    add(MEAN_B, target);
    if (target != 0) add(MEAN_A, target * (distance(largest, read(wide, x + (j << shift)), scale) + logSum));
  }
  const loss = added(MEAN_A), total = added(MEAN_B);
  if (!y) return loss;

  const count = wide ? <f64>load<i64>(COUNT) : <f64>load<i32>(COUNT);
  const top = ofMax(wide, 0), left = load<f64>(SUM);
  const sum = count * top + left + (count == 0 ? read(wide, ERROR) : 0);
  const labelTarget = isLabelled ? read(wide, t + (label << shift)) : 0;
  const isDominated = logSum < DOMINATED; // the maximum is one entry, and left out of SUM
  let best: usize = 0;
  if (isDominated) while (distance(largest, read(wide, x + (best << shift)), scale) != 0) best++;
  const bestTarget = read(wide, t + (best << shift));
  const high = factor * (c + total) / sum;
  const share = (wide ? targetGradients<f64>(x, y, t, value, high, factor, length, scale) : targetGradients<f32>(x, y, t, value, high, factor, length, scale)) / sum;
  if (isLabelled && Math.abs(value) != Infinity) write(wide, y + (label << shift), factor * entry(share, 1 - share, true, c, total, labelTarget));
  if (isDominated) write(wide, y + (best << shift), factor * entry(top / sum, left / sum, best == label, c, total, bestTarget));
  return loss;
}

function overLabels(
  wide: bool, x: usize, y: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  const bytes = length << (wide ? 3 : 2);
  let n: usize = 0;
  if (!wide && y && !targets && length <= SHORT) {
    for (; n + LANES <= rows; n += LANES) {
      const eighth = n << 3;
      labelStrip(x + n * bytes, y + n * bytes, labels + (n << 2), coefficients ? coefficients + eighth : 0, factors + eighth, losses + eighth, length, scale);
    }
  }
  for (; n < rows; n++) {
    const label = labels ? load<i32>(labels + (n << 2)) : <i32>length;
    const to = y ? y + n * bytes : 0;
    const from = x + n * bytes;
    let loss: f64 = 0;
    if (label < 0) fillRow(wide, to, length, 0);
    else {
      const c = labels ? (coefficients ? load<f64>(coefficients + (n << 3)) : 1) : 0;
      const factor = to ? load<f64>(factors + (n << 3)) : 0;
      loss = to && !targets
        ? labelRow(wide, from, to, label, c, factor, length, scale)
        : targetRow(wide, from, to, targets ? targets + n * targetStride : 0, label, c, factor, length, scale);
    }
    store<f64>(losses + (n << 3), loss);
  }
}

export function crossEntropy<T>(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  if (scale != 1) prepareScale<T>(scale);
  overLabels(sizeof<T>() == 8, logits, gradient, targets, targetStride, labels, coefficients, factors, losses, rows, length, scale);
}
