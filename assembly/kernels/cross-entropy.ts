// Cross-entropy of contiguous rows and its gradient; z = scale · x, p = softmax(z), y the label, t the targets:
//
//   loss       c (−log p_y) + Σ_j t_j (−log p_j),  −log p_j = |scale| |max − x_j| + log Σ: neither cancels. A target of 0 contributes 0, also where that is ∞
//   gradient   factor · ((c + Σ t) p_j − c δ_jy − t_j), 0 where a logit is −∞
//
// p − 1 = −Σ_others / Σ where p is large, and −log p_y = log1p(Σ_others / e_y) where y holds a quarter of the sum or more: a confident right answer keeps its digits.
// A NaN or a +∞ in a row, or nothing but −∞: all of it is NaN. The gradient may be the logits.

import { expStrips, prepare } from "../core/exp";
import { nmadd } from "../core/lanes";
import { log1p } from "../core/log";
import { expRow, fill, overRow, storeStrip } from "../core/rows";
import { expScaled, prepareScale, prepareScaled, sizeOf } from "../core/scaled";
import { COUNT, ERROR, LOG_SUM, MAX, MEAN_A, MEAN_B, PACK_B, RESULT, RESULT_LOW, ROUNDED_MAX, STRIP, SUM } from "../core/scratch";
import { DOMINATED, refinedLogSumRow } from "./log-softmax";
import { scaleRow, sumAgain } from "./softmax";

function log1pOf(t: f64): f64 {
  store<f64>(LOG_SUM, t);
  log1p(LOG_SUM);
  return load<f64>(LOG_SUM);
}

/** |scale| · (max − x): how far a logit is below the largest; 0 · ∞ cannot come. */
function distance<T>(x: f64, scale: f64): f64 {
  const max = <f64>load<T>(MAX); // after the sign
  return sizeOf(scale) * (scale < 0 ? max + x : max - x);
}

/** e^x of the maximum, before rounding. */
function ofMax<T>(): f64 {
  return <f64>load<T>(ROUNDED_MAX) + <f64>load<T>(ERROR);
}

/** A factor for all of a row: RESULT + RESULT_LOW. */
function storeFactor<T>(factor: f64): void {
  const high = <T>factor;
  storeStrip<T>(RESULT, high);
  storeStrip<T>(RESULT_LOW, <T>(factor - <f64>high));
}

/** A row with a label only, loss and gradient: the logits are read no more often than softmax does. */
function labelRow<T>(x: usize, y: usize, label: usize, c: f64, factor: f64, length: usize, scale: f64): f64 {
  const at = y + label * sizeof<T>();
  const value = <f64>load<T>(x + label * sizeof<T>()); // y may be x
  let sum = expRow<T>(false, false, x, y, length, scale);
  if (isNaN(sum)) {
    fill<T>(y, length, sizeof<T>(), <T>NaN);
    return NaN;
  }
  const below = distance<T>(value, scale);
  let e = <f64>load<T>(at);
  let others = sum - e;
  if (others < 3 * e) {
    store<T>(at, 0);
    others = sumAgain<T>(y, length);
    if (below == 0) e += <f64>load<T>(ERROR);
  }
  sum = others + e;
  const loss = others < 3 * e ? log1pOf(others / e) : below + log1pOf(max<f64>(sum / ofMax<T>() - 1, 0));
  storeFactor<T>(factor * c / sum);
  scaleRow<T>(y, length);
  store<T>(at, Math.abs(value) == Infinity ? <T>0 : <T>(0 - factor * c * (others / sum)));
  return c == 0 ? 0 : c * loss;
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

/** A row with targets, and perhaps a label; or only its loss. */
function targetRow<T>(x: usize, y: usize, t: usize, label: usize, c: f64, factor: f64, length: usize, scale: f64): f64 {
  const logSum = refinedLogSumRow<T>(x, length, scale);
  if (isNaN(logSum)) {
    if (y) fill<T>(y, length, sizeof<T>(), <T>NaN);
    return NaN;
  }
  v128.store(MEAN_A, f64x2.splat(0));
  v128.store(MEAN_B, f64x2.splat(0));
  let value: f64 = 0;
  if (label < length) {
    value = <f64>load<T>(x + label * sizeof<T>());
    if (c != 0) add(MEAN_A, c * (distance<T>(value, scale) + logSum));
  }
  for (let j: usize = 0; t && j < length; j++) {
    const target = <f64>load<T>(t + j * sizeof<T>());
    add(MEAN_B, target);
    if (target != 0) add(MEAN_A, target * (distance<T>(<f64>load<T>(x + j * sizeof<T>()), scale) + logSum));
  }
  const loss = added(MEAN_A), total = added(MEAN_B);
  if (!y) return loss;

  const count = sizeof<T>() == 4 ? <f64>load<i32>(COUNT) : <f64>load<i64>(COUNT);
  const sum = count * ofMax<T>() + load<f64>(SUM) + (count == 0 ? <f64>load<T>(ERROR) : 0);
  if (scale == 1) prepare<T>(4);
  const labelShare = label < length ? expOf<T>(value, scale) / sum : 0;
  const labelTarget = t && label < length ? <f64>load<T>(t + label * sizeof<T>()) : 0;
  const isDominated = logSum < DOMINATED; // the maximum is one entry, and left out of SUM
  const others = load<f64>(SUM) / sum;
  let best: usize = 0;
  let bestTarget: f64 = 0;
  if (isDominated) {
    while (distance<T>(<f64>load<T>(x + best * sizeof<T>()), scale) != 0) best++;
    if (t) bestTarget = <f64>load<T>(t + best * sizeof<T>());
  }
  storeStrip<T>(RESULT, <T>(factor * (c + total) / sum));
  storeStrip<T>(RESULT_LOW, <T>factor);
  overRow<T>((t: usize, x: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    expOfStrips<T>(x, PACK_B, strips, scale);
    gradientStrips<T>(x, t, PACK_B, y, strips, scale < 0 ? <T>Infinity : <T>-Infinity);
  }, t ? t : x, x, x, y, length, scale < 0 ? <T>Infinity : <T>-Infinity, scale);
  if (label < length && Math.abs(value) != Infinity) {
    store<T>(y + label * sizeof<T>(), <T>(factor * entry(labelShare, 1 - labelShare, true, c, total, labelTarget)));
  }
  if (isDominated) {
    store<T>(y + best * sizeof<T>(), <T>(factor * entry(ofMax<T>() / sum, others, best == label, c, total, bestTarget)));
  }
  return loss;
}

/** (c + Σ t) p − c δ − t, of a share p and the rest of all: what is nearly 1 is not subtracted from 1. */
function entry(share: f64, rest: f64, isLabel: bool, c: f64, total: f64, target: f64): f64 {
  return (isLabel ? -c * rest : c * share) + ((total - target) * share - target * rest);
}

/** e^(scale · x − c) of strips. */
function expOfStrips<T>(x: usize, y: usize, strips: usize, scale: f64): void {
  if (scale != 1) expScaled<T>(x, STRIP, y, STRIP, strips);
  else expStrips<T>(x, STRIP, y, STRIP, strips);
}

function expOf<T>(value: f64, scale: f64): f64 {
  storeStrip<T>(PACK_B, <T>value);
  expOfStrips<T>(PACK_B, PACK_B, 1, scale);
  return <f64>load<T>(PACK_B);
}

export function crossEntropy<T>(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  const bytes = length * sizeof<T>();
  if (scale != 1) prepareScale<T>(scale);
  for (let n: usize = 0; n < rows; n++, logits += bytes, targets += targets ? targetStride : 0) {
    const label = labels ? load<i32>(labels + (n << 2)) : <i32>length;
    const y = gradient ? gradient + n * bytes : 0;
    let loss: f64 = 0;
    if (label < 0) {
      if (y) fill<T>(y, length, sizeof<T>(), 0);
    } else {
      const c = labels ? (coefficients ? load<f64>(coefficients + (n << 3)) : 1) : 0;
      const factor = y ? load<f64>(factors + (n << 3)) : 0;
      loss = y && !targets ? labelRow<T>(logits, y, label, c, factor, length, scale) : targetRow<T>(logits, y, targets, label, c, factor, length, scale);
    }
    store<f64>(losses + (n << 3), loss);
  }
}
