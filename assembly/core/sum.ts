// Sums. Their order is fixed by the length of the row alone, so a row's bits do not depend on the kernel, its batch, its place in memory
// or a chunk: of every 16 float32 (8 float64, in rows only) the four vectors are added as (v0 + v1) + (v2 + v3); the lanes of the result go on in two
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
  for (let at: usize = 0; at < 2 * ODD; at += 16) v128.store(SUM + at, zero);
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

/** As sumRow for float32, but everything in float64, eight elements at a time: for rows where the rounding of one strip shows. */
export function sumRowExactly(y: usize, bytes: usize): void {
  let sum = v128.load(SUM);
  for (const end = y + bytes; y < end; y += 32) sum = f64x2.add(sum, f64x2.add(halves(v128.load(y)), halves(v128.load(y, 16))));
  v128.store(SUM, sum);
}

/** Row kernels: SUM, both halves. */
export function totalOfRow(): f64 {
  const sum = load<f64>(SUM) + load<f64>(SUM, 8);
  return isFinite(sum) ? sum + (load<f64>(SUM_ERROR) + load<f64>(SUM_ERROR, 8)) : sum;
}

/**
 * An exact sum of float32 with ERROR, what rounding took from the largest entry, where that entry is more than half of it; but a row with no other entry, or
 * with nothing but equal ones, has the right quotients as it is. The result may be less than that entry: its share is then above 1, and has to be cut.
 */
export function withError(sum: f64): f64 {
  const largest = <f64>load<f32>(ROUNDED_MAX);
  return sum == largest || sum >= 2 * largest ? sum : sum + <f64>load<f32>(ERROR);
}

/** The same for two rows of a strip. */
// @ts-ignore: decorator
@inline
export function withErrors(sum: v128, pair: usize): v128 {
  const largest = loadPair<f32>(ROUNDED_MAX, pair);
  const asIs = v128.or(f64x2.eq(sum, largest), f64x2.ge(sum, f64x2.add(largest, largest)));
  return f64x2.add(sum, v128.andnot(loadPair<f32>(ERROR, pair), asIs));
}

/** Strip kernels: SUM of two rows, both halves. */
// @ts-ignore: decorator
@inline
export function totalOfPair(pair: usize): v128 {
  const sum = SUM + (pair << 4);
  return f64x2.add(v128.load(sum), v128.load(sum + ODD));
}

// The strip kernels sum a PACK, where every element of the rows has a strip. Elements that are missing to the last group are 0.

/** Strip kernels: SUM += Σ over `count` elements of every row. Overwrites what follows them, up to a multiple of 16. */
export function sumStrips(pack: usize, count: usize, exact: bool): void {
  const group: usize = exact ? 8 : 16;
  const size = (count + group - 1) & ~(group - 1);
  const zero = f64x2.splat(0);
  for (let at = pack + count * STRIP, end = pack + size * STRIP; at < end; at += STRIP) {
    v128.store(at, zero); v128.store(at, zero, 16); v128.store(at, zero, 32); v128.store(at, zero, 48);
  }
  for (let v: usize = 0; v < STRIP; v += 16) {
    if (exact) sumVectorExactly(v, pack + v, size);
    else sumVector(v, pack + v, size);
  }
}

/** One of every four of sixteen elements: what the row kernel has in one lane. */
// @ts-ignore: decorator
@inline
function quarter(p: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(p), v128.load(p, 4 * STRIP)), f32x4.add(v128.load(p, 8 * STRIP), v128.load(p, 12 * STRIP)));
}

/** Four elements of four rows, in float64, to the sums at `at`. */
// @ts-ignore: decorator
@inline
function addGroup(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.add(lower(a), lower(c))));
  v128.store(at, f64x2.add(v128.load(at, 16), f64x2.add(upper(a), upper(c))), 16);
  v128.store(at, f64x2.add(v128.load(at, ODD), f64x2.add(lower(b), lower(d))), ODD);
  v128.store(at, f64x2.add(v128.load(at, ODD + 16), f64x2.add(upper(b), upper(d))), ODD + 16);
}

function sumVector(v: usize, p: usize, size: usize): void {
  for (const end = p + size * STRIP; p < end; p += 16 * STRIP) {
    addGroup(SUM + 2 * v, quarter(p), quarter(p + STRIP), quarter(p + 2 * STRIP), quarter(p + 3 * STRIP));
  }
}

function sumVectorExactly(v: usize, p: usize, size: usize): void {
  const at = SUM + 2 * v;
  let even = v128.load(at), evenUpper = v128.load(at, 16), odd = v128.load(at, ODD), oddUpper = v128.load(at, ODD + 16);
  for (const end = p + size * STRIP; p < end; p += 8 * STRIP) {
    const a = v128.load(p), b = v128.load(p, STRIP), c = v128.load(p, 2 * STRIP), d = v128.load(p, 3 * STRIP);
    const e = v128.load(p, 4 * STRIP), f = v128.load(p, 5 * STRIP), g = v128.load(p, 6 * STRIP), h = v128.load(p, 7 * STRIP);
    even = f64x2.add(even, f64x2.add(f64x2.add(lower(a), lower(c)), f64x2.add(lower(e), lower(g))));
    odd = f64x2.add(odd, f64x2.add(f64x2.add(lower(b), lower(d)), f64x2.add(lower(f), lower(h))));
    evenUpper = f64x2.add(evenUpper, f64x2.add(f64x2.add(upper(a), upper(c)), f64x2.add(upper(e), upper(g))));
    oddUpper = f64x2.add(oddUpper, f64x2.add(f64x2.add(upper(b), upper(d)), f64x2.add(upper(f), upper(h))));
  }
  v128.store(at, even);
  v128.store(at, evenUpper, 16);
  v128.store(at, odd, ODD);
  v128.store(at, oddUpper, ODD + 16);
}
