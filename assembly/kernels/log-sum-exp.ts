// log_sum_exp(x) = scale · max + log Σ_j e^(scale · (x_j − max)), in float64, then rounded. A float64 result has the errors of e^x and of the
// logarithm in it, 1.52 ulp found, and where max is negative the two terms may cancel: then what holds is 3 ulp of the larger. Only exponentials of more than float64 would help.
// −∞ for a row of nothing but −∞; +∞ for a row with a +∞; NaN for a row with a NaN.

import { read } from "../core/lanes";
import { logSumInFloat64 } from "../core/log";
import { prepareScale, sizeOf } from "../core/scaled";
import { LOG_SUM, MAX, SAVED_LOG_SUM, SAVED_MAX, STRIP } from "../core/scratch";
import { overRows, overSlices } from "../core/slices";
import { BLOCK_LENGTH, offsetOf } from "../core/strips";
import { isExact, logSumRow, logSumStrip } from "./log-softmax";

/** Below this size of a float32 result its two terms may cancel, and Σ is made again in float64. */
const SMALL: f64 = 2;

function hasNaN(wide: bool, x: usize, length: usize, stride: usize): bool {
  for (let i: usize = 0; i < length; i++, x += stride) if (isNaN(read(wide, x))) return true;
  return false;
}

/** The result of one row from its maximum, after the sign, and its log Σ. */
function resultOf<T>(x: usize, length: usize, stride: usize, scale: f64, max: f64, logSum: f64): T {
  if (Math.abs(max) == Infinity) return hasNaN(sizeof<T>() == 8, x, length, stride) ? <T>NaN : <T>max;
  if (isNaN(logSum)) return <T>NaN;
  const result = sizeOf(scale) * max + logSum;
  if (sizeof<T>() == 4 && Math.abs(result) < SMALL) return <T>(sizeOf(scale) * max + logSumInFloat64(x, length, stride, scale));
  return <T>result;
}

function logSumExpRow<T>(x: usize, _: usize, y: usize, length: usize, scale: f64): void {
  const logSum = logSumRow<T>(x, length, isExact<T>(length), scale);
  store<T>(y, resultOf<T>(x, length, sizeof<T>(), scale, <f64>load<T>(MAX), logSum));
}

function logSumExpStrip(x: usize, _: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64): void {
  logSumStrip(x, length, stride, adjacent, isExact<f32>(length), scale);
  memory.copy(SAVED_MAX, MAX, STRIP); // logSumInFloat64 overwrites MAX and LOG_SUM
  memory.copy(SAVED_LOG_SUM, LOG_SUM, 128);
  for (let lane: usize = 0; lane < columns; lane++) {
    const max = <f64>load<f32>(SAVED_MAX + (lane << 2));
    const logSum = load<f64>(SAVED_LOG_SUM + (lane << 3));
    store<f32>(y + (lane << 2), resultOf<f32>(x + offsetOf(lane), length, stride, scale, max, logSum));
  }
}

export function logSumExp<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (scale != 1) prepareScale<T>(scale);
  const row = (a: usize, b: usize, y: usize, length: usize, scale: f64): void => {
    logSumExpRow<T>(a, b, y, length, scale);
  };
  if (sizeof<T>() == 4) overSlices(row, logSumExpStrip, BLOCK_LENGTH, true, x, 0, y, outer, length, inner, scale);
  else overRows(row, x, 0, y, outer, length, length << 3, 8, scale);
}
