// Passes over strips of rows in lanes: 16 float32 rows (8 float64) advance together, element by element. They serve any axis but the last,
// and rows too short to fill vectors. Sums have the order of sum.ts, as in the row kernels: both give the same bits.
//
// A strip whose rows stand side by side in memory (`inner` ≥ 16) is worked on where it is, a cache line an element. Any other is gathered
// into a PACK, a block at a time, and scattered back.

import { loadPair } from "./lanes";
import { fill, storeStrip } from "./rows";
import { MAX, OFFSETS, RESULT, STRIP, SUM } from "./scratch";
import { totalOfPair, withErrors } from "./sum";

/** Contiguous rows up to this length are worked on as strips. */
export const SHORT: usize = 96;

/** Rows in a strip. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): usize {
  return STRIP / sizeof<T>();
}

/** Elements of a row in a block, as in rows.ts. */
// @ts-ignore: decorator
@inline
export function blockLength<T>(): usize {
  return 1024 / sizeof<T>();
}

/**
 * Fills OFFSETS for the slices from `first` on; lanes past the last slice repeat it.
 * @returns whether the slices stand side by side
 */
export function locate<T>(first: usize, slices: usize, length: usize, inner: usize): bool {
  if (inner == 1 && first + lanes<T>() <= slices) {
    const pitch = length * sizeof<T>();
    const ramp = i32x4.mul(i32x4.splat(<i32>pitch), i32x4(0, 1, 2, 3));
    for (let v: usize = 0; v < STRIP; v += 16) v128.store(OFFSETS + v, i32x4.add(ramp, i32x4.splat(<i32>((first + (v >> 2)) * pitch))));
    return false;
  }
  const last = slices - 1;
  let outer: usize = inner == 1 ? first : first / inner;
  let column: usize = first - outer * inner;
  const adjacent = column + lanes<T>() <= inner;
  for (let lane: usize = 0; lane < lanes<T>(); lane++) {
    store<usize>(OFFSETS + (lane << 2), (outer * length * inner + column) * sizeof<T>());
    if (first + lane >= last) continue;
    if (++column == inner) {
      column = 0;
      outer++;
    }
  }
  return adjacent;
}

// @ts-ignore: decorator
@inline
function offsetOf(lane: usize): usize {
  return load<usize>(OFFSETS + (lane << 2));
}

/** 4 × 4 float32 from rows to lanes or back: `from` and `to` hold four vectors, `fromStride` and `toStride` bytes apart. */
// @ts-ignore: decorator
@inline
function transpose4(a: usize, b: usize, c: usize, d: usize, toA: usize, toB: usize, toC: usize, toD: usize): void {
  const v0 = v128.load(a), v1 = v128.load(b), v2 = v128.load(c), v3 = v128.load(d);
  const ab = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), AB = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
  const cd = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5), CD = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
  v128.store(toA, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(toB, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(toC, v128.shuffle<i64>(AB, CD, 0, 2));
  v128.store(toD, v128.shuffle<i64>(AB, CD, 1, 3));
}

/** Copies `count` elements of each row, `stride` bytes apart, into strips at `pack`. */
export function gather<T>(x: usize, stride: usize, pack: usize, count: usize): void {
  if (sizeof<T>() == 4 && stride == 4 && count >= 4) {
    for (let lane: usize = 0; lane < 16; lane += 4) {
      const a = x + offsetOf(lane), b = x + offsetOf(lane + 1), c = x + offsetOf(lane + 2), d = x + offsetOf(lane + 3);
      const to = pack + lane * 4;
      for (let i: usize = 0; i < count; i += 4) {
        const at = min<usize>(i, count - 4); // the last four may overlap the four before
        const row = to + at * STRIP;
        const byte = at << 2;
        transpose4(a + byte, b + byte, c + byte, d + byte, row, row + STRIP, row + 2 * STRIP, row + 3 * STRIP);
      }
    }
    return;
  }
  for (let lane: usize = 0; lane < lanes<T>(); lane++) {
    let from = x + offsetOf(lane);
    const to = pack + lane * sizeof<T>();
    for (let i: usize = 0; i < count; i++, from += stride) store<T>(to + i * STRIP, load<T>(from));
  }
}

/** The way back, for the first `columns` lanes. */
export function scatter<T>(pack: usize, y: usize, stride: usize, count: usize, columns: usize): void {
  let lane: usize = 0;
  if (sizeof<T>() == 4 && stride == 4 && count >= 4) {
    for (; lane + 4 <= columns; lane += 4) {
      const a = y + offsetOf(lane), b = y + offsetOf(lane + 1), c = y + offsetOf(lane + 2), d = y + offsetOf(lane + 3);
      const from = pack + lane * 4;
      for (let i: usize = 0; i < count; i += 4) {
        const at = min<usize>(i, count - 4);
        const row = from + at * STRIP;
        const byte = at << 2;
        transpose4(row, row + STRIP, row + 2 * STRIP, row + 3 * STRIP, a + byte, b + byte, c + byte, d + byte);
      }
    }
  }
  for (; lane < columns; lane++) {
    const from = pack + lane * sizeof<T>();
    let to = y + offsetOf(lane);
    for (let i: usize = 0; i < count; i++, to += stride) store<T>(to, load<T>(from + i * STRIP));
  }
}

/** Where elements `from` to `from + count` of the strip's rows can be read: in place, or gathered into `pack`. */
export function open<T>(adjacent: bool, x: usize, from: usize, count: usize, stride: usize, pack: usize): usize {
  const at = x + from * stride;
  if (adjacent) return at + load<usize>(OFFSETS);
  gather<T>(at, stride, pack, count);
  return pack;
}

/** MAX = the larger of MAX and x, after the sign; NaN ignored. */
export function maxStrips<T>(negative: bool, x: usize, stride: usize, count: usize): void {
  const sign = v128.splat<T>(negative ? <T>-0.0 : <T>0);
  let a = v128.load(MAX), b = v128.load(MAX, 16), c = v128.load(MAX, 32), d = v128.load(MAX, 48);
  for (const end = x + count * stride; x < end; x += stride) {
    a = v128.pmax<T>(a, v128.xor(v128.load(x), sign));
    b = v128.pmax<T>(b, v128.xor(v128.load(x, 16), sign));
    c = v128.pmax<T>(c, v128.xor(v128.load(x, 32), sign));
    d = v128.pmax<T>(d, v128.xor(v128.load(x, 48), sign));
  }
  v128.store(MAX, a);
  v128.store(MAX, b, 16);
  v128.store(MAX, c, 32);
  v128.store(MAX, d, 48);
}

/**
 * SUM, both halves in the first; NaN where the maximum of the row is not finite.
 * @param error whether ERROR belongs to it
 */
export function finishSums<T>(error: bool): void {
  for (let pair: usize = 0; pair < lanes<T>() / 2; pair++) {
    const max = loadPair<T>(MAX, pair);
    const sum = f64x2.add(totalOfPair(pair), f64x2.sub(max, max));
    v128.store(SUM + (pair << 4), error ? withErrors<T>(sum, pair) : sum);
  }
}

/** RESULT = the float64 at `from` in the element type. */
export function settle<T>(from: usize): void {
  for (let v: usize = 0; v < STRIP; v += 16) {
    if (sizeof<T>() == 8) v128.store(RESULT + v, v128.load(from + v));
    else {
      const low = v128.demote_zero(v128.load(from + 2 * v)), high = v128.demote_zero(v128.load(from + 2 * v, 16));
      v128.store(RESULT + v, v128.shuffle<i64>(low, high, 0, 2));
    }
  }
}

/** Rows whose RESULT is NaN become canonical NaN throughout. */
export function mendNaN<T>(y: usize, stride: usize, length: usize, columns: usize): void {
  let found = false;
  for (let v: usize = 0; v < STRIP; v += 16) {
    const value = v128.load(RESULT + v);
    found = found || v128.any_true(v128.ne<T>(value, value));
  }
  if (!found) return;
  for (let lane: usize = 0; lane < columns; lane++) {
    if (isNaN<T>(load<T>(RESULT + lane * sizeof<T>()))) fill<T>(y + offsetOf(lane), length, stride, <T>NaN);
  }
}
