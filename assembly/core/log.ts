// log s of a row from its parts, in float64, two rows at a time.
//
// s = Σ e^(x − max) = count + others / e^(max − c). Where the entries equal to the maximum are left out, they count 1 each and exactly, so the error
// of e^x touches only the others, and where one entry dominates, log s = log1p(s − 1) keeps its relative accuracy. Else count is 0.

import { LOG_F64_L1, LOG_F64_L2, LOG_F64_L3, LOG_F64_L4, LOG_F64_L5, LOG_F64_L6, LOG_F64_L7, F64_LN2_HI, F64_LN2_LO } from "./constants";
import { prepare, prepareError } from "./exp";
import { loadPair, madd } from "./lanes";
import { expBlock, settleOthers, storeStrip } from "./rows";
import { prepareScale, prepareScaled } from "./scaled";
import { COUNT, ERROR, LOG_SUM, MAX, PACK_B, PACK_C, ROUNDED_MAX, SUM } from "./scratch";
import { clearSum, totalOfRow } from "./sum";

/**
 * Two float64 t at `at` become log(1 + t), t ≥ 0, relative error below 1 ulp. Reduction: u = 1 + t = 2^k · (1 + f), √½ ≤ 1 + f < √2, with what rounding took from u
 * added as c / u. Form of the sum: FreeBSD msun's s_log1p.c (Sun Microsystems 1993). NaN in, NaN out.
 */
export function log1p(at: usize): void {
  const t = v128.load(at);
  const one = f64x2.splat(1);
  const u = f64x2.add(t, one);
  const isSmall = f64x2.lt(t, f64x2.splat(0.41421356237309503)); // √2 − 1: k = 0, and f = t needs no rounding
  const lost = v128.bitselect(f64x2.sub(one, f64x2.sub(u, t)), f64x2.sub(t, f64x2.sub(u, one)), f64x2.ge(t, one));
  const c = v128.andnot(f64x2.div(lost, u), isSmall);
  const exponent = i64x2.shr_s(i64x2.sub(u, i64x2.splat(0x3FE6A09E667F3BCD)), 52); // bits of √½
  const k = f64x2.sub(i64x2.add(exponent, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744)); // to float64 by 1.5 · 2⁵²
  const f = v128.bitselect(t, f64x2.sub(i64x2.sub(u, i64x2.shl(exponent, 52)), one), isSmall);
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  const odd = madd<f64>(w, madd<f64>(w, madd<f64>(w, v128.load64_splat(LOG_F64_L7), v128.load64_splat(LOG_F64_L5)), v128.load64_splat(LOG_F64_L3)), v128.load64_splat(LOG_F64_L1));
  const even = madd<f64>(w, madd<f64>(w, v128.load64_splat(LOG_F64_L6), v128.load64_splat(LOG_F64_L4)), v128.load64_splat(LOG_F64_L2));
  const half = f64x2.mul(f64x2.mul(f, f), f64x2.splat(0.5));
  const series = madd<f64>(z, odd, f64x2.mul(w, even));
  const tail = madd<f64>(s, f64x2.add(half, series), madd<f64>(k, v128.load64_splat(F64_LN2_LO), c));
  v128.store(at, madd<f64>(k, v128.load64_splat(F64_LN2_HI), f64x2.sub(f, f64x2.sub(half, tail))));
}

/** Two counts as float64. */
// @ts-ignore: decorator
@inline
function loadCounts<T>(pair: usize): v128 {
  if (sizeof<T>() == 4) return f64x2.convert_low_i32x4_s(v128.load64_zero(COUNT + (pair << 3)));
  const counts = v128.load(COUNT + (pair << 4));
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(counts, counts, 0, 2, 0, 2));
}

/**
 * LOG_SUM = log s for `pairs` pairs of rows, from SUM, COUNT, MAX, and ROUNDED_MAX + ERROR = 2^HEADROOM · e^(max − c); NaN where the maximum is not finite.
 */
export function logSums<T>(pairs: usize): void {
  for (let pair: usize = 0; pair < pairs; pair++) {
    const max = loadPair<T>(MAX, pair);
    const error = loadPair<T>(ERROR, pair);
    const counts = loadCounts<T>(pair);
    const sum = f64x2.add(v128.load(SUM + (pair << 4)), v128.and(error, f64x2.eq(counts, f64x2.splat(0))));
    const others = f64x2.div(sum, f64x2.add(loadPair<T>(ROUNDED_MAX, pair), error));
    const t = f64x2.add(f64x2.sub(counts, f64x2.splat(1)), others);
    const at = LOG_SUM + (pair << 4);
    v128.store(at, f64x2.add(t, f64x2.sub(max, max)));
    log1p(at);
  }
}

/**
 * log s of one float32 row with everything in float64, for log-sum-exps near 0, where the two terms cancel and the float32
 * error of Σ would be many ulp of the result. Overwrites what float64 kernels use of the working memory.
 */
export function logSumInFloat64(x: usize, length: usize, stride: usize, scale: f64): f64 {
  const sign: f64 = scale < 0 ? -1 : 1;
  const scaled = scale != 1;
  let max = -Infinity;
  for (let i: usize = 0; i < length; i++) max = Math.max(max, sign * <f64>load<f32>(x + i * stride));
  storeStrip<f64>(MAX, max);
  storeStrip<f64>(COUNT, 0);
  clearSum();
  if (scaled) {
    prepareScale<f64>(scale);
    prepareScaled<f64>(4, scale);
  } else {
    prepare<f64>(4);
    prepareError<f64>(1);
  }
  for (let i: usize = 0; i < length; i += 128) {
    const count = min<usize>(128, length - i);
    const strips = (count + 7) >> 3;
    let from = x + i * stride;
    for (let j: usize = 0; j < strips << 3; j++, from += stride) {
      store<f64>(PACK_C + (j << 3), j < count ? <f64>load<f32>(from) : sign * -Infinity);
    }
    expBlock<f64>(true, false, scaled, true, PACK_C, PACK_B, strips);
  }
  settleOthers<f64>(totalOfRow());
  logSums<f64>(1);
  if (scaled) prepareScale<f32>(scale);
  return load<f64>(LOG_SUM);
}
