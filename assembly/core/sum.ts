// Sums. Their order is fixed by the length of the row alone, so a row's bits do not depend on the kernel, its batch, its place in memory
// or a chunk: of every 16 float32 (8 float64) the four vectors are added as (v0 + v1) + (v2 + v3); the lanes of the result go on in two
// float64 sums, even and odd lanes; a partial strip at the end of a row is filled up with zeros. So a float32 meets two roundings in
// its own type and the rest in float64: below 2⁻²⁴ in all, at any length. float64 sums keep what each addition loses (TwoSum, Knuth).

import { ODD, STRIP, SUM, SUM_ERROR } from "./scratch";

/** sum + the four vectors of a float32 strip; sum holds the even and the odd half. */
// @ts-ignore: decorator
@inline
export function addStrip(sum: v128, v0: v128, v1: v128, v2: v128, v3: v128): v128 {
  const lanes = f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3));
  const upper = v128.shuffle<i64>(lanes, lanes, 1, 0);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(lanes), f64x2.promote_low_f32x4(upper)));
}

/** What rounding takes from a + b = total. */
// @ts-ignore: decorator
@inline
function lostIn(total: v128, a: v128, b: v128): v128 {
  const back = f64x2.sub(total, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(total, back)), f64x2.sub(b, back));
}

/** SUM of a row, or of all rows of a strip, is 0. */
export function clearSums(): void {
  const zero = f64x2.splat(0);
  for (let at: usize = 0; at < 2 * ODD; at += 16) {
    v128.store(SUM + at, zero);
    v128.store(SUM_ERROR + at, zero);
  }
}

/** Row kernels: SUM += Σ y over `strips`. */
export function sumRow<T>(y: usize, strips: usize): void {
  let sum = v128.load(SUM), error = v128.load(SUM_ERROR);
  for (const end = y + strips * STRIP; y < end; y += STRIP) {
    const v0 = v128.load(y), v1 = v128.load(y, 16), v2 = v128.load(y, 32), v3 = v128.load(y, 48);
    if (sizeof<T>() == 4) sum = addStrip(sum, v0, v1, v2, v3);
    else {
      const part = f64x2.add(f64x2.add(v0, v1), f64x2.add(v2, v3));
      const total = f64x2.add(sum, part);
      error = f64x2.add(error, lostIn(total, sum, part));
      sum = total;
    }
  }
  v128.store(SUM, sum);
  v128.store(SUM_ERROR, error);
}

/** Row kernels: SUM, both halves. */
export function totalOfRow(): f64 {
  return (load<f64>(SUM) + load<f64>(SUM, 8)) + (load<f64>(SUM_ERROR) + load<f64>(SUM_ERROR, 8));
}

/** Strip kernels: half `half` of SUM += part, for two rows. */
// @ts-ignore: decorator
@inline
function addPair<T>(at: usize, part: v128): void {
  const sum = v128.load(at);
  const total = f64x2.add(sum, part);
  v128.store(at, total);
  if (sizeof<T>() == 8) {
    const error = at + (SUM_ERROR - SUM);
    v128.store(error, f64x2.add(v128.load(error), lostIn(total, sum, part)));
  }
}

/** What the row kernel has in one lane of a strip, for the rows of vector v: elements `step` bytes apart, `left` bytes of them. */
// @ts-ignore: decorator
@inline
function lane<T>(y: usize, step: usize, left: isize): v128 {
  if (left <= 0) return v128.splat<T>(0);
  let sum = v128.load(y);
  if (left > <isize>step) sum = v128.add<T>(sum, v128.load(y + step));
  if (left > <isize>(2 * step)) {
    let second = v128.load(y + 2 * step);
    if (left > <isize>(3 * step)) second = v128.add<T>(second, v128.load(y + 3 * step));
    sum = v128.add<T>(sum, second);
  }
  return sum;
}

/** Strip kernels: SUM += Σ y over `count` elements of every row, each element `stride` bytes after the one before. */
export function sumStrips<T>(y: usize, stride: usize, count: usize): void {
  const step = stride * (16 / sizeof<T>());
  for (let v: usize = 0; v < STRIP; v += 16) {
    let at = y + v;
    for (let left = <isize>(count * stride); left > 0; left -= 4 * step, at += 4 * step) {
      const a = lane<T>(at, step, left), b = lane<T>(at + stride, step, left - stride);
      if (sizeof<T>() == 8) {
        addPair<T>(SUM + v, a);
        addPair<T>(SUM + ODD + v, b);
      } else {
        const c = lane<T>(at + 2 * stride, step, left - 2 * stride), d = lane<T>(at + 3 * stride, step, left - 3 * stride);
        const low = SUM + 2 * v;
        addPair<T>(low, f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(c)));
        addPair<T>(low + ODD, f64x2.add(f64x2.promote_low_f32x4(b), f64x2.promote_low_f32x4(d)));
        addPair<T>(low + 16, f64x2.add(upper(a), upper(c)));
        addPair<T>(low + 16 + ODD, f64x2.add(upper(b), upper(d)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function upper(a: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 0));
}
