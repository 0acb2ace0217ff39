// All first derivatives of a slice at once, K × K numbers: row i has those of output i. The axis is moved last:
// y has shape [outer, inner, K, K], and may not overlap the output. A NaN in a slice: its whole matrix is NaN.

import { eachSlice, load, type MutableNumbers, type Numbers, store } from './slices.ts';

/** y = diag(s) − s sᵀ, s being output. */
export function softmaxJacobian(
  [output]: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  eachEntry(output, y, outer, length, inner, (s, i, j) => s[i] * ((i === j ? 1 : 0) - s[j]));
}

/** y = I − 1 sᵀ, s = e^output. 1 − s is −expm1(output), which loses nothing where s is close to 1. */
export function logSoftmaxJacobian(
  [output]: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  eachEntry(output, y, outer, length, inner, (l, i, j) => -(i === j ? Math.expm1(l[j]) : Math.exp(l[j])));
}

function eachEntry(
  output: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  entry: (values: Float64Array, i: number, j: number) => number,
): void {
  const values = new Float64Array(length);
  const matrix = new Float64Array(length * length);
  eachSlice(outer, length, inner, (start, index) => {
    load(output, start, inner, values);
    if (values.some(Number.isNaN)) matrix.fill(NaN);
    else {
      for (let i = 0; i < length; i++) {
        for (let j = 0; j < length; j++) matrix[i * length + j] = entry(values, i, j) + 0; // + 0 makes −0 a 0
      }
    }
    store(matrix, y, index * matrix.length, 1);
  });
}
