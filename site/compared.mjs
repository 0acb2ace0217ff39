// Two laws shown live: translation changes nothing, scaling sharpens.

import { softmax } from 'softmax-simd';
import { comparedBars, createChart } from './charts.mjs';
import { byId, fillTable } from './elements.mjs';
import { formatNumber } from './numbers.mjs';
import { scaleOptions } from './state.mjs';

const maximum = (values) => values.reduce((most, value) => (Number.isNaN(value) ? value : Math.max(most, value)), 0);

/** @returns {number} in nats: 0 for certainty, log K for K equal entries */
export function entropy(probabilities) {
  return probabilities.reduce((sum, p) => sum - (p === 0 ? 0 : p * Math.log(p)), 0);
}

/** @returns {{ show(state: import('./state.mjs').State, probabilities: number[]): void }} */
export function createTranslation() {
  const { show: draw } = createChart(byId('translation-chart'));
  return {
    show(state, probabilities) {
      const moved = state.x.map((value) => value + state.c);
      const results = softmax(moved, scaleOptions(state));
      const difference = maximum(results.map((value, i) => Math.abs(value - probabilities[i])));
      const power = Math.exp(maximum(moved.map((value) => Math.max(0, value))));
      byId('translation-result').textContent =
        `Largest difference: ${formatNumber(difference)}. The largest e^(x + c) by itself is ${formatNumber(power)}.`;
      draw(comparedBars(probabilities, results));
      fillTable(
        byId('translation-table'),
        ['logit', 'x', 'x + c', 'softmax(x)', 'softmax(x + c)'],
        results.map((value, i) => [String(i), state.x[i], moved[i], probabilities[i], value]),
      );
    },
  };
}

/** @returns {{ show(state: import('./state.mjs').State, probabilities: number[]): void }} */
export function createScaling() {
  const { show: draw } = createChart(byId('scaling-chart'));
  return {
    show(state, probabilities) {
      const scaled = state.x.map((value) => value * state.k);
      const results = softmax(scaled, scaleOptions(state));
      byId('scaling-result').textContent =
        `Largest probability: ${formatNumber(maximum(probabilities))} → ${formatNumber(maximum(results))}. ` +
        `Entropy: ${formatNumber(entropy(probabilities))} → ${formatNumber(entropy(results))} nats.`;
      draw(comparedBars(probabilities, results));
      fillTable(
        byId('scaling-table'),
        ['logit', 'x', 'k · x', 'softmax(x)', 'softmax(k · x)'],
        results.map((value, i) => [String(i), state.x[i], scaled[i], probabilities[i], value]),
      );
    },
  };
}
