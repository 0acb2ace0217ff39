// npm run statistics with a tenth of the draws; and the chi-square test itself.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../tools/inputs.ts';
import { chiSquare, gammaQ, logGamma } from './chi-square.ts';
import { chosen, createEngineSync, experiments, impossible, passes } from './index.ts';

const engine = createEngineSync();
const { draws, forbidden } = chosen.quick;

test.each(experiments.map((experiment) => [experiment.name, experiment] as const))('%s', (_, { run }) => {
  const finding = run(engine, draws);
  expect(passes(finding), JSON.stringify(finding)).toBe(true);
});

test.each(impossible.map((one) => [one.name, one] as const))('no draw of what cannot be: %s', (_, { run }) => {
  expect(run(engine, forbidden / impossible.length)).toBe(0);
});

describe('the chi-square test', () => {
  test('log Γ: of whole numbers, of a half', () => {
    for (const [a, factorial] of [
      [1, 1],
      [2, 1],
      [5, 24],
      [11, 3628800],
      [20, 121645100408832000],
    ])
      expect(logGamma(a)).toBeCloseTo(Math.log(factorial), 11);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 11);
  });

  // Closed forms: Q(1, x) = e^−x, Q(n, x) = e^−x Σ_{k<n} x^k / k!
  test('Q(n, x) for whole n is a Poisson sum', () => {
    for (const n of [1, 2, 5, 20, 80]) {
      for (const x of [0, 0.01, 1, 4.9, 19, 21, 70, 95]) {
        let term = Math.exp(-x);
        let sum = 0;
        for (let k = 0; k < n; k++) {
          sum += term;
          term *= x / (k + 1);
        }
        expect(gammaQ(n, x)).toBeCloseTo(sum, 11);
      }
    }
  });

  // Critical values of the NIST/SEMATECH e-Handbook, table 1.3.6.7.4
  test.each([
    [1, 3.841, 0.05],
    [1, 10.828, 0.001],
    [3, 7.815, 0.05],
    [9, 27.877, 0.001],
    [30, 43.773, 0.05],
    [99, 148.23, 0.001],
  ])('the table: %i degrees, %d', (degrees, statistic, p) => {
    expect(Math.abs(gammaQ(degrees / 2, statistic / 2) / p - 1)).toBeLessThan(2e-3);
  });

  test('finds a die that is off by 1 %, a count where none can be, and counts that fit too well', () => {
    const random = createRandom(1);
    const counts = new Float64Array(6);
    const fair = new Array(6).fill(1 / 6);
    for (let i = 0; i < 1e6; i++) counts[random.below(6)]++;
    expect(passes(chiSquare(counts, fair))).toBe(true);
    expect(passes(chiSquare(counts, [0.99 / 6, 1.01 / 6, ...fair.slice(2)]))).toBe(false);
    expect(passes(chiSquare([1000, 1000, 1], [0.5, 0.5, 0]))).toBe(false);
    expect(passes(chiSquare(new Array(6).fill(1000), fair))).toBe(false);
  });

  test('cells in which less is expected are one', () => {
    const { degrees } = chiSquare([500, 500, 1, 2, 0, 5, 4], [0.5, 0.49, 0.002, 0.002, 0.002, 0.002, 0.002]);
    expect(degrees).toBe(2);
  });
});
