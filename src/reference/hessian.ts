// All second derivatives of a slice of softmax at once, K × K × K numbers:
//   ∂²s_m / ∂z_i ∂z_j = s_m ((δ_mi − s_i)(δ_mj − s_j) − s_i (δ_ij − s_j)).
// The axis is moved last: y has shape [outer, inner, K, K, K], and may not overlap the output. A NaN in a slice: all of it is NaN.

import { eachEntry } from './jacobian.ts';
import type { MutableNumbers, Numbers } from './slices.ts';

/** y_mij = ∂²s_m / ∂z_i ∂z_j, s being output. */
export function softmaxHessian(
  [output]: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  eachEntry(output, y, outer, length, inner, length, (s, i, j, m) => {
    const [mi, mj, ij] = [m === i ? 1 : 0, m === j ? 1 : 0, i === j ? 1 : 0];
    return s[m] * ((mi - s[i]) * (mj - s[j]) - s[i] * (ij - s[j]));
  });
}
