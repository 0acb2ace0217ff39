// Negative log-likelihood: c · (−log p_y) of log-probabilities that came, y the label of a slice and c its weight. A gather; its
// gradient is −c at the label and 0 elsewhere. A weight of 0 contributes 0, also where the log-probability is −∞.

import type { LossTerms } from './cross-entropy.ts';
import { eachSlice, type MutableNumbers, type Numbers } from './slices.ts';

/** The loss of each slice of [outer, length, inner], and its gradient, which may be the log-probabilities. */
export function nllLoss(
  logProbabilities: Numbers,
  gradient: MutableNumbers | undefined,
  { labels, coefficients, factors }: LossTerms,
  losses: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
): void {
  eachSlice(outer, length, inner, (start, row) => {
    const label = labels![row];
    const at = start + label * inner;
    const c = coefficients?.[row] ?? 1;
    const isNothing = label < 0 || (c === 0 && logProbabilities[at] === -Infinity);
    losses[row] = isNothing ? 0 : -c * logProbabilities[at] + 0; // + 0 makes −0 a 0
    if (!gradient) return;
    for (let k = 0; k < length; k++) gradient[start + k * inner] = 0;
    if (label >= 0) gradient[at] = -c * factors[row] + 0;
  });
}
