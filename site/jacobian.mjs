// The Jacobian: a heat map that says the entry under the pointer, or the one that the arrow keys have reached.

import { createChart, heatMap } from './charts.mjs';
import { byId, fillTable } from './elements.mjs';
import { formatNumber } from './numbers.mjs';

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {(cell: [number, number]) => void} onChange
 * @returns {{ show(jacobian: number[][], cell: readonly [number, number]): void }}
 */
export function createJacobian(onChange) {
  const place = byId('jacobian');
  const { chart, show: draw } = createChart(byId('jacobian-chart'));
  const readout = byId('jacobian-entry');
  /** @type {number[][]} */
  let matrix = [];
  /** @type {[number, number]} */
  let marked = [0, 0];

  const say = ([output, input]) => {
    readout.textContent = `∂s${lowered(output)} / ∂z${lowered(input)} = ${formatNumber(matrix[output][input])}`;
  };
  const inside = (i) => Math.max(0, Math.min(matrix.length - 1, i));

  place.tabIndex = 0;
  chart.on('mousemove', ({ value }) => say([value[1], value[0]]));
  chart.on('globalout', () => say(marked));
  chart.on('click', ({ value }) => onChange([value[1], value[0]]));
  place.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = STEPS[event.key];
    const ends = { Home: [marked[0], 0], End: [marked[0], matrix.length - 1] };
    const next = step ? [inside(marked[0] + step[0]), inside(marked[1] + step[1])] : ends[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(next);
  });

  return {
    show(jacobian, cell) {
      matrix = jacobian;
      marked = [inside(cell[0]), inside(cell[1])];
      draw(heatMap(matrix, marked));
      say(marked);
      fillTable(
        byId('jacobian-table'),
        ['probability', ...matrix.map((_, i) => `logit ${i}`)],
        matrix.map((row, i) => [String(i), ...row]),
      );
    },
  };
}

/** @returns {string} the digits of an index below the line */
const lowered = (i) => String(i).replace(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]);
