// softmax(x)_i = e^(scale · x_i) / Σ_j e^(scale · x_j) = e^(scale · (x_i − max)) / Σ_j e^(scale · (x_j − max)).
// Any row maximum, any length. A NaN, a +∞ or nothing but −∞ in a row makes the row NaN.

import { expStrips, prepare } from "../core/exp";
import { madd } from "../core/lanes";
import { copyTail, expRow, fillNaN, loadTail, storeStrip } from "../core/rows";
import { expScaled, prepareScale, prepareScaled } from "../core/scaled";
import { MAX, OFFSETS, PACK_A, PACK_B, RESULT, RESULT_LOW, STRIP, SUM, TAIL_A } from "../core/scratch";
import {
  anyNaN, blockLength, finishSums, gather, invertSums, lanes, locate, maxStrips, mendNaN, scaleStrips, scatter, settle,
} from "../core/strips";
import { clearSums, sumStrips } from "../core/sum";
import { oneHot } from "./hardmax";

/** Contiguous rows up to this length go through the strip kernel, sixteen (eight) at a time. */
const SHORT: usize = 32;

/** y · factor: the factor in two parts, so that rounding it does not show. */
// @ts-ignore: decorator
@inline
function scaled<T>(e: v128, high: v128, low: v128): v128 {
  return madd<T>(e, high, v128.mul<T>(e, low));
}

function scaleRow<T>(y: usize, length: usize, factor: f64): void {
  storeStrip<T>(RESULT, <T>factor);
  storeStrip<T>(RESULT_LOW, <T>(factor - <f64>(<T>factor)));
  const h = v128.load(RESULT), l = v128.load(RESULT_LOW);
  const bytes = length * sizeof<T>();
  const tail = bytes & (STRIP - 1);
  for (const end = y + bytes - tail; y < end; y += STRIP) {
    v128.store(y, scaled<T>(v128.load(y), h, l));
    v128.store(y, scaled<T>(v128.load(y, 16), h, l), 16);
    v128.store(y, scaled<T>(v128.load(y, 32), h, l), 32);
    v128.store(y, scaled<T>(v128.load(y, 48), h, l), 48);
  }
  if (tail) {
    loadTail<T>(y, TAIL_A, tail, 0);
    for (let v: usize = 0; v < STRIP; v += 16) v128.store(TAIL_A + v, scaled<T>(v128.load(TAIL_A + v), h, l));
    copyTail<T>(TAIL_A, y, tail);
  }
}

function softmaxRow<T>(x: usize, y: usize, length: usize, scale: f64): void {
  const sum = expRow<T>(false, x, y, length, scale);
  if (isNaN(sum)) fillNaN<T>(y, length, sizeof<T>());
  else scaleRow<T>(y, length, 1 / sum);
}

/** Sixteen (eight) rows, one per lane. */
function softmaxStrip<T>(x: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  const step = adjacent ? stride : STRIP;
  const base = load<usize>(OFFSETS);
  const single = length <= blockLength<T>();
  storeStrip<T>(MAX, <T>-Infinity);
  for (let i: usize = 0; i < length; i += blockLength<T>()) {
    const count = min<usize>(blockLength<T>(), length - i);
    if (!adjacent) gather<T>(x + i * stride, stride, PACK_A, count);
    maxStrips<T>(scale < 0, adjacent ? x + base + i * stride : PACK_A, step, count);
  }
  if (scale != 1) prepareScaled<T>(4, scale);
  else prepare<T>(4);

  clearSums();
  for (let i: usize = 0; i < length; i += blockLength<T>()) {
    const count = min<usize>(blockLength<T>(), length - i);
    if (!adjacent && !single) gather<T>(x + i * stride, stride, PACK_A, count);
    const from = adjacent ? x + base + i * stride : PACK_A;
    const inPlace = adjacent && !single; // a single block stays in PACK_B until it is scaled: y is then touched once
    const to = inPlace ? y + base + i * stride : PACK_B;
    const toStep = inPlace ? stride : STRIP;
    if (scale != 1) expScaled<T>(false, from, step, to, toStep, count);
    else expStrips<T>(false, from, step, to, toStep, count);
    sumStrips<T>(to, toStep, count);
    if (!adjacent && !single) scatter<T>(PACK_B, y + i * stride, stride, count, columns);
  }
  finishSums<T>();
  invertSums<T>();
  settle<T>(SUM);

  if (adjacent) {
    if (single) scaleStrips<T>(PACK_B, STRIP, y + base, stride, length);
    else scaleStrips<T>(y + base, stride, y + base, stride, length);
  } else {
    for (let i: usize = 0; i < length; i += blockLength<T>()) {
      const count = min<usize>(blockLength<T>(), length - i);
      if (!single) gather<T>(y + i * stride, stride, PACK_B, count);
      scaleStrips<T>(PACK_B, STRIP, PACK_B, STRIP, count);
      scatter<T>(PACK_B, y + i * stride, stride, count, columns);
    }
  }
  if (anyNaN<T>()) mendNaN<T>(y, stride, length, columns);
}

export function softmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (Math.abs(scale) == Infinity) {
    oneHot<T>(x, y, outer, length, inner, scale < 0, <T>1, <T>0);
    return;
  }
  if (scale != 1) prepareScale<T>(scale);
  const slices = outer * inner;
  let slice: usize = 0;
  if (inner > 1 || length <= SHORT) {
    for (; inner > 1 ? slice < slices : slice + lanes<T>() <= slices; slice += lanes<T>()) {
      const adjacent = locate<T>(slice, slices, length, inner);
      softmaxStrip<T>(x, y, length, inner * sizeof<T>(), adjacent, min<usize>(lanes<T>(), slices - slice), scale);
    }
  }
  const bytes = length * sizeof<T>();
  for (; slice < slices; slice++) softmaxRow<T>(x + slice * bytes, y + slice * bytes, length, scale);
}
