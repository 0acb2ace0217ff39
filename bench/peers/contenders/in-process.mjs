import { lastResult } from '../../harness.mjs';

/**
 * Seconds that `count` calls take.
 *
 * @param {() => unknown} run
 * @param {number} count
 * @returns {number}
 */
export function time(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) lastResult.value = run();
  return (performance.now() - start) / 1e3;
}

/**
 * Seconds that `count` calls take, each awaited before the next.
 *
 * @param {() => Promise<unknown>} run
 * @param {number} count
 * @returns {Promise<number>}
 */
export async function timeAwaited(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) lastResult.value = await run();
  return (performance.now() - start) / 1e3;
}

/**
 * A contender of `npm run bench` among the peers.
 *
 * @param {import('../../contenders/index.mjs').Contender} contender
 * @returns {import('./index.mjs').Contender}
 */
export const inProcess = (contender) => ({
  name: contender.name,
  isFor: contender.isFor,
  async prepare(testCase) {
    const prepared = contender.prepare(testCase);
    if ('skip' in prepared) return prepared;
    const { run, read = (result) => result, check, release } = prepared;
    return { result: () => read(run()), check, time: (count) => time(run, count), release };
  },
});
