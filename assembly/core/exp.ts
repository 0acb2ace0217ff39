// e^x for softmax: y = 2^HEADROOM · e^(x − c), where c is near the row maximum and chosen so that x − c costs no rounding.
//
//   e^x = 2^n · e^r,  n = nearest(x / ln 2),  r = x − n · ln 2,  |r| ≤ ln 2 / 2.
//
// Near rows, |max| < NEAR: c = N · ln 2 with N = nearest(max / ln 2), so nothing is subtracted; the scale becomes 2^(n − N).
//   Only x in [max − 122, max] counts (see FLOOR), so |x| ≤ 330 and |n| ≤ 477 needs 9 bits. LN2_HI has
//   15, hence n · hi is exact in 24; x − n · hi is exact because it is a multiple of ulp(x) or of 2⁻¹⁵ and at most 0.35
//   (Sterbenz; Cody & Waite 1980). Only n · lo rounds, at 2⁻³². Fused or not, r is the same.
// Far rows: c = max. Every x that counts lies within a factor of two of max, so x − max is exact (Sterbenz), and N = 0; just above 208,
//   where x may be a little less than max / 2, x − max is a multiple of ulp(x) and below 2²⁴ of them.
//   In float64 the same with 763, 1492, 12 bits and 40.
// MAGIC = 1.5 · 2^mantissa + bias + HEADROOM − N. Adding it to x / ln 2 rounds to n, and leaves n − N + bias + HEADROOM in the
//   low bits: shifted up, they are the scale 2^(n − N + HEADROOM). So N costs no instruction.
// HEADROOM = 48 (77): everything down to half the smallest subnormal stays normal here, and the last multiplication, by
//   1 / Σ, rounds into the subnormals as IEEE 754 does. Half of it would do for that; the rest is for log Σ, where 2²⁴ entries that
//   are nothing each may still add up to something.
// FLOOR = (N − bias − HEADROOM) · ln 2, where the exponent field is 0: below it, −∞ included, y is an exact +0.
// NaN in, NaN out: pmax(x, FLOOR) keeps x when the comparison fails. max = ±∞ makes c = ±∞ and y NaN, as it should.
// e^r = 1 + r + r² q(r): q from tools/coefficients.mjs; 1 and r are exact, so the rounding of q hardly shows.

import {
  EXP_F32_C2, EXP_F32_C3, EXP_F32_C4, EXP_F32_C5, EXP_F32_C6, F32_LN2_HI, F32_LN2_LO, F32_LOG2E,
  EXP_F64_C2, EXP_F64_C3, EXP_F64_C4, EXP_F64_C5, EXP_F64_C6, EXP_F64_C7, EXP_F64_C8, EXP_F64_C9, EXP_F64_C10, EXP_F64_C11,
  F64_LN2_HI, F64_LN2_LO, F64_LOG2E,
} from "./constants";
import { madd, nmadd } from "./lanes";
import { ERROR, FLOOR, MAGIC, MAX, ROUNDED_MAX, SHIFT, SIGN, STRIP, SUM } from "./scratch";
import { addStrip } from "./sum";

/** 2^HEADROOM. */
// @ts-ignore: decorator
@inline
export function headroom<T>(): f64 {
  return sizeof<T>() == 4 ? 281474976710656.0 : 1.5111572745182865e23; // 2⁴⁸, 2⁷⁷
}

/** Bias of the exponent plus HEADROOM. */
// @ts-ignore: decorator
@inline
export function exponentOffset<T>(): f64 {
  return sizeof<T>() == 4 ? 127 + 48 : 1023 + 77;
}

/** MAGIC for N = 0. */
// @ts-ignore: decorator
@inline
export function magicBase<T>(): T {
  return sizeof<T>() == 4 ? <T>(12582912 + exponentOffset<T>()) : <T>(6755399441055744 + exponentOffset<T>());
}

/** Row maxima of at least this size are subtracted; smaller ones are not. */
// @ts-ignore: decorator
@inline
function isFar<T>(max: v128): v128 {
  return v128.ge<T>(v128.abs<T>(max), v128.splat<T>(sizeof<T>() == 4 ? <T>208 : <T>1492));
}

/** From MAX, for the first `vectors` of a strip: MAGIC, FLOOR and SHIFT; and SIGN. True where a lane is far. */
export function prepare<T>(vectors: usize): bool {
  const log2e = sizeof<T>() == 4 ? v128.load32_splat(F32_LOG2E) : v128.load64_splat(F64_LOG2E);
  let anyFar = false;
  v128.store(SIGN, i32x4.splat(0));
  for (let v: usize = 0; v < vectors << 4; v += 16) {
    const max = v128.load(MAX + v);
    const far = isFar<T>(max);
    const n = v128.nearest<T>(v128.mul<T>(v128.andnot(max, far), log2e));
    v128.store(MAGIC + v, v128.sub<T>(v128.splat<T>(magicBase<T>()), n));
    v128.store(FLOOR + v, v128.mul<T>(v128.sub<T>(n, v128.splat<T>(<T>exponentOffset<T>())), v128.splat<T>(<T>0.6931471805599453)));
    v128.store(SHIFT + v, v128.and(max, far));
    anyFar = anyFar || v128.any_true(far);
  }
  return anyFar;
}

/** q(r) of one float64 vector. Estrin: shorter chains, and the constants are loaded where they are used. */
// @ts-ignore: decorator
@inline
function polynomialF64(r: v128, rr: v128): v128 {
  const a = madd<f64>(v128.load64_splat(EXP_F64_C3), r, v128.load64_splat(EXP_F64_C2));
  const b = madd<f64>(v128.load64_splat(EXP_F64_C5), r, v128.load64_splat(EXP_F64_C4));
  const c = madd<f64>(v128.load64_splat(EXP_F64_C7), r, v128.load64_splat(EXP_F64_C6));
  const d = madd<f64>(v128.load64_splat(EXP_F64_C9), r, v128.load64_splat(EXP_F64_C8));
  const e = madd<f64>(v128.load64_splat(EXP_F64_C11), r, v128.load64_splat(EXP_F64_C10));
  const r4 = f64x2.mul(rr, rr);
  return madd<f64>(r4, madd<f64>(r4, e, madd<f64>(d, rr, c)), madd<f64>(b, rr, a));
}

/** q(r) of one vector. */
// @ts-ignore: decorator
@inline
function polynomial<T>(r: v128, rr: v128): v128 {
  if (sizeof<T>() == 8) return polynomialF64(r, rr);
  const a = madd<f32>(v128.load32_splat(EXP_F32_C3), r, v128.load32_splat(EXP_F32_C2));
  const b = madd<f32>(v128.load32_splat(EXP_F32_C5), r, v128.load32_splat(EXP_F32_C4));
  return madd<f32>(rr, madd<f32>(v128.load32_splat(EXP_F32_C6), rr, b), a);
}

/** 2^HEADROOM · e^(x + low − c) of one vector, for everything but the float32 loop below. Without `hasLow`, low is not looked at. */
// @ts-ignore: decorator
@inline
export function expVector<T>(x: v128, hasLow: bool, low: v128, magic: v128, floor: v128): v128 {
  const wide = sizeof<T>() == 8;
  const log2e = wide ? v128.load64_splat(F64_LOG2E) : v128.load32_splat(F32_LOG2E);
  const hi = wide ? v128.load64_splat(F64_LN2_HI) : v128.load32_splat(F32_LN2_HI);
  const lo = wide ? v128.load64_splat(F64_LN2_LO) : v128.load32_splat(F32_LN2_LO);
  x = v128.pmax<T>(x, floor);
  const t = madd<T>(hasLow ? v128.add<T>(x, low) : x, log2e, magic);
  const n = v128.sub<T>(t, magic);
  const high = nmadd<T>(n, hi, x);
  const r = hasLow ? v128.add<T>(high, nmadd<T>(n, lo, low)) : nmadd<T>(n, lo, high);
  const rr = v128.mul<T>(r, r);
  const p = madd<T>(rr, polynomial<T>(r, rr), r);
  const s = wide ? i64x2.shl(t, 52) : i32x4.shl(t, 23);
  return madd<T>(s, p, s);
}

/**
 * ROUNDED_MAX = y of the loops below where x is the maximum, and ERROR = exact minus that, for the first `vectors` of a strip; after prepare.
 * What each step loses, by FastTwoSum (Dekker 1971), in the order of the steps.
 */
export function prepareError<T>(vectors: usize): void {
  for (let v: usize = 0; v < vectors << 4; v += 16) measureMax<T>(v);
}

// @ts-ignore: decorator
@inline
function measureMax<T>(v: usize): void {
  const wide = sizeof<T>() == 8;
  const hi = wide ? v128.load64_splat(F64_LN2_HI) : v128.load32_splat(F32_LN2_HI);
  const lo = wide ? v128.load64_splat(F64_LN2_LO) : v128.load32_splat(F32_LN2_LO);
  const magic = v128.load(MAGIC + v);
  const x = v128.sub<T>(v128.load(MAX + v), v128.load(SHIFT + v));
  const t = madd<T>(x, wide ? v128.load64_splat(F64_LOG2E) : v128.load32_splat(F32_LOG2E), magic);
  const n = v128.sub<T>(t, magic);
  const high = nmadd<T>(n, hi, x);
  const r = nmadd<T>(n, lo, high);
  const lostR = v128.sub<T>(v128.sub<T>(high, r), v128.mul<T>(n, lo));
  const rr = v128.mul<T>(r, r);
  const q = wide ? polynomialF64(r, rr) : polynomialHorner(r);
  const p = madd<T>(rr, q, r);
  const lostP = v128.sub<T>(v128.mul<T>(rr, q), v128.sub<T>(p, r));
  const one = v128.splat<T>(1);
  const e = v128.add<T>(one, p);
  const lostE = v128.sub<T>(p, v128.sub<T>(e, one));
  const s = wide ? i64x2.shl(t, 52) : i32x4.shl(t, 23);
  v128.store(ROUNDED_MAX + v, v128.mul<T>(s, e));
  v128.store(ERROR + v, v128.mul<T>(s, v128.add<T>(v128.add<T>(lostE, lostP), v128.mul<T>(lostR, e))));
}

/** q(r) as the float32 loop evaluates it. */
// @ts-ignore: decorator
@inline
function polynomialHorner(r: v128): v128 {
  const a = madd<f32>(v128.load32_splat(EXP_F32_C6), r, v128.load32_splat(EXP_F32_C5));
  const b = madd<f32>(madd<f32>(a, r, v128.load32_splat(EXP_F32_C4)), r, v128.load32_splat(EXP_F32_C3));
  return madd<f32>(b, r, v128.load32_splat(EXP_F32_C2));
}

/**
 * The float32 loop. Four vectors side by side with Horner: within 5 % of the best form on V8 11, 12 and 14, in both builds.
 * @param strips rows in lanes: every vector has its own MAGIC, FLOOR and SHIFT, and the sum is left to the caller; else SUM += Σ y
 */
// @ts-ignore: decorator
@inline
function expLoop(strips: bool, x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  const log2e = v128.load32_splat(F32_LOG2E), hi = v128.load32_splat(F32_LN2_HI), lo = v128.load32_splat(F32_LN2_LO);
  const c2 = v128.load32_splat(EXP_F32_C2), c3 = v128.load32_splat(EXP_F32_C3), c4 = v128.load32_splat(EXP_F32_C4);
  const c5 = v128.load32_splat(EXP_F32_C5), c6 = v128.load32_splat(EXP_F32_C6);
  const m0 = v128.load(MAGIC), f0 = v128.load(FLOOR);
  let sum = v128.load(SUM);
  for (const end = x + count * xStride; x < end; x += xStride, y += yStride) {
    let x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    let m1 = m0, m2 = m0, m3 = m0, f1 = f0, f2 = f0, f3 = f0;
    if (strips) {
      m1 = v128.load(MAGIC, 16); m2 = v128.load(MAGIC, 32); m3 = v128.load(MAGIC, 48);
      f1 = v128.load(FLOOR, 16); f2 = v128.load(FLOOR, 32); f3 = v128.load(FLOOR, 48);
      x0 = f32x4.sub(x0, v128.load(SHIFT)); x1 = f32x4.sub(x1, v128.load(SHIFT, 16));
      x2 = f32x4.sub(x2, v128.load(SHIFT, 32)); x3 = f32x4.sub(x3, v128.load(SHIFT, 48));
    }
    x0 = f32x4.pmax(x0, f0); x1 = f32x4.pmax(x1, f1); x2 = f32x4.pmax(x2, f2); x3 = f32x4.pmax(x3, f3);
    const t0 = madd<f32>(x0, log2e, m0), t1 = madd<f32>(x1, log2e, m1), t2 = madd<f32>(x2, log2e, m2), t3 = madd<f32>(x3, log2e, m3);
    const n0 = f32x4.sub(t0, m0), n1 = f32x4.sub(t1, m1), n2 = f32x4.sub(t2, m2), n3 = f32x4.sub(t3, m3);
    x0 = nmadd<f32>(n0, hi, x0); x1 = nmadd<f32>(n1, hi, x1); x2 = nmadd<f32>(n2, hi, x2); x3 = nmadd<f32>(n3, hi, x3);
    x0 = nmadd<f32>(n0, lo, x0); x1 = nmadd<f32>(n1, lo, x1); x2 = nmadd<f32>(n2, lo, x2); x3 = nmadd<f32>(n3, lo, x3);
    let q0 = madd<f32>(c6, x0, c5), q1 = madd<f32>(c6, x1, c5), q2 = madd<f32>(c6, x2, c5), q3 = madd<f32>(c6, x3, c5);
    q0 = madd<f32>(q0, x0, c4); q1 = madd<f32>(q1, x1, c4); q2 = madd<f32>(q2, x2, c4); q3 = madd<f32>(q3, x3, c4);
    q0 = madd<f32>(q0, x0, c3); q1 = madd<f32>(q1, x1, c3); q2 = madd<f32>(q2, x2, c3); q3 = madd<f32>(q3, x3, c3);
    q0 = madd<f32>(q0, x0, c2); q1 = madd<f32>(q1, x1, c2); q2 = madd<f32>(q2, x2, c2); q3 = madd<f32>(q3, x3, c2);
    q0 = madd<f32>(f32x4.mul(x0, x0), q0, x0); q1 = madd<f32>(f32x4.mul(x1, x1), q1, x1);
    q2 = madd<f32>(f32x4.mul(x2, x2), q2, x2); q3 = madd<f32>(f32x4.mul(x3, x3), q3, x3);
    const s0 = i32x4.shl(t0, 23), s1 = i32x4.shl(t1, 23), s2 = i32x4.shl(t2, 23), s3 = i32x4.shl(t3, 23);
    q0 = madd<f32>(s0, q0, s0); q1 = madd<f32>(s1, q1, s1); q2 = madd<f32>(s2, q2, s2); q3 = madd<f32>(s3, q3, s3);
    v128.store(y, q0); v128.store(y, q1, 16); v128.store(y, q2, 32); v128.store(y, q3, 48);
    if (!strips) sum = addStrip(sum, q0, q1, q2, q3);
  }
  if (!strips) v128.store(SUM, sum);
}

/** Strips of a near float32 row: y = e^x, SUM += Σ y. With a yStride of 0 only the sum is of use. */
export function expNearRow(x: usize, y: usize, yStride: usize, strips: usize): void {
  expLoop(false, x, STRIP, y, yStride, strips);
}

function expStripsF32(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  expLoop(true, x, xStride, y, yStride, count);
}

/** The float64 loop, one vector after the other. */
function expStripsF64(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  for (const end = x + count * xStride; x < end; x += xStride, y += yStride) {
    for (let v: usize = 0; v < STRIP; v += 16) {
      const value = f64x2.sub(v128.load(x + v), v128.load(SHIFT + v));
      v128.store(y + v, expVector<f64>(value, false, value, v128.load(MAGIC + v), v128.load(FLOOR + v)));
    }
  }
}

/** y = e^x over `count` strips, rows or rows in lanes, near or far. */
export function expStrips<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  if (sizeof<T>() == 4) expStripsF32(x, xStride, y, yStride, count);
  else expStripsF64(x, xStride, y, yStride, count);
}
