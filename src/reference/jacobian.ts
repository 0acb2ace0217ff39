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
  eachEntry(output, y, outer, length, inner, 1, (s, i, j) => s[i] * ((i === j ? 1 : 0) - s[j]));
}

/** y = I − 1 sᵀ, s = e^output. 1 − s is −expm1(output), which loses nothing where s is close to 1. */
export function logSoftmaxJacobian(
  [output]: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  eachEntry(output, y, outer, length, inner, 1, (l, i, j) => -(i === j ? Math.expm1(l[j]) : Math.exp(l[j])));
}

/** Fills `count` matrices K × K for each slice; `entry` gets the slice, row, column, and which of the matrices it is. */
export function eachEntry(
  output: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  count: number,
  entry: (values: Float64Array, i: number, j: number, m: number) => number,
): void {
  const values = new Float64Array(length);
  const matrix = new Float64Array(length * length);
  eachSlice(outer, length, inner, (start, index) => {
    load(output, start, inner, values);
    const spoilt = values.some(Number.isNaN);
    for (let m = 0; m < count; m++) {
      for (let i = 0; i < length; i++) {
        for (let j = 0; j < length; j++) matrix[i * length + j] = spoilt ? NaN : entry(values, i, j, m) + 0; // + 0 makes −0 a 0
      }
      store(matrix, y, (index * count + m) * matrix.length, 1);
    }
  });
}
