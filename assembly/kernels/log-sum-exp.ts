// log_sum_exp(x) = scale · max + log Σ_j e^(scale · (x_j − max)), in float64, then rounded. A float64 result has the error of e^x in it, 0.97 ulp,
// and where max is negative the two terms may cancel: then what holds is 2 ulp of the larger. Only exponentials of more than float64 would help.
// −∞ for a row of nothing but −∞; +∞ for a row with a +∞; NaN for a row with a NaN.

import { log1p, logSumInFloat64 } from "../core/log";
import { prepareScale, sizeOf } from "../core/scaled";
import { LOG_SUM, MAX, OFFSETS, SAVED_LOG_SUM, SAVED_MAX, STRIP } from "../core/scratch";
import { blockLength, lanes, locate } from "../core/strips";
import { isExact, logSumRow, logSumStrip } from "./log-softmax";

/** Below this size of a float32 result its two terms may cancel, and Σ is made again in float64. */
const SMALL: f64 = 2;

function hasNaN<T>(x: usize, length: usize, stride: usize): bool {
  for (let i: usize = 0; i < length; i++, x += stride) if (isNaN<T>(load<T>(x))) return true;
  return false;
}

/** The result of one row from its maximum, after the sign, and its log Σ. */
function resultOf<T>(x: usize, length: usize, stride: usize, scale: f64, max: f64, logSum: f64): T {
  if (Math.abs(max) == Infinity) return hasNaN<T>(x, length, stride) ? <T>NaN : <T>max;
  if (isNaN(logSum)) return <T>NaN;
  const result = sizeOf(scale) * max + logSum;
  if (sizeof<T>() == 4 && Math.abs(result) < SMALL) return <T>(sizeOf(scale) * max + logSumInFloat64(x, length, stride, scale));
  return <T>result;
}

function logSumExpRow<T>(x: usize, length: usize, scale: f64): T {
  const logSum = logSumRow<T>(x, length, isExact<T>(length), scale);
  return resultOf<T>(x, length, sizeof<T>(), scale, <f64>load<T>(MAX), logSum);
}

/** The limit T → 0: the maximum / T, or, where that is 0 / 0, the logarithm of how often the maximum occurs. */
function limitRow<T>(x: usize, length: usize, stride: usize, sign: f64): f64 {
  let max = -Infinity, count: f64 = 0;
  for (let i: usize = 0; i < length; i++, x += stride) {
    const value = sign * <f64>load<T>(x);
    if (isNaN(value)) return NaN;
    if (value > max) count = 0;
    if (value >= max) count++;
    max = Math.max(max, value);
  }
  if (max != 0) return max * Infinity;
  store<f64>(LOG_SUM, count - 1);
  log1p(LOG_SUM);
  return load<f64>(LOG_SUM);
}

export function logSumExp<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  const slices = outer * inner;
  const stride = inner * sizeof<T>();
  const limit = Math.abs(scale) == Infinity;
  if (scale != 1 && !limit) prepareScale<T>(scale);
  let slice: usize = 0;
  if (!limit && (inner > 1 || length <= blockLength<T>())) {
    for (; inner > 1 ? slice < slices : slice + lanes<T>() <= slices; slice += lanes<T>()) {
      const adjacent = locate<T>(slice, slices, length, inner);
      logSumStrip<T>(x, length, stride, adjacent, isExact<T>(length), scale);
      const columns = min<usize>(lanes<T>(), slices - slice);
      memory.copy(SAVED_MAX, MAX, STRIP); // logSumInFloat64 overwrites MAX and LOG_SUM
      memory.copy(SAVED_LOG_SUM, LOG_SUM, 128);
      for (let lane: usize = 0; lane < columns; lane++) {
        const max = <f64>load<T>(SAVED_MAX + lane * sizeof<T>());
        const logSum = load<f64>(SAVED_LOG_SUM + (lane << 3));
        store<T>(y + (slice + lane) * sizeof<T>(), resultOf<T>(x + load<usize>(OFFSETS + (lane << 2)), length, stride, scale, max, logSum));
      }
    }
  }
  for (; slice < slices; slice++) {
    const from = x + ((slice / inner) * length * inner + (slice % inner)) * sizeof<T>();
    const result = limit ? <T>limitRow<T>(from, length, stride, scale < 0 ? -1 : 1) : logSumExpRow<T>(from, length, scale);
    store<T>(y + slice * sizeof<T>(), result);
  }
}
