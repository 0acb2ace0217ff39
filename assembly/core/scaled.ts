// e^(scale · (x − max)), for temperature, base and softmin: as exact as the unscaled form, at about twice its price.
//
// z = scale · (x − max) is built in two parts, high + low, so that the rounding of neither the difference nor the product reaches e^z:
//   d + e = x − max exactly (TwoSum, Knuth), d cut to half its digits, the factor cut to half its digits in advance: their product
//   is exact (Veltkamp, Dekker). What remains is 2⁻¹² (2⁻²⁶) of z and its rounding does not show.
// The shift comes before the scale, so x / T cannot overflow. A power of two, ½ or that of |scale| if smaller, is applied to x and max
//   first (PRE), where it is exact, so that no step of the difference can overflow.
// Entries below CUT = max − 122 / |scale| (764 in float64) are set to 0 by a mask: for them, −∞ included, z would be a NaN or too large.
//   CUT is rounded to the element type; rounding is monotone, so no entry above the exact bound is ever cut. FLOOR takes those between.

import { expVector, exponentOffset, headroom, magicBase } from "./exp";
import { madd } from "./lanes";
import { CUT, ERROR, FACTOR, FACTOR_HI, FACTOR_LO, FLOOR, MAGIC, MAX, MAX_PRE, PRE, ROUNDED_MAX, SIGN, STRIP } from "./scratch";

/** |scale|, 0 where it stands for T = ∞. */
export function sizeOf(scale: f64): f64 {
  return Math.abs(scale) <= 5e-324 ? 0 : Math.abs(scale);
}

/** Sets SIGN, PRE and FACTOR from `scale`: once per call. */
export function prepareScale<T>(scale: f64): void {
  const wide = sizeof<T>() == 8;
  const size = sizeOf(scale);
  const exponent = min<i64>(max<i64>(<i64>(reinterpret<u64>(size) >> 52) - 1023, wide ? -1022 : -126), -1);
  const pre = reinterpret<f64>((exponent + 1023) << 52);
  const factor = wide ? size / pre : min<f64>(size / pre, 1.7e38);
  const high = wide
    ? reinterpret<f64>(reinterpret<u64>(factor) & ~0x7FFFFFF)
    : <f64>reinterpret<f32>(reinterpret<u32>(<f32>factor) & ~0xFFF);
  const sign: T = scale < 0 ? <T>-0.0 : <T>0;
  v128.store(SIGN, v128.splat<T>(sign));
  v128.store(PRE, v128.splat<T>(<T>pre));
  v128.store(FACTOR, v128.splat<T>(<T>factor));
  v128.store(FACTOR_HI, v128.splat<T>(<T>high));
  v128.store(FACTOR_LO, v128.splat<T>(<T>(factor - high)));
}

/** From MAX, for the first `vectors` of a strip: what expScaled needs. */
export function prepareScaled<T>(vectors: usize, scale: f64): void {
  const width = v128.splat<T>(<T>(sizeof<T>() == 4 ? 122.0 / sizeOf(scale) : 764.0 / sizeOf(scale)));
  const lowest = v128.splat<T>(sizeof<T>() == 4 ? <T>-f32.MAX_VALUE : <T>-f64.MAX_VALUE);
  for (let v: usize = 0; v < vectors << 4; v += 16) {
    const max = v128.load(MAX + v);
    v128.store(MAX_PRE + v, v128.mul<T>(max, v128.load(PRE)));
    v128.store(CUT + v, v128.pmax<T>(lowest, v128.sub<T>(max, width)));
    v128.store(MAGIC + v, v128.splat<T>(magicBase<T>()));
    v128.store(FLOOR + v, v128.splat<T>(<T>(exponentOffset<T>() * -0.6931471805599453)));
    v128.store(ROUNDED_MAX + v, v128.splat<T>(<T>headroom<T>())); // at the maximum z is 0 and e^z exact
    v128.store(ERROR + v, v128.splat<T>(0));
  }
}

/** The exact part of z, and the rest: `high` of |scale| · (x − max), x after the sign. */
// @ts-ignore: decorator
@inline
function headOf<T>(d: v128): v128 {
  return v128.and(d, sizeof<T>() == 4 ? i32x4.splat(~0xFFF) : i64x2.splat(~0x7FFFFFF));
}

// @ts-ignore: decorator
@inline
export function differenceHigh<T>(d: v128): v128 {
  return v128.mul<T>(headOf<T>(d), v128.load(FACTOR_HI));
}

// @ts-ignore: decorator
@inline
export function differenceLow<T>(x: v128, maxPre: v128, d: v128): v128 {
  const back = v128.sub<T>(d, x);
  const error = v128.sub<T>(v128.sub<T>(x, v128.sub<T>(d, back)), v128.add<T>(maxPre, back));
  const head = headOf<T>(d);
  const rest = v128.add<T>(v128.sub<T>(d, head), error);
  return madd<T>(head, v128.load(FACTOR_LO), v128.mul<T>(rest, v128.load(FACTOR)));
}

/** y = e^z over `count` strips. */
export function expScaled<T>(x: usize, xStride: usize, y: usize, yStride: usize, count: usize): void {
  const sign = v128.load(SIGN), pre = v128.load(PRE);
  for (const end = x + count * xStride; x < end; x += xStride, y += yStride) {
    for (let v: usize = 0; v < STRIP; v += 16) {
      const value = v128.xor(v128.load(x + v), sign);
      const maxPre = v128.load(MAX_PRE + v);
      const scaled = v128.mul<T>(value, pre);
      const d = v128.sub<T>(scaled, maxPre);
      const e = expVector<T>(differenceHigh<T>(d), true, differenceLow<T>(scaled, maxPre, d), v128.load(MAGIC + v), v128.load(FLOOR + v));
      v128.store(y + v, v128.andnot(e, v128.lt<T>(value, v128.load(CUT + v))));
    }
  }
}
