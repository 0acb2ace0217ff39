// log softmax(x)_i = s (x_i − m) − log Σ_j e^(s (x_j − m)),  m, s and the special values as in softmax.ts.
// The sum is 1 + Σ of the others, hence log1p: where one entry dominates, 1 + tiny would round to 1 and its logarithm
// to 0. Both terms are ≤ 0: nothing cancels.

import { combineSlices, exponent, firstMaximum, type MutableNumbers, mapSlices, type Numbers, sum } from './slices.ts';

/** y = log softmax(scale · x) along the middle axis of [outer, length, inner]; y may be x. */
export function logSoftmax(
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
      z.fill(-Infinity);
      z[best] = 0;
    } else {
      for (let k = 0; k < length; k++) z[k] = exponent(z[k], m, s);
      const logTotal = Math.log1p(sum(length, (k) => (k === best ? 0 : Math.exp(z[k]))));
      for (let k = 0; k < length; k++) z[k] -= logTotal;
    }
  });
}

/** gradInput = scale · (g − e^output · Σ g) for g = gradOutput and output, the inputs; 0 where output is −∞; gradInput may be either. */
export function logSoftmaxBackward(
  inputs: readonly Numbers[],
  gradInput: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  combineSlices(inputs, gradInput, outer, length, inner, ([g, l]) => {
    const total = l.some(Number.isNaN) ? NaN : sum(length, (k) => g[k]);
    for (let k = 0; k < length; k++) {
      const masked = l[k] === -Infinity && !Number.isNaN(total);
      g[k] = masked ? 0 : (g[k] - Math.exp(l[k]) * total) * scale + 0; // + 0 makes −0 a 0
    }
  });
}
