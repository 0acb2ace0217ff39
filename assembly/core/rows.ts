// Passes over one contiguous row. `length` counts elements.

import { expNearRow, expStrips, prepare, prepareError } from "./exp";
import { expScaled, prepareScaled } from "./scaled";
import { BLOCK, COUNT, MAX, PACK_B, SIGN, STRIP, SUM, TAIL_A, TAIL_B, TAIL_C } from "./scratch";
import { clearSum, sumRow, sumRowExactly, totalOfRow } from "./sum";

/** Copies less than a strip, `bytes` of it. */
export function copyTail<T>(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
}

/**
 * The last, partial strip of a row, filled up with `fill`. Each vector is stored at once: one that was stored in parts cannot be forwarded to the
 * load that follows.
 */
export function loadTail<T>(from: usize, to: usize, bytes: usize, fill: T): void {
  const filling = v128.splat<T>(fill);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  let last = filling;
  if (bytes & 8) last = v128.load_lane<u64>(from + i, last, 0);
  if (sizeof<T>() == 4 && (bytes & 4)) {
    last = bytes & 8 ? v128.load_lane<u32>(from + i + 8, last, 2) : v128.load_lane<u32>(from + i, last, 0);
  }
  for (; i < STRIP; i += 16) {
    v128.store(to + i, last);
    last = filling;
  }
}

/** One value for all lanes of a strip. */
export function storeStrip<T>(to: usize, value: T): void {
  const lanes = v128.splat<T>(value);
  v128.store(to, lanes);
  v128.store(to, lanes, 16);
  v128.store(to, lanes, 32);
  v128.store(to, lanes, 48);
}

/** The maximum of a float32 row, NaN ignored; −∞ where there is no other. pmax is one instruction on x64, max takes seven. */
function rowMax(x: usize, length: usize): f32 {
  const bytes = length << 2;
  let a = f32x4.splat(-Infinity);
  let b = a, c = a, d = a;
  let end = x + bytes;
  if (bytes < STRIP) {
    loadTail<f32>(x, TAIL_A, bytes, -Infinity);
    x = TAIL_A;
    end = TAIL_A + STRIP;
  }
  const last = end - STRIP; // overlaps the strip before it: a maximum does not mind
  for (; x < last; x += STRIP) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  a = f32x4.pmax(a, v128.load(last));
  b = f32x4.pmax(b, v128.load(last, 16));
  c = f32x4.pmax(c, v128.load(last, 32));
  d = f32x4.pmax(d, v128.load(last, 48));
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, v128.shuffle<i64>(a, a, 1, 0));
  return f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2)), 0);
}

/** MAX = the larger of MAX and x, after the sign, lane by lane of `count` strips; NaN ignored. */
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

/** The maximum of x, or of −x, over a row of either type. */
function rowMaxOf<T>(negative: bool, x: usize, length: usize): T {
  const bytes = length * sizeof<T>();
  const tail = bytes & (STRIP - 1);
  storeStrip<T>(MAX, <T>-Infinity);
  maxStrips<T>(negative, x, STRIP, bytes / STRIP);
  loadTail<T>(x + bytes - tail, TAIL_A, tail, negative ? <T>Infinity : <T>-Infinity);
  maxStrips<T>(negative, TAIL_A, STRIP, 1);
  let max: T = <T>-Infinity;
  for (let v: usize = 0; v < STRIP; v += sizeof<T>()) max = max > load<T>(MAX + v) ? max : load<T>(MAX + v);
  return max;
}

/** Entries equal to MAX become 0 in e, a PACK of the exponentials of `count` strips, and are counted in COUNT. */
export function dropMaxima<T>(x: usize, xStride: usize, e: usize, count: usize): void {
  const sign = v128.load(SIGN);
  for (const end = e + count * STRIP; e < end; e += STRIP, x += xStride) {
    for (let v: usize = 0; v < STRIP; v += 16) {
      const isMax = v128.eq<T>(v128.xor(v128.load(x + v), sign), v128.load(MAX + v));
      v128.store(COUNT + v, sizeof<T>() == 4 ? i32x4.sub(v128.load(COUNT + v), isMax) : i64x2.sub(v128.load(COUNT + v), isMax));
      v128.store(e + v, v128.andnot(v128.load(e + v), isMax));
    }
  }
}

/** Whether the exponentials of a logarithm leave out the entries equal to the maximum: see core/log.ts. */
// @ts-ignore: decorator
@inline
export function leavesOut<T>(log: bool, exact: bool): bool {
  return log && (exact || sizeof<T>() == 8);
}

/** e^x over strips of a row, and SUM; the arguments as for expRow. Where `log`, only the sum is of use. */
export function expBlock<T>(log: bool, exact: bool, scaled: bool, far: bool, x: usize, y: usize, strips: usize): void {
  const e = log ? PACK_B : y;
  if (sizeof<T>() == 4 && !scaled && !far && !exact) {
    expNearRow(x, e, log ? 0 : STRIP, strips);
    return;
  }
  if (scaled) expScaled<T>(x, STRIP, e, STRIP, strips);
  else expStrips<T>(x, STRIP, e, STRIP, strips);
  if (leavesOut<T>(log, exact)) dropMaxima<T>(x, STRIP, e, strips);
  if (sizeof<T>() == 4 && exact) sumRowExactly(e, strips * STRIP);
  else sumRow<T>(e, strips);
}

/**
 * e^(scale · x − c) over a row.
 * @param log true: y is not written, and where leavesOut, the entries equal to the maximum are left out of the sum and counted in COUNT
 * @param exact float32: everything is added in float64
 * @returns the sum, NaN where the row has a NaN, a +∞ or only −∞
 */
export function expRow<T>(log: bool, exact: bool, x: usize, y: usize, length: usize, scale: f64): f64 {
  const scaled = scale != 1;
  const max: T = sizeof<T>() == 4 && scale >= 0 ? <T>rowMax(x, length) : rowMaxOf<T>(scale < 0, x, length);
  storeStrip<T>(MAX, max);
  let far = false;
  if (scaled) prepareScaled<T>(4, scale);
  else {
    far = prepare<T>(1);
    if (far || exact || sizeof<T>() == 8) prepare<T>(4);
    prepareError<T>(1);
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
  return totalOfRow() + <f64>(max - max);
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

/** No entry of float32 is above 1; as fill. */
export function cutAtOne(y: usize, length: usize, stride: usize): void {
  for (let i: usize = 0; i < length; i++, y += stride) if (load<f32>(y) > 1) store<f32>(y, 1);
}

/** What is done with strips of up to three operands side by side; y 0: nothing is written. */
type Pass = (a: usize, b: usize, c: usize, y: usize, strips: usize, scale: f64) => void;

/**
 * A pass over rows of `length`, at most BLOCK strips at a time; the last, partial strip filled up with zeros. y may be any operand.
 */
export function overRow<T>(pass: Pass, a: usize, b: usize, c: usize, y: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  const tail = bytes & (STRIP - 1);
  const whole = bytes - tail;
  for (let at: usize = 0; at < whole; at += BLOCK * STRIP) {
    pass(a + at, b + at, c + at, y ? y + at : 0, min<usize>(BLOCK * STRIP, whole - at) / STRIP, scale);
  }
  if (!tail) return;
  loadTail<T>(a + whole, TAIL_A, tail, 0);
  loadTail<T>(b + whole, TAIL_B, tail, 0);
  loadTail<T>(c + whole, TAIL_C, tail, 0);
  pass(TAIL_A, TAIL_B, TAIL_C, y ? TAIL_A : 0, 1, scale);
  if (y) copyTail<T>(TAIL_A, y + whole, tail);
}
