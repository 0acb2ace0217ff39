// log Σ_j e^(s x_j) = s m + log Σ_j e^(s (x_j − m)),  m and s as in softmax.ts, log1p as in log-softmax.ts.
// An infinite m is the result, a NaN too. As s → ∞, s m grows without bound by the sign of m; where m is 0 each entry
// equal to it counts once. Where the two terms cancel, the error is that of their rounding, not of the result's.

import {
  eachSlice,
  exponent,
  firstMaximum,
  load,
  type MutableNumbers,
  magnitude,
  type Numbers,
  sum,
} from './slices.ts';

/** y = log Σ exp(scale · x) over the middle axis of [outer, length, inner]; y has shape [outer, inner] and may start where x does. */
export function logSumExp(
  x: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const z = new Float64Array(length);
  const s = magnitude(scale);
  eachSlice(outer, length, inner, (start, index) => {
    load(x, start, inner, z, Math.sign(scale));
    const best = firstMaximum(z);
    const m = z[best];
    if (Number.isNaN(m)) y[index] = NaN;
    else if (!Number.isFinite(m)) y[index] = m;
    else if (s === Infinity) y[index] = m === 0 ? Math.log(sum(length, (k) => (z[k] === 0 ? 1 : 0))) : m * s;
    else y[index] = s * m + Math.log1p(sum(length, (k) => (k === best ? 0 : Math.exp(exponent(z[k], m, s)))));
  });
}
