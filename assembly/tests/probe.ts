// What the accuracy tests look at inside the kernels: the exponential before it is normalised, its sum, and the logarithm. Compiled beside
// assembly/index.ts with the flags of the shipped binaries (tests/accuracy/build.mjs); no part of the package.

import { headroom, prepare, prepareError } from '../core/exp';
import { log1p } from '../core/log';
import { expRow, storeStrip } from '../core/rows';
import { prepareScale } from '../core/scaled';
import { ERROR, MAX, ROUNDED_MAX } from '../core/scratch';

function expOf<T>(x: usize, y: usize, length: usize, scale: f64): f64 {
  if (scale != 1) prepareScale<T>(scale);
  return expRow<T>(false, false, x, y, length, scale);
}

/** y = 2^HEADROOM · e^(scale · x − c) of one row, c near its maximum; returns Σ y. */
export function probe_exp_f32(x: usize, y: usize, length: usize, scale: f64): f64 {
  return expOf<f32>(x, y, length, scale);
}
export function probe_exp_f64(x: usize, y: usize, length: usize, scale: f64): f64 {
  return expOf<f64>(x, y, length, scale);
}

/** 2^HEADROOM · e^(max − c) as the loops round it, and what that took, as float64 at `to`. */
function maxOf<T>(max: T, to: usize): void {
  storeStrip<T>(MAX, max);
  prepare<T>(1);
  prepareError<T>(1);
  store<f64>(to, <f64>load<T>(ROUNDED_MAX));
  store<f64>(to, <f64>load<T>(ERROR), 8);
}
export function probe_max_f32(max: f64, to: usize): void {
  maxOf<f32>(<f32>max, to);
}
export function probe_max_f64(max: f64, to: usize): void {
  maxOf<f64>(max, to);
}

/** `length` float64 t at `at`, an even number of them, become log(1 + t). */
export function probe_log1p(at: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 2) log1p(at + (i << 3));
}

export function probe_headroom_f32(): f64 {
  return headroom<f32>();
}
export function probe_headroom_f64(): f64 {
  return headroom<f64>();
}
