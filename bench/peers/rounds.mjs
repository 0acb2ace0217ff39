import { median } from '../median.mjs';

/**
 * As `measure` of ../harness.mjs, interleaved rounds of the contenders of one case, for contenders of which some answer later: by a
 * promise, or from another process. None of them runs while another is timed.
 *
 * @param {readonly { name: string, time: (count: number) => number | Promise<number> }[]} contenders `time`: the seconds
 *   that `count` calls take.
 * @param {object} options
 * @param {number} options.rounds Rounds that count, one sample per contender in each; 1 or more.
 * @param {number} options.minTime Seconds that one sample is to last, about; above 0.
 * @param {number} [options.warmupRounds] Rounds before those: engines compile, the call counts settle.
 * @returns {Promise<{ name: string, seconds: number, min: number, max: number, samples: number[] }[]>} Per contender,
 *   in the order given: seconds per call, as the median over the rounds, the least, the greatest, and every round's.
 * @throws Whatever a contender throws.
 */
export async function measure(contenders, { rounds, minTime, warmupRounds = 2 }) {
  const entries = contenders.map(({ name, time }) => ({ name, time, count: 1, samples: /** @type {number[]} */ ([]) }));
  for (let round = -warmupRounds; round < rounds; round++) {
    for (const entry of entries) {
      const seconds = await sample(entry, minTime);
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

// Seconds per call. The count comes from the sample before; one that turns out far too short does not stand.
async function sample(entry, minTime) {
  let seconds = await entry.time(entry.count);
  while (seconds < minTime / 2) {
    entry.count *= Math.max(2, Math.min(10, Math.ceil(minTime / seconds)));
    seconds = await entry.time(entry.count);
  }
  const perCall = seconds / entry.count;
  entry.count = Math.max(1, Math.round(minTime / perCall));
  return perCall;
}
