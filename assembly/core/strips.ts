// Passes over strips of rows in lanes: 16 float32 rows advance together, element by element. They serve any axis but the last,
// and rows too short to fill vectors. Sums have the order of sum.ts, as in the row kernels: both give the same bits. Float64 has rows only: half as
// many lanes gain little, and slices of another axis become rows by core/transpose.ts.
//
// A strip whose rows stand side by side in memory (`inner` ≥ 16) is worked on where it is, a cache line an element. Any other is gathered
// into a PACK, a block at a time, and scattered back.

import { expStrips, prepare, prepareError } from "./exp";
import { loadPair } from "./lanes";
import { dropMaxima, fill, leavesOut, maxStrips, storeStrip } from "./rows";
import { expScaled, prepareScaled } from "./scaled";
import { COUNT, MAX, OFFSETS, PACK_A, PACK_B, RESULT, STRIP, SUM } from "./scratch";
import { clearSums, sumStrips, totalOfPair, withErrors } from "./sum";
import { turn } from "./transpose";

/** Contiguous rows up to this length are worked on as strips. */
export const SHORT: usize = 96;

/** Rows in a strip. */
export const LANES: usize = 16;

/** Elements of a row in a block, as in rows.ts. */
export const BLOCK_LENGTH: usize = 256;

/**
 * Fills OFFSETS for the slices from `first` on; lanes past the last slice repeat it.
 * @returns whether the slices stand side by side
 */
export function locate(first: usize, slices: usize, length: usize, inner: usize): bool {
  if (inner == 1 && first + LANES <= slices) {
    const pitch = length << 2;
    const ramp = i32x4.mul(i32x4.splat(<i32>pitch), i32x4(0, 1, 2, 3));
    for (let v: usize = 0; v < STRIP; v += 16) v128.store(OFFSETS + v, i32x4.add(ramp, i32x4.splat(<i32>((first + (v >> 2)) * pitch))));
    return false;
  }
  const last = slices - 1;
  let outer: usize = inner == 1 ? first : first / inner;
  let column: usize = first - outer * inner;
  const adjacent = column + LANES <= inner;
  for (let lane: usize = 0; lane < LANES; lane++) {
    store<usize>(OFFSETS + (lane << 2), (outer * length * inner + column) << 2);
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
export function offsetOf(lane: usize): usize {
  return load<usize>(OFFSETS + (lane << 2));
}

/**
 * Copies `count` elements of each row, `stride` bytes apart, into strips at `pack`. Where they are side by side, `inner` is 1, and the rows are, too: a matrix
 * to be turned.
 */
function gather(x: usize, stride: usize, pack: usize, count: usize): void {
  if (stride == 4 && count >= 4) {
    turn(x + offsetOf(0), offsetOf(1) - offsetOf(0), pack, STRIP, LANES, count);
    return;
  }
  for (let lane: usize = 0; lane < LANES; lane++) {
    let from = x + offsetOf(lane);
    const to = pack + (lane << 2);
    for (let i: usize = 0; i < count; i++, from += stride) store<f32>(to + i * STRIP, load<f32>(from));
  }
}

/** The way back, for the first `columns` lanes. */
function scatter(pack: usize, y: usize, stride: usize, count: usize, columns: usize): void {
  if (stride == 4 && count >= 4) {
    turn(pack, STRIP, y + offsetOf(0), offsetOf(1) - offsetOf(0), count, LANES);
    return;
  }
  for (let lane: usize = 0; lane < columns; lane++) {
    const from = pack + (lane << 2);
    let to = y + offsetOf(lane);
    for (let i: usize = 0; i < count; i++, to += stride) store<f32>(to, load<f32>(from + i * STRIP));
  }
}

function copyStrips(from: usize, fromStride: usize, to: usize, toStride: usize, count: usize): void {
  for (const end = from + count * fromStride; from < end; from += fromStride, to += toStride) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
  }
}

/** Elements `from` to `from + count` of the strip's rows into `pack`. */
export function bring(adjacent: bool, x: usize, from: usize, count: usize, stride: usize, pack: usize): void {
  const at = x + from * stride;
  if (adjacent) copyStrips(at + load<usize>(OFFSETS), stride, pack, STRIP, count);
  else gather(at, stride, pack, count);
}

/** The way back, for the first `columns` lanes. */
export function put(adjacent: bool, pack: usize, y: usize, from: usize, count: usize, stride: usize, columns: usize): void {
  const at = y + from * stride;
  if (adjacent) copyStrips(pack, STRIP, at + load<usize>(OFFSETS), stride, count);
  else scatter(pack, at, stride, count, columns);
}

/** Where elements `from` to `from + count` of the strip's rows can be read: in place, or in `pack`. */
export function open(adjacent: bool, x: usize, from: usize, count: usize, stride: usize, pack: usize): usize {
  if (adjacent) return x + from * stride + load<usize>(OFFSETS);
  gather(x + from * stride, stride, pack, count);
  return pack;
}

/**
 * e^(scale · x − c) over sixteen rows, SUM, and in PACK_B the exponentials of the last block.
 * @param log where leavesOut, the entries equal to the maximum are left out and counted in COUNT
 * @param exact everything is added in float64
 * @param y where rows longer than a block go, block by block; 0: nowhere
 */
export function expColumns(
  log: bool, exact: bool, x: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64,
): void {
  const block = BLOCK_LENGTH;
  const single = length <= block;
  const step = adjacent ? stride : STRIP;
  storeStrip<f32>(MAX, -Infinity);
  for (let i: usize = 0; i < length; i += block) {
    const count = min<usize>(block, length - i);
    maxStrips<f32>(scale < 0, open(adjacent, x, i, count, stride, PACK_A), step, count);
  }
  if (scale != 1) prepareScaled<f32>(4, scale);
  else {
    prepare<f32>(4);
    prepareError<f32>(4);
  }
  clearSums();
  if (log) storeStrip<f32>(COUNT, 0);
  for (let i: usize = 0; i < length; i += block) {
    const count = min<usize>(block, length - i);
    const from = single && !adjacent ? PACK_A : open(adjacent, x, i, count, stride, PACK_A);
    if (scale != 1) expScaled<f32>(from, step, PACK_B, STRIP, count);
    else expStrips<f32>(from, step, PACK_B, STRIP, count);
    if (leavesOut<f32>(log, exact)) dropMaxima<f32>(from, step, PACK_B, count);
    if (y && !single) put(adjacent, PACK_B, y, i, count, stride, columns);
    sumStrips(PACK_B, count, exact);
  }
}

/**
 * SUM, both halves in the first; NaN where the maximum of the row is not finite.
 * @param error whether ERROR belongs to it
 */
export function finishSums(error: bool): void {
  for (let pair: usize = 0; pair < LANES / 2; pair++) {
    const max = loadPair<f32>(MAX, pair);
    const sum = f64x2.add(totalOfPair(pair), f64x2.sub(max, max));
    v128.store(SUM + (pair << 4), error ? withErrors(sum, pair) : sum);
  }
}

/** RESULT = the float64 at `from`, rounded. */
export function settle(from: usize): void {
  for (let v: usize = 0; v < STRIP; v += 16) {
    const low = v128.demote_zero(v128.load(from + 2 * v)), high = v128.demote_zero(v128.load(from + 2 * v, 16));
    v128.store(RESULT + v, v128.shuffle<i64>(low, high, 0, 2));
  }
}

/** Rows whose RESULT is NaN become canonical NaN throughout. */
export function mendNaN(y: usize, stride: usize, length: usize, columns: usize): void {
  let found = false;
  for (let v: usize = 0; v < STRIP; v += 16) {
    const value = v128.load(RESULT + v);
    found = found || v128.any_true(v128.ne<f32>(value, value));
  }
  if (!found) return;
  for (let lane: usize = 0; lane < columns; lane++) {
    if (isNaN(load<f32>(RESULT + (lane << 2)))) fill<f32>(y + offsetOf(lane), length, stride, NaN);
  }
}
