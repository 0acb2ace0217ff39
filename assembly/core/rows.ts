// Passes over one contiguous row. `length` counts elements.

import { expNearRow, expStrips, prepare, prepareError, prepareOfMax, sumExpNearRow } from "./exp";
import { expScaled, prepareScaled } from "./scaled";
import { BLOCK, COUNT, MAX, PACK_B, STRIP, SUM, TAIL_A } from "./scratch";
import { clearSum, sumRow, sumRowExactly, totalOfRow, withError } from "./sum";

/** Copies less than a strip, `bytes` of it. */
export function copyTail<T>(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
}

/** The last, partial strip of a row, filled up with `fill`. */
export function loadTail<T>(from: usize, to: usize, bytes: usize, fill: T): void {
  const filling = v128.splat<T>(fill);
  v128.store(to, filling);
  v128.store(to, filling, 16);
  v128.store(to, filling, 32);
  v128.store(to, filling, 48);
  copyTail<T>(from, to, bytes);
}

/** One value for all lanes of a strip. */
export function storeStrip<T>(to: usize, value: T): void {
  const lanes = v128.splat<T>(value);
  v128.store(to, lanes);
  v128.store(to, lanes, 16);
  v128.store(to, lanes, 32);
  v128.store(to, lanes, 48);
}

// @ts-ignore: decorator
@inline
function pick<T>(negative: bool, best: v128, x: v128): v128 {
  return negative ? v128.pmin<T>(best, x) : v128.pmax<T>(best, x);
}

// @ts-ignore: decorator
@inline
function extreme<T>(negative: bool, x: usize, length: usize): T {
  const bytes = length * sizeof<T>();
  let a = v128.splat<T>(negative ? <T>Infinity : <T>-Infinity);
  let b = a, c = a, d = a;
  let end = x + bytes;
  if (bytes < STRIP) {
    loadTail<T>(x, TAIL_A, bytes, negative ? <T>Infinity : <T>-Infinity);
    x = TAIL_A;
    end = TAIL_A + STRIP;
  }
  const last = end - STRIP; // overlaps the strip before it: a maximum does not mind
  for (; x < last; x += STRIP) {
    a = pick<T>(negative, a, v128.load(x));
    b = pick<T>(negative, b, v128.load(x, 16));
    c = pick<T>(negative, c, v128.load(x, 32));
    d = pick<T>(negative, d, v128.load(x, 48));
  }
  a = pick<T>(negative, a, v128.load(last));
  b = pick<T>(negative, b, v128.load(last, 16));
  c = pick<T>(negative, c, v128.load(last, 32));
  d = pick<T>(negative, d, v128.load(last, 48));
  a = pick<T>(negative, pick<T>(negative, a, b), pick<T>(negative, c, d));
  a = pick<T>(negative, a, v128.shuffle<i64>(a, a, 1, 0));
  if (sizeof<T>() == 4) a = pick<T>(negative, a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  return v128.extract_lane<T>(a, 0);
}

/** The maximum of a row, NaN ignored; −∞ where there is no other. One instruction a vector on x64, where f32x4.max takes seven. */
export function rowMax<T>(x: usize, length: usize): T {
  return extreme<T>(false, x, length);
}

/** The minimum of a row, likewise. */
export function rowMin<T>(x: usize, length: usize): T {
  return extreme<T>(true, x, length);
}

/**
 * e^x over strips of a row, and SUM. Where `log`, y may be anything, and the entries equal to MAX are left out and counted in COUNT.
 * @param exact float32: everything is added in float64
 */
export function expBlock<T>(log: bool, exact: bool, scaled: bool, far: bool, x: usize, y: usize, strips: usize): void {
  if (sizeof<T>() == 4 && !scaled && !far && !exact) {
    if (log) sumExpBelowMax(x, strips);
    else expNearRow(x, y, strips);
    return;
  }
  const e = log ? PACK_B : y;
  if (scaled) expScaled<T>(log, x, STRIP, e, STRIP, strips);
  else expStrips<T>(log, x, STRIP, e, STRIP, strips);
  if (sizeof<T>() == 4 && exact) sumRowExactly(e, strips * STRIP);
  else sumRow<T>(e, strips);
}

/** The same for a near float32 row: only strips that hold the maximum pay for leaving it out. */
function sumExpBelowMax(x: usize, strips: usize): void {
  const max = v128.load(MAX);
  const end = x + strips * STRIP;
  let from = x;
  for (; x < end; x += STRIP) {
    const here = v128.or(
      v128.or(f32x4.eq(v128.load(x), max), f32x4.eq(v128.load(x, 16), max)),
      v128.or(f32x4.eq(v128.load(x, 32), max), f32x4.eq(v128.load(x, 48), max)));
    if (!v128.any_true(here)) continue;
    sumExpNearRow(from, (x - from) / STRIP);
    expStrips<f32>(true, x, STRIP, PACK_B, STRIP, 1);
    sumRow<f32>(PACK_B, 1);
    from = x + STRIP;
  }
  sumExpNearRow(from, (end - from) / STRIP);
}

/**
 * e^(scale · x − c) over a row.
 * @param log true: y is not written, the entries equal to the maximum are left out of the sum and counted in COUNT
 * @param exact float32: everything is added in float64
 * @returns the sum, NaN where the row has a NaN, a +∞ or only −∞
 */
export function expRow<T>(log: bool, exact: bool, x: usize, y: usize, length: usize, scale: f64): f64 {
  const scaled = scale != 1;
  const max = scale < 0 ? -rowMin<T>(x, length) : rowMax<T>(x, length);
  storeStrip<T>(MAX, max);
  let far = false;
  if (scaled) prepareScaled<T>(4, scale);
  else {
    far = prepare<T>(1);
    if (far || log || sizeof<T>() == 8) prepare<T>(4);
    if (log) prepareOfMax<T>(1);
    else prepareError<T>(1);
  }
  if (log) storeStrip<T>(COUNT, 0);

  clearSum();
  const bytes = length * sizeof<T>();
  const tail = bytes & (STRIP - 1);
  for (let at: usize = 0; at < bytes - tail; at += BLOCK * STRIP) {
    expBlock<T>(log, exact, scaled, far, x + at, y + at, min<usize>(BLOCK * STRIP, bytes - tail - at) / STRIP);
  }
  if (tail) {
    loadTail<T>(x + bytes - tail, TAIL_A, tail, scale < 0 ? <T>Infinity : <T>-Infinity);
    expBlock<T>(log, exact, scaled, far, TAIL_A, TAIL_A, 1);
    if (!log) copyTail<T>(TAIL_A, y + bytes - tail, tail);
  }
  const sum = totalOfRow() + <f64>(max - max);
  return sizeof<T>() == 8 && !log ? withError<T>(sum) : sum;
}

/** Adds the lanes of COUNT and leaves the total and the sum where logSums takes them. */
export function settleOthers<T>(others: f64): void {
  if (sizeof<T>() == 4) {
    let count: i32 = 0;
    for (let i: usize = 0; i < STRIP; i += 4) count += load<i32>(COUNT + i);
    store<i32>(COUNT, count);
  } else {
    let count: i64 = 0;
    for (let i: usize = 0; i < STRIP; i += 8) count += load<i64>(COUNT + i);
    store<i64>(COUNT, count);
  }
  store<f64>(SUM, others);
}

/** `length` elements, `stride` bytes apart. */
export function fill<T>(y: usize, length: usize, stride: usize, value: T): void {
  for (let i: usize = 0; i < length; i++, y += stride) store<T>(y, value);
}
