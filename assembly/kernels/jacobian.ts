// All first derivatives of contiguous rows: y[row, i, j] is the derivative of output i with respect to input j. y does not overlap the
// output. A NaN in a row: its whole matrix is NaN.
//
//   softmax       diag(s) − s sᵀ
//   log-softmax   I − 1 sᵀ,  1 − s as −expm1(output), which loses nothing where s is close to 1

import { get, put } from "../core/accumulate";

/** Whether a row holds a NaN. */
export function hasNaN<T>(x: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) {
    if (isNaN<T>(load<T>(x + i * sizeof<T>()))) return true;
  }
  return false;
}

export function softmaxJacobian<T>(s: usize, y: usize, rows: usize, length: usize): void {
  for (let row: usize = 0; row < rows; row++, s += length * sizeof<T>()) {
    const nan = hasNaN<T>(s, length);
    for (let i: usize = 0; i < length; i++, y += length * sizeof<T>()) {
      for (let j: usize = 0; j < length; j++) {
        put<T>(y, j, nan ? NaN : get<T>(s, i) * ((i == j ? 1.0 : 0.0) - get<T>(s, j)));
      }
    }
  }
}

export function logSoftmaxJacobian<T>(o: usize, y: usize, rows: usize, length: usize): void {
  for (let row: usize = 0; row < rows; row++, o += length * sizeof<T>()) {
    const nan = hasNaN<T>(o, length);
    for (let i: usize = 0; i < length; i++, y += length * sizeof<T>()) {
      for (let j: usize = 0; j < length; j++) {
        const value = i == j ? NativeMath.expm1(get<T>(o, j)) : NativeMath.exp(get<T>(o, j));
        put<T>(y, j, nan ? NaN : -value);
      }
    }
  }
}
