// The benchmark: a worker measures, so that the page stays alive; here are its button, its progress and its chart.

import { createChart, timeBars } from './charts.mjs';
import { byId, fillTable } from './elements.mjs';
import { formatNumber } from './numbers.mjs';

export function createBenchmark() {
  const [run, shape, progress, status, results] = [
    'run',
    'shape',
    'progress',
    'benchmark-status',
    'benchmark-results',
  ].map(byId);
  const { show: draw } = createChart(byId('benchmark-chart'));
  /** @type {Worker | undefined} */
  let worker;

  run.addEventListener('click', () => (worker ? stop('Stopped.') : start()));

  function start() {
    worker = new Worker(new URL('./benchmark-worker.mjs', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }) => {
      if (data.rows) show(data);
      if (data.error) stop(data.error);
      else if (data.done) stop(summary(data));
      else progress.value = data.progress;
    });
    worker.addEventListener('error', (event) =>
      stop(`The worker failed: ${event.message ?? 'it could not be loaded'}`),
    );
    worker.postMessage({ shape: shape.value });
    run.textContent = 'Stop';
    progress.value = 0;
    progress.hidden = false;
    status.textContent = 'Measuring …';
  }

  function stop(text) {
    worker?.terminate();
    worker = undefined;
    run.textContent = 'Run the benchmark';
    progress.hidden = true;
    status.textContent = text;
  }

  function show({ rows, shape: [outer, length] }) {
    results.hidden = false;
    byId('benchmark-caption').textContent = `ns per element of ${outer} × ${length}; shorter is faster`;
    const plain = rows.find(({ isPlain }) => isPlain).nanoseconds;
    draw(timeBars(rows));
    fillTable(
      byId('benchmark-table'),
      ['way', 'ns per element', 'times as fast as the plain loop'],
      rows.map(({ name, nanoseconds }) => [name, nanoseconds, plain / nanoseconds]),
    );
  }
}

function summary({ rows, skipped, clockStep, isolated, checked }) {
  const plain = rows.find(({ isPlain }) => isPlain);
  const best = rows.reduce((a, b) => (b.nanoseconds < a.nanoseconds ? b : a));
  return [
    best === plain
      ? 'The plain loop is the fastest here.'
      : `Fastest: ${best.name}, ${formatNumber(Number((plain.nanoseconds / best.nanoseconds).toPrecision(2)))} times as fast as the plain loop.`,
    `All gave the same results to ${formatNumber(Number(checked.toPrecision(1)))}.`,
    ...skipped.map(({ name, reason }) => `Not here: ${name} (${reason}).`),
    `The clock steps by ${formatNumber(Number(clockStep.toPrecision(2)))} µs in a page that is ${isolated ? '' : 'not '}cross-origin isolated.`,
  ].join(' ');
}
