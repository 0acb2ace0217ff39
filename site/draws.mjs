// Seeded draws: how often each entry comes, beside its probability.

import { logSoftmax, sample } from 'softmax-simd';
import { comparedBars, createChart } from './charts.mjs';
import { byId, fillTable } from './elements.mjs';

/** @returns {{ show(state: import('./state.mjs').State, probabilities: number[]): void }} */
export function createDraws() {
  const { show: draw } = createChart(byId('draws-chart'));
  const result = byId('draws-result');
  return {
    show(state, probabilities) {
      const isDistribution = !Number.isNaN(probabilities[0]);
      const counts = isDistribution ? count(state) : probabilities.map(() => 0);
      const shares = counts.map((times) => times / state.n);
      const came = counts.filter((times) => times > 0).length;
      result.textContent = isDistribution
        ? `${state.n} draws, and ${came} of ${state.x.length} entries came.`
        : 'Nothing to draw from.';
      draw(comparedBars(probabilities, shares));
      fillTable(
        byId('draws-table'),
        ['entry', 'probability', 'draws', 'share'],
        counts.map((times, i) => [String(i), probabilities[i], times, shares[i]]),
      );
    },
  };
}

/** How often each entry came. */
function count({ x, T, b, n, seed, topK, topP, minP }) {
  const options = { topK: topK === 0 ? undefined : topK, topP, minP, seed, count: n };
  // A base is no option of sample; log-probabilities are logits, too.
  const tokens =
    b === undefined ? sample(x, { temperature: T, ...options }) : sample(logSoftmax(x, { base: b }), options);
  const counts = x.map(() => 0);
  for (const token of tokens) counts[token]++;
  return counts;
}
