// All second derivatives of a slice of softmax at once, K × K × K numbers:
//   ∂²s_m / ∂z_i ∂z_j = s_m ((δ_mi − s_i)(δ_mj − s_j) − s_i (δ_ij − s_j)).
// The axis is moved last: y has shape [outer, inner, K, K, K], and may not overlap the output. A NaN in a slice: all of it is NaN.

import { eachSlice, load, type MutableNumbers, type Numbers, store } from './slices.ts';

/** y_mij = ∂²s_m / ∂z_i ∂z_j, s being output. */
export function softmaxHessian(
  [output]: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  const s = new Float64Array(length);
  const matrix = new Float64Array(length * length);
  eachSlice(outer, length, inner, (start, index) => {
    load(output, start, inner, s);
    const spoilt = s.some(Number.isNaN);
    for (let m = 0; m < length; m++) {
      for (let i = 0; i < length; i++) {
        for (let j = 0; j < length; j++) {
          const [mi, mj, ij] = [m === i ? 1 : 0, m === j ? 1 : 0, i === j ? 1 : 0];
          const entry = s[m] * ((mi - s[i]) * (mj - s[j]) - s[i] * (ij - s[j])) + 0; // + 0 makes −0 a 0
          matrix[i * length + j] = spoilt ? NaN : entry;
        }
      }
      store(matrix, y, (index * length + m) * matrix.length, 1);
    }
  });
}
