// C[m, n] = A · B or C += A · B. A[i, p] is at a + i · aRowStride + p · aColumnStride, in bytes, so that a transposed matrix needs no
// copy; B [k, n] and C [m, n] are row-major and contiguous. C overlaps neither A nor B.

import { get, put } from "../core/accumulate";

export function matmul<T>(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void {
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < n; j++) {
      let total = accumulate ? get<T>(c, i * n + j) : 0.0;
      for (let p: usize = 0; p < k; p++) total += <f64>load<T>(a + i * aRowStride + p * aColumnStride) * get<T>(b, p * n + j);
      put<T>(c, i * n + j, total);
    }
  }
}
