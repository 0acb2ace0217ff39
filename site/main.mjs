// One state, in the address; every change of it draws the page anew.

import { getDefaultEngine, logSoftmax, logSumExp, softmax, softmaxJacobian } from 'softmax-simd';
import { createAddress } from './address.mjs';
import { createBenchmark } from './benchmark.mjs';
import { createChart, logProbabilityBars, probabilityBars } from './charts.mjs';
import { createScaling, createTranslation, entropy } from './compared.mjs';
import { createDraws } from './draws.mjs';
import { byId, createControl, fillTable } from './elements.mjs';
import { createJacobian } from './jacobian.mjs';
import { createLogits } from './logits.mjs';
import { formatNumber, writeNumber } from './numbers.mjs';
import { initialState, MAX_DRAWS, MAX_ENTRIES, scaleOptions } from './state.mjs';

const address = createAddress(arrive);
/** @type {import('./state.mjs').State} */
let state = initialState();

function change(part) {
  state = { ...state, ...part };
  show();
  address.write(state);
}

function arrive({ state: next, problems }) {
  state = next;
  const notice = byId('notice');
  notice.hidden = problems.length === 0;
  byId('notice-text').textContent = `The link was not all understood. ${problems.join(' ')}`;
  show();
}

const logits = createLogits((x) => change({ x }));
const jacobian = createJacobian((cell) => change({ cell }));
const translation = createTranslation();
const scaling = createScaling();
const draws = createDraws();
const probabilityChart = createChart(byId('probability-chart'));
const logProbabilityChart = createChart(byId('log-probability-chart'));
createBenchmark();

const controls = {
  T: createControl('T', {
    label: 'Temperature T',
    stops: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 20, 50, 100, Infinity],
    onChange: (T) => change({ T, b: undefined }),
  }),
  b: createControl('b', {
    label: 'Base b',
    stops: [0.01, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.1, 1.2, 1.5, 2, Math.E, 3, 4, 5, 7, 10, 20, 50, 100, 1000, 1e4],
    onChange: (b) => change({ b }),
  }),
  c: createControl('c', {
    label: 'Added c',
    stops: [-1000, -300, -100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100, 300, 1000],
    onChange: (c) => change({ c }),
  }),
  k: createControl('k', {
    label: 'Factor k',
    stops: [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.2, 1.5, 2, 3, 5, 7, 10, 20],
    onChange: (k) => change({ k }),
  }),
  n: createControl('n', {
    label: 'Draws',
    stops: [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, MAX_DRAWS],
    onChange: (n) => change({ n }),
  }),
  seed: createControl('seed', {
    label: 'Seed',
    stops: Array.from({ length: 51 }, (_, seed) => seed),
    onChange: (seed) => change({ seed }),
  }),
  topK: createControl('topK', {
    label: 'Top-k, 0 for all',
    stops: Array.from({ length: MAX_ENTRIES + 1 }, (_, k) => k),
    onChange: (topK) => change({ topK }),
  }),
  topP: createControl('topP', {
    label: 'Top-p, 1 for all',
    stops: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
    onChange: (topP) => change({ topP }),
  }),
  minP: createControl('minP', {
    label: 'Min-p, 0 for all',
    stops: [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    onChange: (minP) => change({ minP }),
  }),
};

for (const button of document.querySelectorAll('[data-logits]')) {
  button.addEventListener('click', () => change({ x: button.dataset.logits.split(',').map(parsePreset) }));
}
byId('reset').addEventListener('click', () => change(initialState()));
byId('share').addEventListener('click', share);
byId('notice-close').addEventListener('click', () => {
  byId('notice').hidden = true;
});

function parsePreset(text) {
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

async function share() {
  address.flush();
  const status = byId('share-status');
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent = 'The link is copied.';
  } catch {
    status.textContent = 'The link is in the address bar.'; // the browser keeps its clipboard to itself
  }
}

function show() {
  const { x, T, b, cell } = state;
  const options = scaleOptions(state);
  const probabilities = softmax(x, options);
  const logProbabilities = logSoftmax(x, options);

  logits.show(x);
  controls.T.show(b === undefined ? T : 1 / Math.log(b));
  controls.b.show(b ?? Math.exp(1 / T));
  for (const name of ['c', 'k', 'n', 'seed', 'topK', 'topP', 'minP']) controls[name].show(state[name]);
  document.body.dataset.scale = b === undefined ? 'temperature' : 'base';
  byId('call').textContent = call();

  probabilityChart.show(probabilityBars(probabilities));
  logProbabilityChart.show(logProbabilityBars(logProbabilities));
  fillTable(
    byId('results-table'),
    ['entry', 'logit', 'probability', 'log-probability'],
    x.map((value, i) => [String(i), value, probabilities[i], logProbabilities[i]]),
  );
  byId('entropy').textContent = formatNumber(entropy(probabilities));
  byId('log-sum-exp').textContent = formatNumber(
    b === undefined ? logSumExp(x, options)[0] : logSumExp(x.map((v) => v * Math.log(b)))[0],
  );
  announce(probabilities);

  jacobian.show(softmaxJacobian(probabilities), cell);
  translation.show(state, probabilities);
  scaling.show(state, probabilities);
  draws.show(state, probabilities);
}

let announcement;
/** Says the winner, once the reader rests. */
function announce(probabilities) {
  const largest = Math.max(...probabilities);
  const winners = probabilities.flatMap((p, i) => (p === largest ? [i] : []));
  byId('no-distribution').hidden = !Number.isNaN(largest);
  byId('largest').textContent = formatNumber(largest);
  byId('winners').textContent = winners.length === 1 ? `, entry ${winners[0]}` : '';
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    byId('announcement').textContent = Number.isNaN(largest)
      ? byId('no-distribution').textContent
      : `Largest probability: ${formatNumber(largest)}, entry ${winners.join(' and ')}.`;
  }, 600);
}

/** The call that gives what is shown. */
function call() {
  const { x, T, b } = state;
  const list = x.map((value) => writeNumber(value).replace('inf', 'Infinity')).join(', ');
  const option = b === undefined ? (T === 1 ? '' : `temperature: ${T}`) : `base: ${b === Math.E ? 'Math.E' : b}`;
  return `softmax([${list}]${option === '' ? '' : `, { ${option} }`})`;
}

const backends = { relaxed: 'WebAssembly relaxed SIMD', simd: 'WebAssembly SIMD', js: 'JavaScript' };
byId('backend').textContent = backends[getDefaultEngine().backend];
byId('isolation').textContent = self.crossOriginIsolated ? 'cross-origin isolated' : 'not cross-origin isolated';
arrive(address.read());
navigator.serviceWorker?.register('./service-worker.js').catch(() => {}); // without it the page works, but not offline
