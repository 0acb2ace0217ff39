// All second derivatives of softmax for contiguous rows: y[row, m, i, j] = ∂²s_m / ∂z_i ∂z_j
//   = s_m ((δ_mi − s_i)(δ_mj − s_j) − s_i (δ_ij − s_j)).
// y does not overlap the output. A NaN in a row: all of it is NaN.

import { get, put } from "../core/accumulate";
import { hasNaN } from "./jacobian";

export function softmaxHessian<T>(s: usize, y: usize, rows: usize, length: usize): void {
  for (let row: usize = 0; row < rows; row++, s += length * sizeof<T>()) {
    const nan = hasNaN<T>(s, length);
    for (let m: usize = 0; m < length; m++) {
      for (let i: usize = 0; i < length; i++, y += length * sizeof<T>()) {
        const a = (m == i ? 1.0 : 0.0) - get<T>(s, i);
        for (let j: usize = 0; j < length; j++) {
          const b = (m == j ? 1.0 : 0.0) - get<T>(s, j);
          const c = get<T>(s, i) * ((i == j ? 1.0 : 0.0) - get<T>(s, j));
          put<T>(y, j, nan ? NaN : get<T>(s, m) * (a * b - c));
        }
      }
    }
  }
}
