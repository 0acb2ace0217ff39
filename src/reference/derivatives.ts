// Products of the derivatives with vectors, none of which needs a matrix. s is softmax, ⟨·,·⟩ the sum of products along the slice.
//
// Forward mode of softmax is softmaxBackward, its Jacobian being symmetric. That of log-softmax, I − 1 sᵀ, is not.
// The second derivative of Σ_m g_m s_m, times v, is the derivative of s ⊙ (g − ⟨g, s⟩) in the direction v:
//   s_i ((g_i − b)(v_i − a) − c),  a = ⟨s, v⟩,  b = ⟨g, s⟩,  c = ⟨s, (g − b) ⊙ (v − a)⟩.
// Of Σ_m g_m log s_m only −Σ g · log Σ e^z is curved: −Σ g · s ⊙ (v − a).
// A NaN in a slice of any input: the whole slice is NaN.

import { combineSlices, type MutableNumbers, type Numbers, sum } from './slices.ts';

/** y = scale · (v − ⟨e^output, v⟩) for v = tangent and output, the inputs; 0 where output is −∞; y may be either. */
export function logSoftmaxJvp(
  inputs: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  combineSlices(inputs, y, outer, length, inner, ([v, l]) => {
    const mean = sum(length, (k) => Math.exp(l[k]) * v[k]);
    for (let k = 0; k < length; k++) {
      const masked = l[k] === -Infinity && !Number.isNaN(mean);
      v[k] = masked ? 0 : (v[k] - mean) * scale + 0; // + 0 makes −0 a 0
    }
  });
}

/** y = scale² · s ⊙ ((g − b) ⊙ (v − a) − c) for g = gradOutput, s = output and v = vector, the inputs; y may be any of them. */
export function softmaxHvp(
  inputs: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  combineSlices(inputs, y, outer, length, inner, ([g, s, v]) => {
    const a = sum(length, (k) => s[k] * v[k]);
    const b = sum(length, (k) => s[k] * g[k]);
    const c = sum(length, (k) => s[k] * (g[k] - b) * (v[k] - a));
    for (let k = 0; k < length; k++) g[k] = s[k] * ((g[k] - b) * (v[k] - a) - c) * scale * scale + 0;
  });
}

/** y = −scale² · Σ g · s ⊙ (v − ⟨s, v⟩) for g = gradOutput, s = e^output and v = vector; the inputs are gradOutput, output and vector, and y may be any of them. */
export function logSoftmaxHvp(
  inputs: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  combineSlices(inputs, y, outer, length, inner, ([g, s, v]) => {
    for (let k = 0; k < length; k++) s[k] = Math.exp(s[k]);
    const total = sum(length, (k) => g[k]);
    const mean = sum(length, (k) => s[k] * v[k]);
    for (let k = 0; k < length; k++) g[k] = -total * s[k] * (v[k] - mean) * scale * scale + 0;
  });
}
