// The passes over a row of float32 logits from which a token is drawn; what is done with a few entries is in src/reference, weights.ts there says what a
// weight is. A row is seen in blocks of 64 entries, the last one filled up with −∞. Nothing here is fused or relaxed: both builds
// and the reference give the same bits.

import {
  POWER_F32_C1, POWER_F32_C2, POWER_F32_C3, POWER_F32_C4, POWER_F32_C5, POWER_LOWEST, POWER_MAGIC, POWER_ONE,
} from "../core/constants";
import { storeStrip } from "../core/rows";
import { FACTOR, MAX, PACK_A, STRIP } from "../core/scratch";

/** Entries of a block, and their bytes. */
const ENTRIES: isize = 64;
const BYTES: usize = 256;

/** The block at x: itself where `left` entries are as many, else a copy of them filled up with −∞. */
function blockAt(x: usize, left: isize): usize {
  if (left >= ENTRIES) return x;
  for (let at = PACK_A; at < PACK_A + BYTES; at += STRIP) storeStrip<f32>(at, -Infinity);
  memory.copy(PACK_A, x, left << 2);
  return PACK_A;
}

/** The largest lane. */
function largest(v: v128): f32 {
  v = f32x4.pmax(v, v128.shuffle<i64>(v, v, 1, 0));
  return f32x4.extract_lane(f32x4.pmax(v, v128.shuffle<i32>(v, v, 1, 0, 3, 2)), 0);
}

/** The maximum of each block, without NaN; returns that of all, or NaN if there is one. */
export function blockMaxima(x: usize, maxima: usize, length: usize): f32 {
  let all = f32x4.splat(-Infinity), unordered = f32x4.splat(0);
  for (let left = <isize>length; left > 0; left -= ENTRIES, x += BYTES, maxima += 4) {
    let p = blockAt(x, left);
    const end = p + BYTES;
    let max = f32x4.splat(-Infinity);
    for (; p < end; p += STRIP) {
      const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
      unordered = v128.or(unordered, v128.or(v128.or(f32x4.ne(a, a), f32x4.ne(b, b)), v128.or(f32x4.ne(c, c), f32x4.ne(d, d))));
      max = f32x4.pmax(max, f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
    }
    all = f32x4.pmax(all, max);
    store<f32>(maxima, largest(max));
  }
  return v128.any_true(unordered) ? NaN : largest(all);
}

/** The four lanes of the weights at w, each plus magic, whose last bit is the unit, added as integers to a sum of such. */
// @ts-ignore: decorator
@inline
function addUnits(sum: v128, low: v128, high: v128, magic: v128): v128 {
  const a = f64x2.add(f64x2.promote_low_f32x4(low), magic), b = f64x2.add(f64x2.promote_low_f32x4(high), magic);
  return i64x2.add(sum, i64x2.add(a, b));
}

/** What {@link addUnits} added up over as many lanes. */
function unitsOf(sum: v128, lanes: i64, magic: f64, unit: f64): f64 {
  const total = i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1);
  return <f64>(total - lanes * reinterpret<i64>(magic)) * unit;
}

/**
 * weights = 2^((x − max) · scale) before they are rounded to the unit; masses, float64: the sum of the rounded ones of each block. There must be room for
 * a whole number of blocks. Exponentials and sums in two loops: a fifth faster than in one on V8 11, 12 and 14, which run out of registers; four vectors side by
 * side: a tenth faster than one after the other.
 */
export function weigh(x: usize, weights: usize, masses: usize, length: usize, max: f32, scale: f32, unit: f64): void {
  const magic = 6755399441055744.0 * unit;
  storeStrip<f32>(MAX, max);
  v128.store(FACTOR, f32x4.splat(scale));
  const maxima = v128.load(MAX), factors = v128.load(FACTOR), magics = f64x2.splat(magic);
  const lowest = v128.load32_splat(POWER_LOWEST), rounder = v128.load32_splat(POWER_MAGIC), one = v128.load32_splat(POWER_ONE);
  const c1 = v128.load32_splat(POWER_F32_C1), c2 = v128.load32_splat(POWER_F32_C2), c3 = v128.load32_splat(POWER_F32_C3);
  const c4 = v128.load32_splat(POWER_F32_C4), c5 = v128.load32_splat(POWER_F32_C5);
  for (let left = <isize>length; left > 0; left -= ENTRIES, x += BYTES, masses += 8) {
    let p = blockAt(x, left), w = weights;
    for (const end = p + BYTES; p < end; p += STRIP, weights += STRIP) {
      const x0 = f32x4.sub(v128.load(p), maxima), x1 = f32x4.sub(v128.load(p, 16), maxima);
      const x2 = f32x4.sub(v128.load(p, 32), maxima), x3 = f32x4.sub(v128.load(p, 48), maxima);
      const y0 = f32x4.pmax(f32x4.mul(x0, factors), lowest), y1 = f32x4.pmax(f32x4.mul(x1, factors), lowest);
      const y2 = f32x4.pmax(f32x4.mul(x2, factors), lowest), y3 = f32x4.pmax(f32x4.mul(x3, factors), lowest);
      const t0 = f32x4.add(y0, rounder), t1 = f32x4.add(y1, rounder), t2 = f32x4.add(y2, rounder), t3 = f32x4.add(y3, rounder);
      const f0 = f32x4.sub(y0, f32x4.sub(t0, rounder)), f1 = f32x4.sub(y1, f32x4.sub(t1, rounder));
      const f2 = f32x4.sub(y2, f32x4.sub(t2, rounder)), f3 = f32x4.sub(y3, f32x4.sub(t3, rounder));
      let p0 = f32x4.add(f32x4.mul(c5, f0), c4), p1 = f32x4.add(f32x4.mul(c5, f1), c4);
      let p2 = f32x4.add(f32x4.mul(c5, f2), c4), p3 = f32x4.add(f32x4.mul(c5, f3), c4);
      p0 = f32x4.add(f32x4.mul(p0, f0), c3); p1 = f32x4.add(f32x4.mul(p1, f1), c3); p2 = f32x4.add(f32x4.mul(p2, f2), c3); p3 = f32x4.add(f32x4.mul(p3, f3), c3);
      p0 = f32x4.add(f32x4.mul(p0, f0), c2); p1 = f32x4.add(f32x4.mul(p1, f1), c2); p2 = f32x4.add(f32x4.mul(p2, f2), c2); p3 = f32x4.add(f32x4.mul(p3, f3), c2);
      p0 = f32x4.add(f32x4.mul(p0, f0), c1); p1 = f32x4.add(f32x4.mul(p1, f1), c1); p2 = f32x4.add(f32x4.mul(p2, f2), c1); p3 = f32x4.add(f32x4.mul(p3, f3), c1);
      p0 = f32x4.add(f32x4.mul(p0, f0), one); p1 = f32x4.add(f32x4.mul(p1, f1), one); p2 = f32x4.add(f32x4.mul(p2, f2), one); p3 = f32x4.add(f32x4.mul(p3, f3), one);
      v128.store(weights, i32x4.add(p0, i32x4.shl(t0, 23)));
      v128.store(weights, i32x4.add(p1, i32x4.shl(t1, 23)), 16);
      v128.store(weights, i32x4.add(p2, i32x4.shl(t2, 23)), 32);
      v128.store(weights, i32x4.add(p3, i32x4.shl(t3, 23)), 48);
    }
    let sum = i64x2.splat(0);
    for (; w < weights; w += 32) {
      sum = addUnits(sum, v128.load64_zero(w), v128.load64_zero(w, 8), magics);
      sum = addUnits(sum, v128.load64_zero(w, 16), v128.load64_zero(w, 24), magics);
    }
    store<f64>(masses, unitsOf(sum, ENTRIES, magic, unit));
  }
}

/** The sum of the weights, rounded to the unit, of the entries from `threshold` on. */
export function massFrom(x: usize, weights: usize, length: usize, threshold: f32, unit: f64): f64 {
  const magic = 6755399441055744.0 * unit;
  const thresholds = f32x4.splat(threshold), magics = f64x2.splat(magic);
  let sum = i64x2.splat(0);
  let lanes: i64 = 0;
  for (let left = <isize>length; left > 0; left -= ENTRIES, x += BYTES, lanes += ENTRIES) {
    let p = blockAt(x, left);
    for (const end = p + BYTES; p < end; p += 16, weights += 16) {
      const w = v128.and(v128.load(weights), f32x4.ge(v128.load(p), thresholds));
      sum = addUnits(sum, w, v128.shuffle<i64>(w, w, 1, 0), magics);
    }
  }
  return unitsOf(sum, lanes, magic, unit);
}
