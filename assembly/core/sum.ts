// Sums. Their order is fixed by the length of the row alone, so a row's bits do not depend on the kernel, its batch, its place in memory
// or a chunk: of every 16 float32 (8 float64) the four vectors are added as (v0 + v1) + (v2 + v3); the lanes of the result go on in two
// float64 sums, even and odd lanes; a partial strip at the end of a row is filled up with zeros. So a float32 meets two roundings in
// its own type and the rest in float64: below 2⁻²⁴ in all, at any length. float64 sums keep what each addition loses (TwoSum, Knuth).

import { loadPair } from "./lanes";
import { ERROR, LOST, ODD, ROUNDED_MAX, STRIP, SUM, SUM_ERROR } from "./scratch";

/** sum + the four vectors of a float32 strip; sum holds the even and the odd half. */
// @ts-ignore: decorator
@inline
export function addStrip(sum: v128, v0: v128, v1: v128, v2: v128, v3: v128): v128 {
  return f64x2.add(sum, halves(f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3))));
}

// @ts-ignore: decorator
@inline
function lower(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0));
}

/** The even and the odd half of a float32 vector's sum, exact in float64. */
// @ts-ignore: decorator
@inline
function halves(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), upper(v));
}

/** What rounding takes from a + b = total. */
// @ts-ignore: decorator
@inline
function lostIn(total: v128, a: v128, b: v128): v128 {
  const back = f64x2.sub(total, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(total, back)), f64x2.sub(b, back));
}

/** The four vectors of a float64 strip, and LOST. */
// @ts-ignore: decorator
@inline
function addExactly(v0: v128, v1: v128, v2: v128, v3: v128): v128 {
  const a = f64x2.add(v0, v1), b = f64x2.add(v2, v3), total = f64x2.add(a, b);
  v128.store(LOST, f64x2.add(f64x2.add(lostIn(a, v0, v1), lostIn(b, v2, v3)), lostIn(total, a, b)));
  return total;
}

/** SUM of a row is 0. */
export function clearSum(): void {
  const zero = f64x2.splat(0);
  v128.store(SUM, zero);
  v128.store(SUM_ERROR, zero);
}

/** SUM of all rows of a strip is 0. */
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
      const part = addExactly(v0, v1, v2, v3);
      const total = f64x2.add(sum, part);
      error = f64x2.add(error, f64x2.add(v128.load(LOST), lostIn(total, sum, part)));
      sum = total;
    }
  }
  v128.store(SUM, sum);
  v128.store(SUM_ERROR, error);
}

/** As sumRow for float32, but everything in float64: for rows where the rounding of one strip shows. */
export function sumRowExactly(y: usize, bytes: usize): void {
  let sum = v128.load(SUM);
  const end = y + bytes;
  for (; y + 16 < end; y += 32) sum = f64x2.add(sum, f64x2.add(halves(v128.load(y)), halves(v128.load(y, 16))));
  if (y < end) sum = f64x2.add(sum, halves(v128.load(y)));
  v128.store(SUM, sum);
}

/** Row kernels: SUM, both halves. */
export function totalOfRow(): f64 {
  return (load<f64>(SUM) + load<f64>(SUM, 8)) + (load<f64>(SUM_ERROR) + load<f64>(SUM_ERROR, 8));
}

/** An exact sum with ERROR, what rounding took from the largest entry. A row with no other entry has 1 as it is, and keeps it. */
export function withError<T>(sum: f64): f64 {
  return sum == <f64>load<T>(ROUNDED_MAX) ? sum : sum + <f64>load<T>(ERROR);
}

/** The same for two rows of a strip. */
// @ts-ignore: decorator
@inline
export function withErrors<T>(sum: v128, pair: usize): v128 {
  return f64x2.add(sum, v128.andnot(loadPair<T>(ERROR, pair), f64x2.eq(sum, loadPair<T>(ROUNDED_MAX, pair))));
}

/** Strip kernels: SUM of two rows, both halves. */
// @ts-ignore: decorator
@inline
export function totalOfPair(pair: usize): v128 {
  const sum = SUM + (pair << 4), error = SUM_ERROR + (pair << 4);
  return f64x2.add(f64x2.add(v128.load(sum), v128.load(sum + ODD)), f64x2.add(v128.load(error), v128.load(error + ODD)));
}

/** What the row kernel has in one lane of a strip, for the rows of one vector: every fourth of `left` elements, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function lane(y: usize, step: usize, left: isize): v128 {
  if (left <= 0) return f32x4.splat(0);
  let sum = v128.load(y);
  if (left > 4) sum = f32x4.add(sum, v128.load(y + step));
  if (left > 8) {
    let second = v128.load(y + 2 * step);
    if (left > 12) second = f32x4.add(second, v128.load(y + 3 * step));
    sum = f32x4.add(sum, second);
  }
  return sum;
}

/** Strip kernels: SUM += Σ y over `count` elements of every row, each element `stride` bytes after the one before. */
export function sumStrips<T>(y: usize, stride: usize, count: usize): void {
  if (sizeof<T>() == 4) sumStripsF32(y, stride, count);
  else sumStripsF64(y, stride, count);
}

function sumStripsF32(y: usize, stride: usize, count: usize): void {
  const step: usize = 4 * stride;
  for (let v: usize = 0; v < STRIP; v += 16) {
    const at = SUM + 2 * v;
    let even = v128.load(at), evenUpper = v128.load(at, 16), odd = v128.load(at, ODD), oddUpper = v128.load(at, ODD + 16);
    let p = y + v;
    for (let left = <isize>count; left > 0; left -= 16, p += 4 * step) {
      const a = lane(p, step, left), b = lane(p + stride, step, left - 1);
      const c = lane(p + 2 * stride, step, left - 2), d = lane(p + 3 * stride, step, left - 3);
      even = f64x2.add(even, f64x2.add(lower(a), lower(c)));
      odd = f64x2.add(odd, f64x2.add(lower(b), lower(d)));
      evenUpper = f64x2.add(evenUpper, f64x2.add(upper(a), upper(c)));
      oddUpper = f64x2.add(oddUpper, f64x2.add(upper(b), upper(d)));
    }
    v128.store(at, even);
    v128.store(at, evenUpper, 16);
    v128.store(at, odd, ODD);
    v128.store(at, oddUpper, ODD + 16);
  }
}

/** As sumStrips for float32, in the order of sumRowExactly; a whole row, or blocks of it that are multiples of 8 but for the last. */
export function sumStripsExactly(y: usize, stride: usize, count: usize): void {
  const none = f32x4.splat(0);
  for (let v: usize = 0; v < STRIP; v += 16) {
    const at = SUM + 2 * v;
    let even = v128.load(at), evenUpper = v128.load(at, 16), odd = v128.load(at, ODD), oddUpper = v128.load(at, ODD + 16);
    let p = y + v, i: usize = 0;
    for (; i + 8 <= count; i += 8) {
      const a = v128.load(p), b = v128.load(p + stride), c = v128.load(p + 2 * stride), d = v128.load(p + 3 * stride);
      p += 4 * stride;
      const e = v128.load(p), f = v128.load(p + stride), g = v128.load(p + 2 * stride), h = v128.load(p + 3 * stride);
      p += 4 * stride;
      even = f64x2.add(even, f64x2.add(f64x2.add(lower(a), lower(c)), f64x2.add(lower(e), lower(g))));
      odd = f64x2.add(odd, f64x2.add(f64x2.add(lower(b), lower(d)), f64x2.add(lower(f), lower(h))));
      evenUpper = f64x2.add(evenUpper, f64x2.add(f64x2.add(upper(a), upper(c)), f64x2.add(upper(e), upper(g))));
      oddUpper = f64x2.add(oddUpper, f64x2.add(f64x2.add(upper(b), upper(d)), f64x2.add(upper(f), upper(h))));
    }
    if (i < count) {
      const a = v128.load(p);
      const b = i + 1 < count ? v128.load(p + stride) : none;
      const c = i + 2 < count ? v128.load(p + 2 * stride) : none;
      const d = i + 3 < count ? v128.load(p + 3 * stride) : none;
      let ac = f64x2.add(lower(a), lower(c)), bd = f64x2.add(lower(b), lower(d));
      let acUpper = f64x2.add(upper(a), upper(c)), bdUpper = f64x2.add(upper(b), upper(d));
      if (i + 4 < count) {
        p += 4 * stride;
        const e = v128.load(p);
        const f = i + 5 < count ? v128.load(p + stride) : none;
        const g = i + 6 < count ? v128.load(p + 2 * stride) : none;
        ac = f64x2.add(ac, f64x2.add(lower(e), lower(g)));
        bd = f64x2.add(bd, lower(f));
        acUpper = f64x2.add(acUpper, f64x2.add(upper(e), upper(g)));
        bdUpper = f64x2.add(bdUpper, upper(f));
      }
      even = f64x2.add(even, ac);
      odd = f64x2.add(odd, bd);
      evenUpper = f64x2.add(evenUpper, acUpper);
      oddUpper = f64x2.add(oddUpper, bdUpper);
    }
    v128.store(at, even);
    v128.store(at, evenUpper, 16);
    v128.store(at, odd, ODD);
    v128.store(at, oddUpper, ODD + 16);
  }
}

/** As `lane`, every second of `left` elements, and LOST. */
// @ts-ignore: decorator
@inline
function laneF64(y: usize, step: usize, left: isize): v128 {
  const none = f64x2.splat(0);
  return addExactly(
    left > 0 ? v128.load(y) : none,
    left > 2 ? v128.load(y + step) : none,
    left > 4 ? v128.load(y + 2 * step) : none,
    left > 6 ? v128.load(y + 3 * step) : none);
}

function sumStripsF64(y: usize, stride: usize, count: usize): void {
  const step: usize = 2 * stride;
  for (let v: usize = 0; v < STRIP; v += 16) {
    let p = y + v;
    let even = v128.load(SUM + v), evenError = v128.load(SUM_ERROR + v);
    let odd = v128.load(SUM + v, ODD), oddError = v128.load(SUM_ERROR + v, ODD);
    for (let left = <isize>count; left > 0; left -= 8, p += 4 * step) {
      const a = laneF64(p, step, left);
      const total = f64x2.add(even, a);
      evenError = f64x2.add(evenError, f64x2.add(v128.load(LOST), lostIn(total, even, a)));
      const b = laneF64(p + stride, step, left - 1);
      const oddTotal = f64x2.add(odd, b);
      oddError = f64x2.add(oddError, f64x2.add(v128.load(LOST), lostIn(oddTotal, odd, b)));
      even = total;
      odd = oddTotal;
    }
    v128.store(SUM + v, even);
    v128.store(SUM + v, odd, ODD);
    v128.store(SUM_ERROR + v, evenError);
    v128.store(SUM_ERROR + v, oddError, ODD);
  }
}
