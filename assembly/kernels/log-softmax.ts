// log_softmax(x)_i = scale · (x_i − max) − log Σ_j e^(scale · (x_j − max)).
//
// Never x_i − (max + log Σ), which loses everything at large offsets (pytorch#11752). Both terms are ≤ 0, nothing cancels, and log Σ keeps
// its relative accuracy where one entry dominates (core/log.ts; pytorch#113708).

import { expNearRow, expStrips, exponentOffset, magicBase } from "../core/exp";
import { nmadd } from "../core/lanes";
import { logSums } from "../core/log";
import { expRow, fill, overRow, settleOthers, storeStrip } from "../core/rows";
import { differenceHigh, differenceLow, prepareScale } from "../core/scaled";
import {
  BLOCK, FLOOR, LOG_SUM, MAGIC, MAX, MAX_PRE, OFFSETS, PACK_A, PACK_B, PACK_C, PRE, RESULT, SAVED_LOG_SUM, SHIFT, SIGN, STRIP, SUM,
} from "../core/scratch";
import { overRows, overSlices } from "../core/slices";
import { BLOCK_LENGTH, bring, expColumns, finishSums, LANES, mendNaN, open, put, settle, SHORT } from "../core/strips";
import { clearSum, clearSums, sumRow, sumRowExactly, sumStrips, totalOfPair, totalOfRow } from "../core/sum";
import { oneHot } from "./hardmax";

/** y = (x − MAX) − RESULT. */
function shiftStrips<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  const m0 = v128.load(MAX), m1 = v128.load(MAX, 16), m2 = v128.load(MAX, 32), m3 = v128.load(MAX, 48);
  const a = v128.load(RESULT), b = v128.load(RESULT, 16), c = v128.load(RESULT, 32), d = v128.load(RESULT, 48);
  for (const end = y + count * yStride; y < end; x += xStride, y += yStride) {
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x), m0), a));
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x, 16), m1), b), 16);
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x, 32), m2), c), 32);
    v128.store(y, v128.sub<T>(v128.sub<T>(v128.load(x, 48), m3), d), 48);
  }
}

/** y = scale · (x − MAX) − RESULT, the difference and the product exact as in core/scaled.ts. */
function shiftScaledStrips<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  const sign = v128.load(SIGN), pre = v128.load(PRE);
  const lowest = v128.splat<T>(<T>-Infinity);
  for (const end = y + count * yStride; y < end; x += xStride, y += yStride) {
    for (let v: usize = 0; v < STRIP; v += 16) {
      const maxPre = v128.load(MAX_PRE + v);
      const value = v128.mul<T>(v128.xor(v128.load(x + v), sign), pre);
      const d = v128.sub<T>(value, maxPre);
      const high = differenceHigh<T>(d);
      const z = v128.add<T>(v128.sub<T>(high, v128.load(RESULT + v)), differenceLow<T>(value, maxPre, d));
      const isLowest = v128.or(v128.eq<T>(d, lowest), v128.eq<T>(high, lowest)); // there the low part is NaN
      v128.store(y + v, v128.bitselect(lowest, z, isLowest));
    }
  }
}

// @ts-ignore: decorator
@inline
function shift<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize, scale: f64): void {
  if (scale != 1) shiftScaledStrips<T>(x, xStride, y, yStride, count);
  else shiftStrips<T>(x, xStride, y, yStride, count);
}

// A float32 row is dominated where one entry holds more than half of the sum. That entry's log-probability shows every error of the others,
// so the entries equal to the maximum are then left out, and the others added in float64, as those of short rows always are.

/** log 2 */
export const DOMINATED: f64 = 0.6931471805599453;

// @ts-ignore: decorator
@inline
export function isExact<T>(length: usize): bool {
  return sizeof<T>() == 4 && length <= SHORT;
}

/** LOG_SUM of one row; NaN in a row that is NaN throughout. */
export function logSumRow<T>(x: usize, length: usize, exact: bool, scale: f64): f64 {
  settleOthers<T>(expRow<T>(true, exact, x, 0, length, scale));
  logSums<T>(1);
  return load<f64>(LOG_SUM);
}

/** The same, looked at twice where the row is dominated. */
export function refinedLogSumRow<T>(x: usize, length: usize, scale: f64): f64 {
  const logSum = logSumRow<T>(x, length, isExact<T>(length), scale);
  return sizeof<T>() == 4 && length > SHORT && logSum < DOMINATED ? logSumRow<T>(x, length, true, scale) : logSum;
}

function logSoftmaxRow<T>(x: usize, _: usize, y: usize, length: usize, scale: f64): void {
  const logSum = refinedLogSumRow<T>(x, length, scale);
  if (isNaN(logSum)) {
    fill<T>(y, length, sizeof<T>(), <T>NaN);
    return;
  }
  storeStrip<T>(RESULT, <T>logSum);
  overRow<T>((x: usize, b: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    shift<T>(x, STRIP, y, STRIP, strips, scale);
  }, x, x, x, y, length, scale);
}

/** LOG_SUM of sixteen rows, one per lane. Where they were gathered and fit one block they stay in PACK_A. */
export function logSumStrip(x: usize, length: usize, stride: usize, adjacent: bool, exact: bool, scale: f64): void {
  expColumns(true, exact, x, 0, length, stride, adjacent, LANES, scale);
  finishSums(false);
  logSums<f32>(LANES / 2);
}

/** LOG_SUM of the dominated rows among sixteen made again, the others as they were. */
function refineDominated(x: usize, length: usize, stride: usize, adjacent: bool, scale: f64): void {
  let least = f64x2.splat(Infinity); // a NaN compares false and leaves it
  for (let at: usize = 0; at < 128; at += 16) least = f64x2.pmin(least, v128.load(LOG_SUM + at));
  if (!v128.any_true(f64x2.lt(least, f64x2.splat(DOMINATED)))) return;
  memory.copy(SAVED_LOG_SUM, LOG_SUM, 128);
  logSumStrip(x, length, stride, adjacent, true, scale);
  for (let at: usize = 0; at < 128; at += 16) {
    const before = v128.load(SAVED_LOG_SUM + at);
    v128.store(LOG_SUM + at, v128.bitselect(v128.load(LOG_SUM + at), before, f64x2.lt(before, f64x2.splat(DOMINATED))));
  }
}

function logSoftmaxStrip(x: usize, _: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  logSumStrip(x, length, stride, adjacent, isExact<f32>(length), scale);
  if (length > SHORT) refineDominated(x, length, stride, adjacent, scale);
  settle(LOG_SUM);
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    const from = length <= BLOCK_LENGTH && !adjacent ? PACK_A : open(adjacent, x, i, count, stride, PACK_A);
    if (adjacent) shift<f32>(from, stride, y + load<usize>(OFFSETS) + i * stride, stride, count, scale);
    else {
      shift<f32>(from, STRIP, PACK_A, STRIP, count, scale);
      put(false, PACK_A, y, i, count, stride, columns);
    }
  }
  mendNaN(y, stride, length, columns);
}

export function logSoftmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (Math.abs(scale) == Infinity) {
    oneHot<T>(x, y, outer, length, inner, scale < 0, 0, -Infinity);
    return;
  }
  if (scale != 1) prepareScale<T>(scale);
  const row = (a: usize, b: usize, y: usize, length: usize, scale: f64): void => {
    logSoftmaxRow<T>(a, b, y, length, scale);
  };
  if (sizeof<T>() == 4) overSlices(row, logSoftmaxStrip, BLOCK_LENGTH, false, x, 0, y, outer, length, inner, scale);
  else overRows(row, x, 0, y, outer, length, length << 3, length << 3, scale);
}

// Backward: ∂L/∂x = scale · (g − e^output · Σ g), 0 where the output is −∞. The sum belongs there: g · (1 − e^output) is the derivative of
// something else.

/** Outputs are ≤ 0: e^output with N = 0 and no HEADROOM, n · hi exact as in core/exp.ts. */
export function prepareOutputs<T>(): void {
  const noHeadroom: T = <T>(sizeof<T>() == 4 ? 48 : 77);
  storeStrip<T>(MAGIC, magicBase<T>() - noHeadroom);
  storeStrip<T>(FLOOR, (<T>exponentOffset<T>() - noHeadroom) * <T>-0.6931471805599453);
  storeStrip<T>(SHIFT, 0);
}

/** scale · (g − e · sum), 0 where the output o is −∞. + 0: a gradient of 0 is not -0. */
// @ts-ignore: decorator
@inline
function combined<T>(gradient: v128, o: v128): v128 {
  return v128.add<T>(v128.andnot(gradient, v128.eq<T>(o, v128.splat<T>(<T>-Infinity))), v128.splat<T>(0));
}

/** y = scale · (g − e · RESULT), 0 where the output o is −∞; e = e^o, RESULT = Σ g. RESULT becomes NaN where a result is. */
function combineStrips<T>(g: usize, gStride: usize, o: usize, oStride: usize, e: usize, y: usize, yStride: usize, count: usize, scale: f64): void {
  const factor = v128.splat<T>(<T>scale);
  if (sizeof<T>() == 8) {
    for (const end = y + count * STRIP; y < end; g += 16, o += 16, e += 16, y += 16) {
      const gradient = v128.mul<T>(nmadd<T>(v128.load(e), v128.load(RESULT), v128.load(g)), factor);
      v128.store(RESULT, v128.or(v128.load(RESULT), v128.ne<T>(gradient, gradient)));
      v128.store(y, combined<T>(gradient, v128.load(o)));
    }
    return;
  }
  const s0 = v128.load(RESULT), s1 = v128.load(RESULT, 16), s2 = v128.load(RESULT, 32), s3 = v128.load(RESULT, 48);
  let n0 = s0, n1 = s1, n2 = s2, n3 = s3;
  for (const end = y + count * yStride; y < end; g += gStride, o += oStride, e += STRIP, y += yStride) {
    const g0 = v128.mul<T>(nmadd<T>(v128.load(e), s0, v128.load(g)), factor);
    const g1 = v128.mul<T>(nmadd<T>(v128.load(e, 16), s1, v128.load(g, 16)), factor);
    const g2 = v128.mul<T>(nmadd<T>(v128.load(e, 32), s2, v128.load(g, 32)), factor);
    const g3 = v128.mul<T>(nmadd<T>(v128.load(e, 48), s3, v128.load(g, 48)), factor);
    n0 = v128.or(n0, v128.ne<T>(g0, g0)); n1 = v128.or(n1, v128.ne<T>(g1, g1));
    n2 = v128.or(n2, v128.ne<T>(g2, g2)); n3 = v128.or(n3, v128.ne<T>(g3, g3));
    const r0 = combined<T>(g0, v128.load(o)), r1 = combined<T>(g1, v128.load(o, 16));
    const r2 = combined<T>(g2, v128.load(o, 32)), r3 = combined<T>(g3, v128.load(o, 48));
    v128.store(y, r0); v128.store(y, r1, 16); v128.store(y, r2, 32); v128.store(y, r3, 48);
  }
  v128.store(RESULT, n0); v128.store(RESULT, n1, 16); v128.store(RESULT, n2, 32); v128.store(RESULT, n3, 48);
}

/** A block of a strip: e^o into PACK_C, then y. */
function backwardStrips(g: usize, o: usize, stride: usize, y: usize, yStride: usize, count: usize, scale: f64): void {
  expStrips<f32>(o, stride, PACK_C, STRIP, count);
  combineStrips<f32>(g, stride, o, stride, PACK_C, y, yStride, count, scale);
}

/** Strips of a row, at most BLOCK. */
function backwardRow<T>(g: usize, o: usize, y: usize, strips: usize, scale: f64): void {
  if (sizeof<T>() == 8) expStrips<T>(o, STRIP, PACK_C, STRIP, strips);
  else expNearRow(o, PACK_C, STRIP, strips);
  combineStrips<T>(g, STRIP, o, STRIP, PACK_C, y, STRIP, strips, scale);
}

/** Σ g, whose terms may cancel: in float64 throughout. */
export function sumOfGradients<T>(g: usize, length: usize): f64 {
  clearSum();
  overRow<T>((g: usize, b: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    if (sizeof<T>() == 4) sumRowExactly(g, strips * STRIP);
    else sumRow<T>(g, strips);
  }, g, g, g, 0, length, 0);
  return totalOfRow();
}

function logSoftmaxBackwardRow<T>(g: usize, o: usize, y: usize, length: usize, scale: f64): void {
  storeStrip<T>(RESULT, <T>sumOfGradients<T>(g, length));
  overRow<T>((g: usize, o: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    backwardRow<T>(g, o, y, strips, scale);
  }, g, o, g, y, length, scale);
  for (let v: usize = 0; v < STRIP; v += sizeof<T>()) {
    if (!isNaN<T>(load<T>(RESULT + v))) continue;
    fill<T>(y, length, sizeof<T>(), <T>NaN);
    return;
  }
}

function logSoftmaxBackwardStrip(g: usize, o: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  clearSums();
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    bring(adjacent, g, i, count, stride, PACK_A);
    sumStrips(PACK_A, count, true);
  }
  for (let pair: usize = 0; pair < LANES / 2; pair++) v128.store(SUM + (pair << 4), totalOfPair(pair));
  settle(SUM);
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    const gradients = length <= BLOCK_LENGTH && !adjacent ? PACK_A : open(adjacent, g, i, count, stride, PACK_A);
    const outputs = open(adjacent, o, i, count, stride, PACK_B);
    if (adjacent) backwardStrips(gradients, outputs, stride, y + load<usize>(OFFSETS) + i * stride, stride, count, scale);
    else {
      backwardStrips(gradients, outputs, STRIP, PACK_A, STRIP, count, scale);
      put(false, PACK_A, y, i, count, stride, columns);
    }
  }
  mendNaN(y, stride, length, columns);
}

export function logSoftmaxBackward<T>(g: usize, o: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  prepareOutputs<T>();
  const row = (a: usize, b: usize, y: usize, length: usize, scale: f64): void => {
    logSoftmaxBackwardRow<T>(a, b, y, length, scale);
  };
  if (sizeof<T>() == 4) overSlices(row, logSoftmaxBackwardStrip, SHORT, false, g, o, y, outer, length, inner, scale);
  else overRows(row, g, o, y, outer, length, length << 3, length << 3, scale);
}
