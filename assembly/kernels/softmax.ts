// softmax(x)_i = e^(scale · x_i) / Σ_j e^(scale · x_j) = e^(scale · (x_i − max)) / Σ_j e^(scale · (x_j − max)).
// Any finite row maximum, any length. A NaN, a +∞ or nothing but −∞ in a row makes the row NaN.

import { loadPair, madd } from "../core/lanes";
import { copyTail, cutAtOne, expRow, fill, loadTail, overRow, storeStrip } from "../core/rows";
import { prepareScale } from "../core/scaled";
import { LOG_SUM, OFFSETS, PACK_A, PACK_B, PACK_C, RESULT, RESULT_LOW, ROUNDED_MAX, STRIP, SUM, TAIL_A, TAIL_B } from "../core/scratch";
import { overRows, overSlices } from "../core/slices";
import { BLOCK_LENGTH, bring, expColumns, finishSums, LANES, mendNaN, offsetOf, open, put, settle, SHORT } from "../core/strips";
import { addStrip, clearSum, clearSums, sumRow, sumRowExactly, sumStrips, totalOfPair, totalOfRow, withError, withErrors } from "../core/sum";
import { oneHot } from "./hardmax";

// 1 / Σ is kept in two parts, RESULT + RESULT_LOW, so that its rounding adds nothing to that of e^x. RESULT is not above 1 / Σ: two equal entries then
// have a half each, to the last bit.

/** The inverses of the sums of one vector of rows: in `a`, and, for float32, in `b` those of its upper half. */
// @ts-ignore: decorator
@inline
function storeInverse<T>(v: usize, a: v128, b: v128): void {
  const one = f64x2.splat(1);
  const inverse = f64x2.div(one, a);
  if (sizeof<T>() == 8) {
    const high = i64x2.sub(inverse, i64x2.splat(1));
    v128.store(RESULT + v, high);
    v128.store(RESULT_LOW + v, f64x2.mul(inverse, remainder(one, a, high)));
    return;
  }
  const inverseUpper = f64x2.div(one, b);
  const digits = i64x2.splat(~0x1FFFFFFF);
  const high = v128.and(inverse, digits), highUpper = v128.and(inverseUpper, digits);
  v128.store(RESULT + v, v128.shuffle<i64>(v128.demote_zero(high), v128.demote_zero(highUpper), 0, 2));
  const low = v128.demote_zero(f64x2.sub(inverse, high)), lowUpper = v128.demote_zero(f64x2.sub(inverseUpper, highUpper));
  v128.store(RESULT_LOW + v, v128.shuffle<i64>(low, lowUpper, 0, 2));
}

/** x − a · b, the product exact (Dekker 1971), b = x / a to an ulp. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, a: v128, b: v128): v128 {
  const halfDigits = i64x2.splat(~0x7FFFFFF);
  const aHigh = v128.and(a, halfDigits), bHigh = v128.and(b, halfDigits);
  const aLow = f64x2.sub(a, aHigh), bLow = f64x2.sub(b, bHigh);
  const high = f64x2.sub(x, f64x2.mul(aHigh, bHigh));
  return f64x2.sub(f64x2.sub(f64x2.sub(high, f64x2.mul(aHigh, bLow)), f64x2.mul(aLow, bHigh)), f64x2.mul(aLow, bLow));
}

function invertRow<T>(sum: f64): void {
  storeInverse<T>(0, f64x2.splat(sum), f64x2.splat(sum));
  for (let v: usize = 16; v < STRIP; v += 16) {
    v128.store(RESULT + v, v128.load(RESULT));
    v128.store(RESULT_LOW + v, v128.load(RESULT_LOW));
  }
}

function invertStrip(): void {
  for (let v: usize = 0; v < STRIP; v += 16) storeInverse<f32>(v, v128.load(SUM + 2 * v), v128.load(SUM + 2 * v, 16));
}

/** y = x · (RESULT + RESULT_LOW). */
export function scaleStrips<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  const a = v128.load(RESULT), b = v128.load(RESULT, 16), c = v128.load(RESULT, 32), d = v128.load(RESULT, 48);
  const aLow = v128.load(RESULT_LOW), bLow = v128.load(RESULT_LOW, 16), cLow = v128.load(RESULT_LOW, 32), dLow = v128.load(RESULT_LOW, 48);
  for (const end = y + count * yStride; y < end; x += xStride, y += yStride) {
    v128.store(y, scaled<T>(v128.load(x), a, aLow));
    v128.store(y, scaled<T>(v128.load(x, 16), b, bLow), 16);
    v128.store(y, scaled<T>(v128.load(x, 32), c, cLow), 32);
    v128.store(y, scaled<T>(v128.load(x, 48), d, dLow), 48);
  }
}

// @ts-ignore: decorator
@inline
function scaled<T>(e: v128, high: v128, low: v128): v128 {
  return madd<T>(e, high, v128.mul<T>(e, low));
}

// A float32 row is peaked where its sum is below 3 · 2^HEADROOM: one entry may then hold a quarter of the sum or more, and the rounding
// of that entry and of its strip show in every result. Such a sum is made again from the e^x already there, in float64, and the error of
// the largest entry taken out. It brings the worst result from 2.97 to 2.74 ulp, with a temperature from 2.94 to 2.25 (npm run accuracy). Short rows are nearly always peaked, so are taken as such.
const PEAKED: f64 = 844424930131968;

/** Σ y of a row, with as little rounding as there is a way for. */
export function sumAgain<T>(y: usize, length: usize): f64 {
  clearSum();
  const bytes = length * sizeof<T>();
  const tail = bytes & (STRIP - 1);
  if (sizeof<T>() == 4) sumRowExactly(y, bytes - tail);
  else sumRow<T>(y, (bytes - tail) / STRIP);
  if (tail) {
    loadTail<T>(y + bytes - tail, TAIL_A, tail, 0);
    if (sizeof<T>() == 4) sumRowExactly(TAIL_A, STRIP);
    else sumRow<T>(TAIL_A, 1);
  }
  return totalOfRow();
}

/** A row times RESULT + RESULT_LOW, in place. */
export function scaleRow<T>(y: usize, length: usize): void {
  overRow<T>((a: usize, b: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    scaleStrips<T>(a, STRIP, y, STRIP, strips);
  }, y, y, y, y, length, 0);
}

function softmaxRow<T>(x: usize, _: usize, y: usize, length: usize, scale: f64): void {
  if (length < STRIP / sizeof<T>()) { // once through a whole strip is faster than a tail in each pass
    loadTail<T>(x, TAIL_B, length * sizeof<T>(), scale < 0 ? <T>Infinity : <T>-Infinity);
    softmaxRow<T>(TAIL_B, 0, TAIL_B, STRIP / sizeof<T>(), scale);
    copyTail<T>(TAIL_B, y, length * sizeof<T>());
    return;
  }
  let sum = expRow<T>(false, false, x, y, length, scale);
  if (isNaN(sum)) {
    fill<T>(y, length, sizeof<T>(), <T>NaN);
    return;
  }
  if (sizeof<T>() == 4 && (length <= SHORT || sum < PEAKED)) sum = withError(sumAgain<T>(y, length));
  invertRow<T>(sum);
  scaleRow<T>(y, length);
  if (sizeof<T>() == 4 && sum < <f64>load<f32>(ROUNDED_MAX)) cutAtOne(y, length, 4);
}

/** Whether a SUM is that of a peaked row. */
function anyPeaked(): bool {
  let least = f64x2.splat(Infinity); // a NaN compares false and leaves it
  for (let at: usize = SUM; at < SUM + 128; at += 16) least = f64x2.pmin(least, v128.load(at));
  return v128.any_true(f64x2.lt(least, f64x2.splat(PEAKED)));
}

/** SUM, made again, of the rows whose sum before was below PEAKED; the others get back what they had. */
function mergePeaked(before: usize): void {
  for (let pair: usize = 0; pair < 8; pair++) {
    const old = v128.load(before + (pair << 4));
    v128.store(SUM + (pair << 4), v128.bitselect(withErrors(totalOfPair(pair), pair), old, f64x2.lt(old, f64x2.splat(PEAKED))));
  }
}

/** Whether a SUM is less than ROUNDED_MAX. */
function anyAboveOne(): bool {
  let above = f64x2.splat(0);
  for (let pair: usize = 0; pair < LANES / 2; pair++) {
    above = v128.or(above, f64x2.lt(v128.load(SUM + (pair << 4)), loadPair<f32>(ROUNDED_MAX, pair)));
  }
  return v128.any_true(above);
}

/** Sixteen rows, one per lane: the first `columns` of those at OFFSETS. */
function softmaxStrip(x: usize, _: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  const isShort = length <= SHORT;
  const single = length <= BLOCK_LENGTH; // then e^x stays in PACK_B until it is scaled, and y is touched once
  expColumns(false, isShort, x, y, length, stride, adjacent, columns, scale);
  finishSums(isShort);
  if (!isShort && anyPeaked()) {
    for (let at: usize = 0; at < 128; at += 16) v128.store(LOG_SUM + at, v128.load(SUM + at));
    clearSums();
    for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
      const count = min<usize>(BLOCK_LENGTH, length - i);
      if (!single) bring(adjacent, y, i, count, stride, PACK_B);
      sumStrips(PACK_B, count, true);
    }
    mergePeaked(LOG_SUM);
  }
  invertStrip();
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    if (!single) bring(adjacent, y, i, count, stride, PACK_B);
    if (adjacent) scaleStrips<f32>(PACK_B, STRIP, y + load<usize>(OFFSETS) + i * stride, stride, count);
    else {
      scaleStrips<f32>(PACK_B, STRIP, PACK_B, STRIP, count);
      put(false, PACK_B, y, i, count, stride, columns);
    }
  }
  if (anyAboveOne()) for (let lane: usize = 0; lane < columns; lane++) cutAtOne(y + offsetOf(lane), length, stride);
  mendNaN(y, stride, length, columns);
}

export function softmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (Math.abs(scale) == Infinity) {
    oneHot<T>(x, y, outer, length, inner, scale < 0, 1, 0);
    return;
  }
  if (length == 1) { // e^x / e^x, where e^x · (1 / e^x) may miss 1
    for (const end = x + outer * inner * sizeof<T>(); x < end; x += sizeof<T>(), y += sizeof<T>()) store<T>(y, isFinite<T>(load<T>(x)) ? <T>1 : <T>NaN);
    return;
  }
  if (scale != 1) prepareScale<T>(scale);
  const row = (a: usize, b: usize, y: usize, length: usize, scale: f64): void => {
    softmaxRow<T>(a, b, y, length, scale);
  };
  if (sizeof<T>() == 4) overSlices(row, softmaxStrip, SHORT, false, x, 0, y, outer, length, inner, scale);
  else overRows(row, x, 0, y, outer, length, length << 3, length << 3, scale);
}

// Backward: ∂L/∂x = scale · s ⊙ (g − ⟨g, s⟩), s the output (Bridle 1990).

/** products = g · s. */
function multiplyStrips<T>(g: usize, gStride: usize, s: usize, sStride: usize, products: usize, count: usize): void {
  for (const end = products + count * STRIP; products < end; products += STRIP, g += gStride, s += sStride) {
    v128.store(products, v128.mul<T>(v128.load(g), v128.load(s)));
    v128.store(products, v128.mul<T>(v128.load(g, 16), v128.load(s, 16)), 16);
    v128.store(products, v128.mul<T>(v128.load(g, 32), v128.load(s, 32)), 32);
    v128.store(products, v128.mul<T>(v128.load(g, 48), v128.load(s, 48)), 48);
  }
}

/** y = s · (scale · (g − RESULT)): scaled first, a subnormal s rounds once. */
export function softmaxBackwardStrips<T>(g: usize, gStride: usize, s: usize, sStride: usize, y: usize, yStride: usize, count: usize, scale: f64): void {
  const a = v128.load(RESULT), b = v128.load(RESULT, 16), c = v128.load(RESULT, 32), d = v128.load(RESULT, 48);
  const factor = v128.splat<T>(<T>scale), zero = v128.splat<T>(0); // + 0: a gradient of 0 is not -0
  for (const end = y + count * yStride; y < end; g += gStride, s += sStride, y += yStride) {
    v128.store(y, madd<T>(v128.mul<T>(v128.sub<T>(v128.load(g), a), factor), v128.load(s), zero));
    v128.store(y, madd<T>(v128.mul<T>(v128.sub<T>(v128.load(g, 16), b), factor), v128.load(s, 16), zero), 16);
    v128.store(y, madd<T>(v128.mul<T>(v128.sub<T>(v128.load(g, 32), c), factor), v128.load(s, 32), zero), 32);
    v128.store(y, madd<T>(v128.mul<T>(v128.sub<T>(v128.load(g, 48), d), factor), v128.load(s, 48), zero), 48);
  }
}

/** ⟨a, b⟩ of two rows. */
export function dotRow<T>(a: usize, b: usize, length: usize): f64 {
  clearSum();
  overRow<T>((a: usize, b: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    sumProducts<T>(a, b, strips);
  }, a, b, a, 0, length, 0);
  return totalOfRow();
}

/** SUM += ⟨a, b⟩ of strips of a row; float64 a few at a time: the products stay in the first-level cache. */
export function sumProducts<T>(a: usize, b: usize, strips: usize): void {
  const end = a + strips * STRIP;
  if (sizeof<T>() == 4) {
    let sum = v128.load(SUM);
    for (; a < end; a += STRIP, b += STRIP) {
      sum = addStrip(sum,
        f32x4.mul(v128.load(a), v128.load(b)), f32x4.mul(v128.load(a, 16), v128.load(b, 16)),
        f32x4.mul(v128.load(a, 32), v128.load(b, 32)), f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    }
    v128.store(SUM, sum);
    return;
  }
  for (; a < end; a += 16 * STRIP, b += 16 * STRIP) {
    const count = min<usize>(16, (end - a) / STRIP);
    multiplyStrips<T>(a, STRIP, b, STRIP, PACK_C, count);
    sumRow<T>(PACK_C, count);
  }
}

function softmaxBackwardRow<T>(g: usize, s: usize, y: usize, length: usize, scale: f64): void {
  const dot = dotRow<T>(g, s, length);
  if (isNaN(dot)) {
    fill<T>(y, length, sizeof<T>(), <T>NaN);
    return;
  }
  storeStrip<T>(RESULT, <T>dot);
  overRow<T>((g: usize, s: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    softmaxBackwardStrips<T>(g, STRIP, s, STRIP, y, STRIP, strips, scale);
  }, g, s, g, y, length, scale);
}

function softmaxBackwardStrip(g: usize, s: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  const single = length <= BLOCK_LENGTH;
  const step = adjacent ? stride : STRIP;
  let gradients = PACK_A, outputs = PACK_B;
  clearSums();
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    gradients = open(adjacent, g, i, count, stride, PACK_A);
    outputs = open(adjacent, s, i, count, stride, PACK_B);
    multiplyStrips<f32>(gradients, step, outputs, step, PACK_C, count);
    sumStrips(PACK_C, count, false);
  }
  for (let pair: usize = 0; pair < LANES / 2; pair++) v128.store(SUM + (pair << 4), totalOfPair(pair));
  settle(SUM);
  for (let i: usize = 0; i < length; i += BLOCK_LENGTH) {
    const count = min<usize>(BLOCK_LENGTH, length - i);
    if (!single) {
      gradients = open(adjacent, g, i, count, stride, PACK_A);
      outputs = open(adjacent, s, i, count, stride, PACK_B);
    }
    if (adjacent) softmaxBackwardStrips<f32>(gradients, step, outputs, step, y + load<usize>(OFFSETS) + i * stride, stride, count, scale);
    else {
      softmaxBackwardStrips<f32>(gradients, STRIP, outputs, STRIP, PACK_C, STRIP, count, scale);
      put(false, PACK_C, y, i, count, stride, columns);
    }
  }
  mendNaN(y, stride, length, columns);
}

export function softmaxBackward<T>(g: usize, s: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  const row = (a: usize, b: usize, y: usize, length: usize, scale: f64): void => {
    softmaxBackwardRow<T>(a, b, y, length, scale);
  };
  if (sizeof<T>() == 4) overSlices(row, softmaxBackwardStrip, SHORT, false, g, s, y, outer, length, inner, scale);
  else overRows(row, g, s, y, outer, length, length << 3, length << 3, scale);
}
