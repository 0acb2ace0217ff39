// log_sum_exp(x) = scale · max + log Σ_j e^(scale · (x_j − max)), in float64, then rounded.
// −∞ for a row of nothing but −∞; +∞ for a row with a +∞; NaN for a row with a NaN.

import { prepare } from "../core/exp";
import { log1p, logSums } from "../core/log";
import { expBlock, expRow, settleOthers, storeStrip } from "../core/rows";
import { prepareScale, prepareScaled } from "../core/scaled";
import { COUNT, LOG_SUM, MAX, OFFSETS, PACK_A, PACK_B, PACK_C, RESULT, STRIP } from "../core/scratch";
import { lanes, locate } from "../core/strips";
import { clearSum, totalOfRow } from "../core/sum";
import { logSumStrip } from "./log-softmax";

/** Contiguous rows up to this length go through the strip kernel, sixteen (eight) at a time. */
const SHORT: usize = 32;

/** Below this size of a float32 result its two terms may cancel, and Σ is made again in float64. */
const SMALL: f64 = 2;

function hasNaN<T>(x: usize, length: usize, stride: usize): bool {
  for (let i: usize = 0; i < length; i++, x += stride) if (isNaN<T>(load<T>(x))) return true;
  return false;
}

/** log_sum_exp of one float32 row with everything in float64: near 0 the float32 error of Σ, harmless elsewhere, is many ulp of the result. */
function inFloat64(x: usize, length: usize, stride: usize, scale: f64): f64 {
  const sign: f64 = scale < 0 ? -1 : 1;
  let max = -Infinity;
  for (let i: usize = 0; i < length; i++) max = Math.max(max, sign * <f64>load<f32>(x + i * stride));
  storeStrip<f64>(MAX, max);
  storeStrip<f64>(COUNT, 0);
  clearSum();
  if (scale != 1) {
    prepareScale<f64>(scale);
    prepareScaled<f64>(4, scale);
  } else prepare<f64>(4);
  for (let i: usize = 0; i < length; i += 128) {
    const count = min<usize>(128, length - i);
    const strips = (count + 7) >> 3;
    for (let j: usize = 0; j < strips << 3; j++) {
      store<f64>(PACK_A + (j << 3), j < count ? <f64>load<f32>(x + (i + j) * stride) : sign * -Infinity);
    }
    expBlock<f64>(true, scale != 1, true, PACK_A, PACK_B, strips);
  }
  settleOthers<f64>(totalOfRow());
  logSums<f64>(1, scale != 1);
  if (scale != 1) prepareScale<f32>(scale);
  return Math.abs(scale) * max + load<f64>(LOG_SUM);
}

/** The result of one row from its maximum, after the sign, and its log Σ. */
function resultOf<T>(x: usize, length: usize, stride: usize, scale: f64, max: f64, logSum: f64): T {
  if (Math.abs(max) == Infinity) return hasNaN<T>(x, length, stride) ? <T>NaN : <T>max;
  if (isNaN(logSum)) return <T>NaN;
  const result = Math.abs(scale) * max + logSum;
  if (sizeof<T>() == 4 && Math.abs(result) < SMALL) return <T>inFloat64(x, length, stride, scale);
  return <T>result;
}

function logSumExpRow<T>(x: usize, length: usize, scale: f64): T {
  const others = expRow<T>(true, x, 0, length, scale);
  settleOthers<T>(others);
  logSums<T>(1, scale != 1);
  return resultOf<T>(x, length, sizeof<T>(), scale, <f64>load<T>(MAX), load<f64>(LOG_SUM));
}

/** The limit T → 0: the maximum / T, or, where that is 0 / 0, the logarithm of how often the maximum occurs. */
function limitRow<T>(x: usize, length: usize, stride: usize, sign: T): T {
  if (hasNaN<T>(x, length, stride)) return <T>NaN;
  let max = <T>-Infinity;
  let count: f64 = 0;
  for (let i: usize = 0; i < length; i++) {
    const value = sign * load<T>(x + i * stride);
    if (value > max) count = 0;
    if (value >= max) count++;
    if (value > max) max = value;
  }
  if (max != 0) return max * <T>Infinity;
  store<f64>(LOG_SUM, count - 1);
  log1p(LOG_SUM);
  return <T>load<f64>(LOG_SUM);
}

export function logSumExp<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  const slices = outer * inner;
  const stride = inner * sizeof<T>();
  const limit = Math.abs(scale) == Infinity;
  if (scale != 1 && !limit) prepareScale<T>(scale);
  let slice: usize = 0;
  if (!limit && (inner > 1 || length <= SHORT)) {
    for (; inner > 1 ? slice < slices : slice + lanes<T>() <= slices; slice += lanes<T>()) {
      logSumStrip<T>(x, length, stride, locate<T>(slice, slices, length, inner), scale);
      const columns = min<usize>(lanes<T>(), slices - slice);
      memory.copy(RESULT, MAX, STRIP); // inFloat64 overwrites MAX and LOG_SUM
      memory.copy(PACK_C, LOG_SUM, 128);
      for (let lane: usize = 0; lane < columns; lane++) {
        const max = <f64>load<T>(RESULT + lane * sizeof<T>());
        const logSum = load<f64>(PACK_C + (lane << 3));
        store<T>(y + (slice + lane) * sizeof<T>(), resultOf<T>(x + load<usize>(OFFSETS + (lane << 2)), length, stride, scale, max, logSum));
      }
    }
  }
  for (; slice < slices; slice++) {
    const from = x + ((slice / inner) * length * inner + (slice % inner)) * sizeof<T>();
    const result = limit ? limitRow<T>(from, length, stride, scale < 0 ? <T>-1 : <T>1) : logSumExpRow<T>(from, length, scale);
    store<T>(y + slice * sizeof<T>(), result);
  }
}
