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
      const counts = count(state);
      const shares = counts.map((times) => times / state.n);
      const came = counts.filter((times) => times > 0).length;
      result.textContent = Number.isNaN(probabilities[0])
        ? 'Nothing to draw from.'
        : `${state.n} draws, and ${came} of ${state.x.length} entries came.`;
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
  const filters = {
    ...(topK > 0 ? { topK: Math.min(topK, x.length) } : {}),
    ...(topP < 1 ? { topP } : {}),
    ...(minP > 0 ? { minP } : {}),
  };
  // A base is no option of sample; log-probabilities are logits, too.
  const drawn =
    b === undefined
      ? sample(x, { temperature: T, ...filters, seed, count: n })
      : sample(logSoftmax(x, { base: b }), { ...filters, seed, count: n });
  const counts = x.map(() => 0);
  for (const i of drawn) counts[i]++;
  return counts;
}
