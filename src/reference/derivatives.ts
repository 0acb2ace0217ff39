// Products of the derivatives with vectors, none of which needs a matrix. s is softmax, ⟨·,·⟩ the sum of products along the slice.
//
// Forward mode of softmax is softmaxBackward, its Jacobian being symmetric. That of log-softmax, I − 1 sᵀ, is not.
// The second derivative of Σ_m g_m s_m, times v, is the derivative of s ⊙ (g − ⟨g, s⟩) in the direction v:
//   s_i ((g_i − b)(v_i − a) − c),  a = ⟨s, v⟩,  b = ⟨g, s⟩,  c = ⟨s, (g − b) ⊙ (v − a)⟩.
// Of Σ_m g_m log s_m only −Σ g · log Σ e^z is curved: −Σ g · s ⊙ (v − a).
// A NaN in a slice of any input: the whole slice is NaN.

import { eachSlice, load, type MutableNumbers, type Numbers, store, sum } from './slices.ts';

/** y = scale · (v − ⟨e^output, v⟩), v being tangent; 0 where output is −∞; y may be either. */
export function logSoftmaxJvp(
  tangent: Numbers,
  output: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const v = new Float64Array(length);
  const l = new Float64Array(length);
  eachSlice(outer, length, inner, (start) => {
    load(tangent, start, inner, v);
    load(output, start, inner, l);
    const mean = sum(length, (k) => Math.exp(l[k]) * v[k]);
    for (let k = 0; k < length; k++) {
      const masked = l[k] === -Infinity && !Number.isNaN(mean);
      v[k] = masked ? 0 : (v[k] - mean) * scale + 0; // + 0 makes −0 a 0
    }
    store(v, y, start, inner);
  });
}

/** y = scale² · s ⊙ ((g − b) ⊙ (v − a) − c), g being gradOutput, s output and v vector; y may be any of them. */
export function softmaxHvp(
  gradOutput: Numbers,
  output: Numbers,
  vector: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const g = new Float64Array(length);
  const s = new Float64Array(length);
  const v = new Float64Array(length);
  eachSlice(outer, length, inner, (start) => {
    load(gradOutput, start, inner, g);
    load(output, start, inner, s);
    load(vector, start, inner, v);
    const a = sum(length, (k) => s[k] * v[k]);
    const b = sum(length, (k) => s[k] * g[k]);
    const c = sum(length, (k) => s[k] * (g[k] - b) * (v[k] - a));
    for (let k = 0; k < length; k++) v[k] = s[k] * ((g[k] - b) * (v[k] - a) - c) * scale * scale + 0;
    store(v, y, start, inner);
  });
}

/** y = −scale² · Σ g · s ⊙ (v − ⟨s, v⟩), s = e^output, g being gradOutput and v vector; y may be any of the inputs. */
export function logSoftmaxHvp(
  gradOutput: Numbers,
  output: Numbers,
  vector: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const g = new Float64Array(length);
  const s = new Float64Array(length);
  const v = new Float64Array(length);
  eachSlice(outer, length, inner, (start) => {
    load(gradOutput, start, inner, g);
    load(output, start, inner, s);
    load(vector, start, inner, v);
    for (let k = 0; k < length; k++) s[k] = Math.exp(s[k]);
    const total = sum(length, (k) => g[k]);
    const mean = sum(length, (k) => s[k] * v[k]);
    for (let k = 0; k < length; k++) v[k] = -total * s[k] * (v[k] - mean) * scale * scale + 0;
    store(v, y, start, inner);
  });
}
