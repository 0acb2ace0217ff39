// softmax(x)_i = e^(s (x_i − m)) / Σ_j e^(s (x_j − m)),  m the maximum (the minimum for s < 0).
// Any m gives the same value; with this one no term overflows and one of them is 1. The shift comes before the scale,
// so that s · x need not be finite. s = ±∞ is the limit of a vanishing temperature: one-hot at the first m.
// A NaN, an infinite m (+∞ in the slice, or nothing but −∞): the whole slice is NaN.

import { combineSlices, exponent, firstMaximum, type MutableNumbers, mapSlices, type Numbers, sum } from './slices.ts';

/** y = softmax(scale · x) along the middle axis of [outer, length, inner]; y may be x. */
export function softmax(
  x: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  mapSlices(x, y, outer, length, inner, scale, (z, s) => {
    const best = firstMaximum(z);
    const m = z[best];
    if (!Number.isFinite(m)) {
      z.fill(NaN);
    } else if (s === Infinity) {
      z.fill(0);
      z[best] = 1;
    } else {
      for (let k = 0; k < length; k++) z[k] = Math.exp(exponent(z[k], m, s));
      const total = sum(length, (k) => z[k]);
      for (let k = 0; k < length; k++) z[k] /= total;
    }
  });
}

/** gradInput = scale · s ⊙ (g − ⟨g, s⟩) for g = gradOutput and s = output, the inputs; gradInput may be either. */
export function softmaxBackward(
  inputs: readonly Numbers[],
  gradInput: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  combineSlices(inputs, gradInput, outer, length, inner, ([g, s]) => {
    const mean = sum(length, (k) => g[k] * s[k]);
    for (let k = 0; k < length; k++) g[k] = s[k] * (g[k] - mean) * scale + 0; // + 0 makes −0 a 0
  });
}
