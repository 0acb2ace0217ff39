import Benchmark from 'benchmark';
import { median } from './median.mjs';

/**
 * Times the contenders of one case in interleaved rounds (A B C, A B C, …), so that a machine that slows down for a
 * while slows all of them down and their ratios stand.
 *
 * @param {readonly { name: string, run: () => unknown }[]} contenders
 * @param {object} options
 * @param {number} options.rounds Rounds that count, one sample per contender in each; 1 or more.
 * @param {number} options.minTime Seconds that one sample lasts at least; above 0.
 * @param {number} [options.warmupRounds] Rounds before those: the engine compiles, the call counts settle.
 * @returns {{ name: string, seconds: number, min: number, max: number, samples: number[] }[]} Per contender, in the
 *   order given: seconds per call, as the median over the rounds, the least, the greatest, and every round's.
 * @throws Whatever a contender throws.
 */
export function measure(contenders, { rounds, minTime, warmupRounds = 1 }) {
  const entries = contenders.map(({ name, run }) => ({ name, run, count: 1, samples: /** @type {number[]} */ ([]) }));
  for (let round = -warmupRounds; round < rounds; round++) {
    for (const entry of entries) {
      const { seconds, count } = sample(entry, minTime);
      entry.count = count;
      if (round >= 0) entry.samples.push(seconds);
    }
  }
  return entries.map(({ name, samples }) => ({
    name,
    seconds: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples,
  }));
}

// Results go here, so that no compiler can find a contender's work unused.
export const lastResult = { value: /** @type {unknown} */ (undefined) };

// One benchmark.js run of one sample: it repeats `run`, starting at `count` times, until the repetitions last `minTime`.
function sample({ name, run, count }, minTime) {
  const benchmark = new Benchmark(
    name,
    () => {
      lastResult.value = run();
    },
    // Any time spent exceeds a maxTime below 0: no second sample.
    { async: false, initCount: count, minTime, minSamples: 1, maxTime: -1 },
  );
  benchmark.run();
  if (benchmark.error) throw benchmark.error;
  return { seconds: benchmark.stats.mean, count: benchmark.count };
}
