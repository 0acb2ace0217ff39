// The corpus of tests/engines/corpus.mjs for a host without JavaScript: init() reads the cases from standard input, runs the kernels on them
// and writes the words of the hash to standard output. Compiled beside assembly/index.ts; no part of the package.
//
// A case: u32 format (0: f32, 1: f64), outer, length, inner, flags (1: one element off the alignment, 2: in place), 0; f64 scale; the
// words of x; the words of g. The stream ends with a format of 2.

import {
  hardmax_f32, hardmax_f64, heap_base, log_softmax_backward_f32, log_softmax_backward_f64, log_softmax_f32, log_softmax_f64,
  log_sum_exp_f32, log_sum_exp_f64, softmax_backward_f32, softmax_backward_f64, softmax_f32, softmax_f64,
} from "../index";

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, vectors: usize, count: i32, read: usize): i32;

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;

const HEADER = memory.data(32, 16);
const VECTOR = memory.data(16, 16);
/** Two states and a count of words per kernel and format: MurmurHash3, as there. */
const HASHES = memory.data(144, 16);

const SOFTMAX = 0, SOFTMAX_BACKWARD = 1, LOG_SOFTMAX = 2, LOG_SOFTMAX_BACKWARD = 3, LOG_SUM_EXP = 4, HARDMAX = 5, OPS = 6;

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

function run(op: i32, wide: bool, a: usize, b: usize, to: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  if (op == SOFTMAX) {
    if (wide) softmax_f64(a, to, outer, length, inner, scale);
    else softmax_f32(a, to, outer, length, inner, scale);
  } else if (op == SOFTMAX_BACKWARD) {
    if (wide) softmax_backward_f64(a, b, to, outer, length, inner, scale);
    else softmax_backward_f32(a, b, to, outer, length, inner, scale);
  } else if (op == LOG_SOFTMAX) {
    if (wide) log_softmax_f64(a, to, outer, length, inner, scale);
    else log_softmax_f32(a, to, outer, length, inner, scale);
  } else if (op == LOG_SOFTMAX_BACKWARD) {
    if (wide) log_softmax_backward_f64(a, b, to, outer, length, inner, scale);
    else log_softmax_backward_f32(a, b, to, outer, length, inner, scale);
  } else if (op == LOG_SUM_EXP) {
    if (wide) log_sum_exp_f64(a, to, outer, length, inner, scale);
    else log_sum_exp_f32(a, to, outer, length, inner, scale);
  } else if (wide) hardmax_f64(a, to, outer, length, inner);
  else hardmax_f32(a, to, outer, length, inner);
}

export function init(): void {
  for (let i: usize = 0; i < 144; i += 12) {
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
    const size = outer * length * inner * element;
    const room = (size + 127) & ~63;
    const base = ((heap_base + 63) & ~63) + (flags & 1 ? element : 0);
    // x and g as read, then copies for the kernels, which may write in place.
    const x = base, g = base + room, from = base + 2 * room, y = base + 3 * room, gradient = base + 4 * room, d = base + 5 * room;
    const missing = <isize>(base + 6 * room) - <isize>(memory.size() << 16);
    if (missing > 0 && memory.grow(<i32>((missing + 65535) >> 16)) < 0) unreachable();
    readExactly(x, size);
    readExactly(g, size);
    for (let op: i32 = 0; op < OPS; op++) {
      const slot = HASHES + 12 * (<usize>op + (wide ? <usize>OPS : 0));
      if (op == SOFTMAX_BACKWARD || op == LOG_SOFTMAX_BACKWARD) {
        if (Math.abs(scale) == Infinity) continue;
        memory.copy(gradient, g, size);
        const to = flags & 2 ? gradient : d;
        run(op, wide, gradient, y, to, outer, length, inner, scale);
        take(slot, to, size);
      } else {
        const input = flags & 2 ? y : from;
        memory.copy(input, x, size);
        run(op, wide, input, 0, y, outer, length, inner, scale);
        take(slot, y, op == LOG_SUM_EXP ? outer * inner * element : size);
      }
    }
  }
  store<usize>(VECTOR, HASHES);
  store<usize>(VECTOR, 144, 4);
  if (fd_write(1, VECTOR, 1, VECTOR + 8) != 0) unreachable();
}
