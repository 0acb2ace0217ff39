// The corpus of tests/engines/corpus.mjs for a host without JavaScript: init() reads the cases from standard input, runs the kernels on them
// and writes the words of the hash to standard output. A module of its own, beside whichever binary it runs; no part of the package.
//
// A case: u32 format (0: f32, 1: f64), outer, length, inner, flags (1: one element off the alignment, 2: in place, 4: NaN in g), 0;
// f64 scale; the words of x; the words of g. The stream ends with a format of 2.

import {
  block_maxima_f32, cross_entropy_f32, cross_entropy_f64, hardmax_f32, hardmax_f64, heap_base, log_softmax_backward_f32, log_softmax_backward_f64,
  log_softmax_f32, log_softmax_f64, log_softmax_hvp_f32, log_softmax_hvp_f64, log_softmax_jvp_f32, log_softmax_jvp_f64, log_sum_exp_f32,
  log_sum_exp_f64, mass_from_f32, matmul_f32, matmul_f64, softmax_backward_f32, softmax_backward_f64, softmax_f32, softmax_f64, softmax_hvp_f32,
  softmax_hvp_f64, transpose_f32, transpose_f64, weigh_f32,
} from "./env";

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, vectors: usize, count: i32, read: usize): i32;

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;

/** This module has no memory of its own: what it needs lies where the binary's ends, and the arrays behind that. */
const HEADER: usize = heap_base;
const VECTOR: usize = heap_base + 32;
/** Two states and a count of words per kernel and format: MurmurHash3, as there. */
const HASHES: usize = heap_base + 48;
const HASH_BYTES: usize = 324;
const ARRAYS: usize = (HASHES + HASH_BYTES + 63) & ~63;

/** In the order in which they run. */
const SOFTMAX = 0, SOFTMAX_BACKWARD = 1, SOFTMAX_HVP = 2, CROSS_ENTROPY = 3, LOG_SOFTMAX = 4, LOG_SOFTMAX_BACKWARD = 5, LOG_SOFTMAX_JVP = 6;
const LOG_SOFTMAX_HVP = 7, LOG_SUM_EXP = 8, HARDMAX = 9, TRANSPOSE = 10, MATMUL = 11, OPS = 12;
/** Behind the hashes of those in both formats. */
const BLOCK_MAXIMA = 24, WEIGH = 25, MASS_FROM = 26;

function isDerivative(op: i32): bool {
  return op == SOFTMAX_BACKWARD || op == SOFTMAX_HVP || op == LOG_SOFTMAX_BACKWARD || op == LOG_SOFTMAX_JVP || op == LOG_SOFTMAX_HVP;
}

/** Knows contiguous rows only. */
function isOfRows(op: i32): bool {
  return op == SOFTMAX_HVP || op == CROSS_ENTROPY || op == LOG_SOFTMAX_JVP || op == LOG_SOFTMAX_HVP || op == MATMUL;
}

function readExactly(to: usize, bytes: usize): void {
  while (bytes > 0) {
    store<usize>(VECTOR, to);
    store<usize>(VECTOR, bytes, 4);
    if (fd_read(0, VECTOR, 1, VECTOR + 8) != 0) unreachable();
    const count = load<usize>(VECTOR, 8);
    if (count == 0) unreachable();
    to += count;
    bytes -= count;
  }
}

function mix(state: u32, word: u32): u32 {
  const k = rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593;
  return rotl<u32>(state ^ k, 13) * 5 + 0xe6546b64;
}

/** Grows the memory up to byte `end`. */
function reserve(end: usize): void {
  const missing = <isize>end - <isize>(memory.size() << 16);
  if (missing > 0 && memory.grow(<i32>((missing + 65535) >> 16)) < 0) unreachable();
}

function take(slot: usize, at: usize, bytes: usize): void {
  let a = load<u32>(slot), b = load<u32>(slot, 4);
  for (const end = at + bytes; at < end; at += 4) {
    const word = load<u32>(at);
    a = mix(a, word);
    b = mix(b, word);
  }
  store<u32>(slot, a);
  store<u32>(slot, b, 4);
  store<u32>(slot, load<u32>(slot, 8) + <u32>(bytes >> 2), 8);
}

function forward(op: i32, wide: bool, x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (op == HARDMAX) {
    if (wide) hardmax_f64(x, y, outer, length, inner);
    else hardmax_f32(x, y, outer, length, inner);
    return;
  }
  const rows = outer * inner; // in float64 the kernels take the same memory as rows
  if (op == SOFTMAX) {
    if (wide) softmax_f64(x, y, rows, length, 1, scale);
    else softmax_f32(x, y, outer, length, inner, scale);
  } else if (op == LOG_SOFTMAX) {
    if (wide) log_softmax_f64(x, y, rows, length, 1, scale);
    else log_softmax_f32(x, y, outer, length, inner, scale);
  } else if (wide) log_sum_exp_f64(x, y, rows, length, 1, scale);
  else log_sum_exp_f32(x, y, outer, length, inner, scale);
}

function derivative(op: i32, wide: bool, g: usize, o: usize, to: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  const rows = outer * inner;
  if (op == SOFTMAX_BACKWARD) {
    if (wide) softmax_backward_f64(g, o, to, rows, length, 1, scale);
    else softmax_backward_f32(g, o, to, outer, length, inner, scale);
  } else if (op == LOG_SOFTMAX_BACKWARD) {
    if (wide) log_softmax_backward_f64(g, o, to, rows, length, 1, scale);
    else log_softmax_backward_f32(g, o, to, outer, length, inner, scale);
  } else if (op == LOG_SOFTMAX_JVP) {
    if (wide) log_softmax_jvp_f64(g, o, to, rows, length, scale);
    else log_softmax_jvp_f32(g, o, to, rows, length, scale);
  } else if (op == SOFTMAX_HVP) {
    if (wide) softmax_hvp_f64(g, o, g, to, rows, length, scale);
    else softmax_hvp_f32(g, o, g, to, rows, length, scale);
  } else if (wide) log_softmax_hvp_f64(g, o, g, to, rows, length, scale);
  else log_softmax_hvp_f32(g, o, g, to, rows, length, scale);
}

/** What cross-entropy has for row n, as there. */
function writePerRow(labels: usize, coefficients: usize, factors: usize, rows: usize, length: usize): void {
  for (let n: usize = 0; n < rows; n++) {
    store<i32>(labels + (n << 2), n % 5 == 3 ? -1 : <i32>((7 * n) % length));
    store<f64>(coefficients + (n << 3), <f64>(n % 3) / 2);
    store<f64>(factors + (n << 3), <f64>(n % 4) - 1.5);
  }
}

/** What rows of a length have as the unit of weights, as there. */
function unitOf(length: usize): f64 {
  let unit: f64 = 3.552713678800501e-15; // 2^−48
  for (let n: usize = 32; n < length; n *= 2) unit *= 2;
  return unit;
}

/** The passes of sampling over rows of float32, as there; `free` is where the memory is. */
function rowPasses(x: usize, free: usize, rows: usize, length: usize, scale: f64): void {
  const blocks = (length + 63) >> 6, unit = unitOf(length), size = Math.abs(scale);
  const weights = (free + 63) & ~63, masses = weights + ((blocks + 1) << 8), maxima = masses + ((blocks + 1) << 3);
  reserve(maxima + ((blocks + 1) << 2));
  for (let n: usize = 0; n < rows; n++, x += length << 2) {
    const max = block_maxima_f32(x, maxima, length);
    store<f32>(maxima + (blocks << 2), max);
    take(HASHES + 12 * BLOCK_MAXIMA, maxima, (blocks + 1) << 2);
    if (size < 1e-30 || size > 1e30 || !isFinite<f32>(max)) continue;
    weigh_f32(x, weights, masses, length, max, <f32>(Math.LOG2E * size), unit);
    take(HASHES + 12 * WEIGH, weights, length << 2);
    take(HASHES + 12 * WEIGH, masses, blocks << 3);
    const index = (7 * n) % length, from = index << 2;
    const threshold = load<f32>(x + from);
    if (threshold == -Infinity) continue;
    store<f64>(masses, mass_from_f32(x, weights, index, threshold, unit));
    store<f64>(masses, mass_from_f32(x + from, weights + from, length - index, threshold, unit), 8);
    take(HASHES + 12 * MASS_FROM, masses, 16);
  }
}

export function init(): void {
  for (let i: usize = 0; i < HASH_BYTES; i += 12) {
    store<u32>(HASHES + i, 0x3c6ef372);
    store<u32>(HASHES + i, 0x1b873593, 4);
  }
  for (;;) {
    readExactly(HEADER, 32);
    if (load<u32>(HEADER) == 2) break;
    const wide = load<u32>(HEADER) == 1;
    const outer = load<usize>(HEADER, 4), length = load<usize>(HEADER, 8), inner = load<usize>(HEADER, 12);
    const flags = load<u32>(HEADER, 16), scale = load<f64>(HEADER, 24);
    const element: usize = wide ? 8 : 4;
    const rows = outer * inner;
    const size = rows * length * element;
    const room = (size + 127) & ~63;
    const base = ARRAYS + (flags & 1 ? element : 0);
    // x and g as read, then copies for the kernels, which may write in place.
    const x = base, g = base + room, from = base + 2 * room, y = base + 3 * room, gradient = base + 4 * room, d = base + 5 * room;
    const labels = ARRAYS + 6 * room, coefficients = labels + 8 * rows, factors = coefficients + 8 * rows, losses = factors + 8 * rows;
    reserve(losses + 8 * rows);
    readExactly(x, size);
    readExactly(g, size);
    for (let op: i32 = 0; op < OPS; op++) {
      if (!wide && inner > 1 && isOfRows(op)) continue;
      const slot = HASHES + 12 * (<usize>op + (wide ? <usize>OPS : 0));
      if (isDerivative(op)) {
        if (Math.abs(scale) == Infinity) continue;
        if ((op == SOFTMAX_HVP || op == LOG_SOFTMAX_HVP) && Math.abs(scale) > 1e10) continue;
        memory.copy(gradient, g, size);
        const to = flags & 2 ? gradient : d;
        derivative(op, wide, gradient, y, to, outer, length, inner, scale);
        take(slot, to, size);
      } else if (op == CROSS_ENTROPY) {
        if (Math.abs(scale) == Infinity || scale == 5e-324) continue;
        writePerRow(labels, coefficients, factors, rows, length);
        for (let i = 0; i < 2; i++) {
          const targets: usize = i == 0 ? 0 : y;
          memory.copy(from, x, size);
          const to = flags & 2 ? from : d;
          if (wide) cross_entropy_f64(from, to, targets, length * element, labels, coefficients, factors, losses, rows, length, scale);
          else cross_entropy_f32(from, to, targets, length * element, labels, coefficients, factors, losses, rows, length, scale);
          take(slot, to, size);
          take(slot, losses, 8 * rows);
        }
      } else if (op == TRANSPOSE) {
        if (flags & 4) continue;
        if (wide) {
          transpose_f64(g, d, outer * length, inner);
          transpose_f64(d, y, length, rows);
        } else {
          transpose_f32(g, d, outer * length, inner);
          transpose_f32(d, y, length, rows);
        }
        take(slot, y, size);
      } else if (op == MATMUL) {
        if (flags & 4) continue;
        const columns = min<usize>(min<usize>(rows, length), 33), row = length * element;
        if (wide) {
          matmul_f64(g, row, element, g, d, rows, columns, length, false);
          matmul_f64(g, element, row, g, d, columns, columns, rows, true);
        } else {
          matmul_f32(g, row, element, g, d, rows, columns, length, false);
          matmul_f32(g, element, row, g, d, columns, columns, rows, true);
        }
        take(slot, d, rows * columns * element);
      } else {
        if (op == LOG_SUM_EXP && Math.abs(scale) == Infinity) continue;
        const input = flags & 2 ? y : from;
        memory.copy(input, x, size);
        forward(op, wide, input, y, outer, length, inner, scale);
        take(slot, y, op == LOG_SUM_EXP ? rows * element : size);
      }
    }
    if (!wide && inner == 1) rowPasses(x, from, rows, length, scale);
  }
  store<usize>(VECTOR, HASHES);
  store<usize>(VECTOR, HASH_BYTES, 4);
  if (fd_write(1, VECTOR, 1, VECTOR + 8) != 0) unreachable();
}
