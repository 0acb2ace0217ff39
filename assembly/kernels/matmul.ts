// C[m, n] = A · B or C += A · B. A[i, p] is at a + i · aRowStride + p · aColumnStride, in bytes, so that a transposed matrix needs no
// copy; B [k, n] and C [m, n] are row-major and contiguous. C overlaps neither A nor B.
//
// Tiles of 4 rows by 32 bytes of C stay in eight registers over up to DEPTH terms; the part of B they need is packed first, so that it is read in
// order, whatever n (Goto & van de Geijn 2008). So at most DEPTH terms meet in one running sum before they are added to C: rounding grows with
// DEPTH + k / DEPTH, not with k.

import { madd, read, write } from "../core/lanes";
import { PACK_A, PACK_B } from "../core/scratch";

/** Bytes of a row of a tile. */
const WIDTH: usize = 32;
/** Terms: their rows of a packed part of B fill PACK_A. */
const DEPTH: usize = 512;
/** A tile that does not fit C goes here. */
const SPARE: usize = PACK_B;

// @ts-ignore: decorator
@inline
function splatAt<T>(at: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(at) : v128.load64_splat(at);
}

// @ts-ignore: decorator
@inline
function finish<T>(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) {
    left = v128.add<T>(v128.load(c), left);
    right = v128.add<T>(v128.load(c, 16), right);
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

/** Four rows, of which the last ones may be the same, times a packed part of B. */
function tile<T>(a0: usize, a1: usize, a2: usize, a3: usize, step: usize, b: usize, depth: usize, c: usize, cRow: usize, accumulate: bool): void {
  const zero = v128.splat<T>(0);
  let l0 = zero, r0 = zero, l1 = zero, r1 = zero, l2 = zero, r2 = zero, l3 = zero, r3 = zero;
  for (const end = b + depth * WIDTH; b < end; b += WIDTH, a0 += step, a1 += step, a2 += step, a3 += step) {
    const left = v128.load(b), right = v128.load(b, 16);
    let x = splatAt<T>(a0);
    l0 = madd<T>(x, left, l0);
    r0 = madd<T>(x, right, r0);
    x = splatAt<T>(a1);
    l1 = madd<T>(x, left, l1);
    r1 = madd<T>(x, right, r1);
    x = splatAt<T>(a2);
    l2 = madd<T>(x, left, l2);
    r2 = madd<T>(x, right, r2);
    x = splatAt<T>(a3);
    l3 = madd<T>(x, left, l3);
    r3 = madd<T>(x, right, r3);
  }
  finish<T>(c, l0, r0, accumulate);
  finish<T>(c + cRow, l1, r1, accumulate);
  finish<T>(c + 2 * cRow, l2, r2, accumulate);
  finish<T>(c + 3 * cRow, l3, r3, accumulate);
}

/** Columns of B, `bytes` of each row, beside each other; filled up with zeros. */
function packColumns(b: usize, bRow: usize, bytes: usize, depth: usize): void {
  for (let to = PACK_A, end = PACK_A + depth * WIDTH; to < end; to += WIDTH, b += bRow) {
    if (bytes == WIDTH) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      continue;
    }
    for (let i: usize = 0; i < WIDTH; i += 4) store<i32>(to + i, i < bytes ? load<i32>(b + i) : 0);
  }
}

function product(
  wide: bool, a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void {
  const size: usize = wide ? 8 : 4;
  const row = n * size;
  for (let p: usize = 0; p < k; p += DEPTH) {
    const depth = min<usize>(DEPTH, k - p);
    const adds = accumulate || p > 0;
    for (let j: usize = 0; j < row; j += WIDTH) {
      const bytes = min<usize>(WIDTH, row - j);
      packColumns(b + p * row + j, row, bytes, depth);
      for (let i: usize = 0; i < m; i += 4) {
        const count = min<usize>(4, m - i);
        const a0 = a + i * aRowStride + p * aColumnStride;
        const a1 = count > 1 ? a0 + aRowStride : a0, a2 = count > 2 ? a1 + aRowStride : a1, a3 = count > 3 ? a2 + aRowStride : a2;
        const whole = bytes == WIDTH && count == 4;
        const to = c + i * row + j;
        const place = whole ? to : SPARE, placeRow = whole ? row : WIDTH;
        if (wide) tile<f64>(a0, a1, a2, a3, aColumnStride, PACK_A, depth, place, placeRow, whole && adds);
        else tile<f32>(a0, a1, a2, a3, aColumnStride, PACK_A, depth, place, placeRow, whole && adds);
        if (whole) continue;
        for (let r: usize = 0; r < count; r++) {
          for (let at: usize = 0; at < bytes; at += size) {
            const value = read(wide, SPARE + r * WIDTH + at), target = to + r * row + at;
            write(wide, target, adds ? read(wide, target) + value : value);
          }
        }
      }
    }
  }
}

export function matmul<T>(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void {
  product(sizeof<T>() == 8, a, aRowStride, aColumnStride, b, c, m, n, k, accumulate);
}
