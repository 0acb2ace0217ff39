// A module of its own that calls softmax.simd.wasm: it imports the binary's memory, heap_base and functions, and has no memory itself.
// It writes softmax and gradient, two arrays of float32, to standard output.

import { heap_base, softmax_backward_f32, softmax_f32 } from './env';
import { fd_write } from './wasi_snapshot_preview1';

const ROWS: usize = 2;
const COLUMNS: usize = 4;
const BYTES: usize = ROWS * COLUMNS * sizeof<f32>();

/** Two arrays behind heap_base, each at a multiple of 16, and a vector of WASI. */
const X: usize = (heap_base + 15) & ~15;
const G: usize = X + BYTES;
const VECTOR: usize = G + BYTES;

function set(at: usize, a: f32, b: f32, c: f32, d: f32): void {
  store<f32>(at, a, 0);
  store<f32>(at, b, 4);
  store<f32>(at, c, 8);
  store<f32>(at, d, 12);
}

export function init(): void {
  const missing = <isize>(VECTOR + 12) - <isize>(memory.size() << 16);
  if (missing > 0 && memory.grow(<i32>((missing + 65535) >> 16)) < 0) unreachable();

  set(X, 1, 3, 5, 7);
  set(X + 16, 1, -9, 4, 8);
  softmax_f32(X, X, ROWS, COLUMNS, 1, 1); // in place

  set(G, 1, 0, 0, 0);
  set(G + 16, 1, 1, 1, 1);
  softmax_backward_f32(G, X, G, ROWS, COLUMNS, 1, 1);

  store<usize>(VECTOR, X); // both arrays: one lies behind the other
  store<usize>(VECTOR, 2 * BYTES, 4);
  if (fd_write(1, VECTOR, 1, VECTOR + 8) !== 0) unreachable();
}
