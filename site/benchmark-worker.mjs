// Times softmax of float32 in a worker: each backend that runs here, array to array and in wasm memory, beside plain JavaScript.

import { createEngineSync } from 'softmax-simd';
import * as plainLoops from '../bench/contenders/plain-loops.mjs';

const ROUNDS = 7;
const SAMPLE_MILLISECONDS = 30;

/** Random numbers would do as well; these are the same every time. */
function logits(length) {
  return Float32Array.from({ length }, (_, i) => 4 * Math.sin(12.9898 * i) + Math.cos(78.233 * i));
}

const names = { relaxed: 'relaxed SIMD', simd: 'SIMD', js: 'JavaScript backend' };

/**
 * @param {[number, number]} shape rows, entries of a row
 * @returns {{ contenders: object[], skipped: { name: string, reason: string }[] }}
 */
function prepare(shape) {
  const x = logits(shape[0] * shape[1]);
  const contenders = [];
  const skipped = [];
  for (const backend of ['relaxed', 'simd', 'js']) {
    try {
      const engine = createEngineSync({ backend });
      const out = new Float32Array(x.length);
      contenders.push({
        name: names[backend],
        isOurs: true,
        run: () => engine.softmax(x, { shape, out }),
        read: () => out,
      });
      if (backend === 'js') continue;
      const [from, to] = [engine.allocate('float32', x.length), engine.allocate('float32', x.length)];
      from.array.set(x);
      contenders.push({
        name: `${names[backend]}, WasmBuffer`,
        isOurs: true,
        run: () => engine.softmax(from, { shape, out: to }),
        read: () => to.array,
      });
    } catch (error) {
      skipped.push({ name: names[backend], reason: error.message });
    }
  }
  const out = new Float32Array(x.length);
  const slices = { outer: shape[0], length: shape[1], inner: 1 };
  contenders.push({
    name: 'plain loop',
    isOurs: false,
    isPlain: true,
    run: () => plainLoops.softmax(x, out, slices),
    read: () => out,
  });
  return { contenders, skipped };
}

/** The largest difference from the plain loop: who computes something else is not compared. */
function check(contenders) {
  for (const { run } of contenders) run();
  const expected = contenders.find(({ isPlain }) => isPlain).read();
  let largest = 0;
  for (const { name, read } of contenders) {
    const difference = read().reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    if (!(difference < 1e-6)) throw new Error(`${name} differs from the plain loop by ${difference}.`);
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Milliseconds per call. The clock is read around as many calls as it takes, since its steps are coarse in browsers. */
function sample(contender) {
  for (;;) {
    const start = performance.now();
    for (let i = 0; i < contender.count; i++) contender.run();
    const elapsed = performance.now() - start;
    if (elapsed >= SAMPLE_MILLISECONDS) return elapsed / contender.count;
    const factor = Math.min(10, (1.2 * SAMPLE_MILLISECONDS) / Math.max(elapsed, 0.1));
    contender.count = Math.ceil(contender.count * factor);
  }
}

/** In microseconds, the smallest of some. */
function measureClockStep() {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    smallest = Math.min(smallest, now - start);
  }
  return 1000 * smallest;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

function measure(shape) {
  const { contenders, skipped } = prepare(shape);
  const checked = check(contenders);
  for (const contender of contenders) Object.assign(contender, { count: 1, samples: [] });
  const rows = () =>
    contenders.map(({ name, isOurs, isPlain, samples }) => ({
      name,
      isOurs,
      isPlain,
      nanoseconds: (1e6 * median(samples)) / (shape[0] * shape[1]),
    }));
  // Interleaved, so that a machine that slows down for a while slows all of them down. The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of contenders) {
      const milliseconds = sample(contender);
      if (round > 0) contender.samples.push(milliseconds);
    }
    if (round > 0) self.postMessage({ shape, rows: rows(), progress: round / ROUNDS });
  }
  const clock = { clockStep: measureClockStep(), isolated: self.crossOriginIsolated };
  self.postMessage({ shape, rows: rows(), done: true, skipped, checked, ...clock });
}

self.addEventListener('message', ({ data }) => {
  try {
    measure(data.shape.split('x').map(Number));
  } catch (error) {
    self.postMessage({ error: error.message });
  }
});
