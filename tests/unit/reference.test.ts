/// <reference types="vite/client" />
// The reference: its numbers against truth in more than float64, its tensors, and that it stands alone.

import { describe, expect, test } from 'vitest';
import { hardmax } from '../../src/reference/hardmax.ts';
import { logSoftmax, logSoftmaxBackward } from '../../src/reference/log-softmax.ts';
import { logSumExp } from '../../src/reference/log-sum-exp.ts';
import { sum } from '../../src/reference/slices.ts';
import { softmax, softmaxBackward } from '../../src/reference/softmax.ts';
import { createRandom, descendingRow, normalRow } from '../tools/inputs.ts';
import {
  logSoftmaxBackwardTruth,
  logSoftmaxTruth,
  logSumExpTruth,
  softmaxBackwardTruth,
  softmaxTruth,
} from '../tools/truth.ts';
import { worst } from '../tools/ulp.ts';

describe('accuracy in float64', () => {
  const random = createRandom(1);
  const lengths = [1, 2, 3, 10, 67, 1000];
  const inputs = lengths.flatMap((length) => [
    normalRow(random, 'float64', { length, spread: 3 }),
    normalRow(random, 'float64', { length, spread: 30, offset: 1e3 }),
    normalRow(random, 'float64', { length, gap: 30 }),
    normalRow(random, 'float64', { length, masked: 0.3, gap: 1 }),
  ]);

  test.each([1, -1, 0.3])('scale %d: within 3 ulp, and 2 |z| for the rounding of the exponent z', (scale) => {
    for (const x of inputs) {
      const finite = [...x].filter(Number.isFinite);
      const z = Math.abs(scale) * (Math.max(...finite) - Math.min(...finite));
      const y = new Float64Array(x.length);
      softmax(x, y, 1, x.length, 1, scale);
      expect(worst(y, softmaxTruth(x, scale)).ulp).toBeLessThanOrEqual(3 + 2 * z);
      logSoftmax(x, y, 1, x.length, 1, scale);
      expect(worst(y, logSoftmaxTruth(x, scale)).ulp).toBeLessThanOrEqual(3 + 2 * z);
    }
  });

  test('log-sum-exp within 2 ulp where its two terms do not cancel', () => {
    for (const x of inputs.filter((x) => Math.max(...x) > 0)) {
      const y = new Float64Array(1);
      logSumExp(x, y, 1, x.length, 1, 1);
      expect(worst(y, logSumExpTruth(x)).ulp).toBeLessThanOrEqual(2);
    }
  });

  test('gradients within 4 ulp of their largest term', () => {
    for (const x of inputs) {
      const g = normalRow(random, 'float64', { length: x.length });
      const output = new Float64Array(x.length);
      const y = new Float64Array(x.length);
      softmax(x, output, 1, x.length, 1, 1);
      softmaxBackward([g, output], y, 1, x.length, 1, 0.5);
      const largest = 0.5 * Math.max(...g.map((value, k) => Math.abs(value * output[k])));
      expect(worst(y, softmaxBackwardTruth(g, output, 0.5), { reference: largest }).ulp).toBeLessThanOrEqual(4);
      logSoftmax(x, output, 1, x.length, 1, 1);
      logSoftmaxBackward([g, output], y, 1, x.length, 1, 0.5);
      const total = Math.abs(sum(g.length, (k) => g[k]));
      const term = 0.5 * Math.max(...g.map(Math.abs), total);
      expect(worst(y, logSoftmaxBackwardTruth(g, output, 0.5), { reference: term }).ulp).toBeLessThanOrEqual(4);
    }
  });

  test('the sum of many terms', () => {
    expect(sum(1e6, () => 0.1)).toBe(1e5);
    expect(sum(3, (k) => [1, 1e100, -1e100][k])).toBe(1);
    expect(sum(2, () => Number.MAX_VALUE)).toBe(Infinity);
    expect(sum(0, () => 1)).toBe(0);
  });

  test('results in every binade down to the smallest', () => {
    const x = descendingRow(random, 'float64', 500, 3);
    const y = new Float64Array(500);
    softmax(x, y, 1, 500, 1, 1);
    expect(worst(y, softmaxTruth(x)).ulp).toBeLessThanOrEqual(3 + 2 * 745);
    expect(y.some((p) => p > 0 && p < 2 ** -1022)).toBe(true);
  });

  test('a confident winner keeps its log-probability', () => {
    const y = new Float64Array(2);
    logSoftmax([40, 0], y, 1, 2, 1, 1);
    expect(y[0]).toBe(-Math.log1p(Math.exp(-40))); // −4.2e-18, where −log(1 + e^−40) gives 0
  });
});

describe('tensors', () => {
  const shape = [2, 3, 4] as const;
  const x = Array.from({ length: 24 }, (_, i) => Math.cos(i));
  const slices = [0, 1].flatMap((o) => [0, 1, 2, 3].map((i) => [0, 1, 2].map((k) => o * 12 + k * 4 + i)));

  test.each(Object.entries({ softmax, logSoftmax, hardmax }))(
    '%s runs over the middle axis, in place too',
    (_, operation) => {
      const y = new Array(24).fill(0);
      operation(x, y, ...shape, 2);
      for (const slice of slices) {
        const alone = [0, 0, 0];
        operation(
          slice.map((at) => x[at]),
          alone,
          1,
          3,
          1,
          2,
        );
        expect(slice.map((at) => y[at])).toEqual(alone);
      }
      const same = [...x];
      operation(same, same, ...shape, 2);
      expect(same).toEqual(y);
    },
  );

  test('log-sum-exp removes it', () => {
    const y = new Array(8).fill(0);
    logSumExp(x, y, ...shape, 2);
    slices.forEach((slice, i) => {
      const alone = [0];
      logSumExp(
        slice.map((at) => x[at]),
        alone,
        1,
        3,
        1,
        2,
      );
      expect(y[i]).toBe(alone[0]);
    });
  });

  test.each(Object.entries({ softmaxBackward, logSoftmaxBackward }))('%s, over either input too', (_, operation) => {
    const g = x.map((value) => value * value);
    const y = new Array(24).fill(0);
    operation([g, x], y, ...shape, 2);
    for (const slice of slices) {
      const alone = [0, 0, 0];
      const inputs = [g, x].map((input) => slice.map((at) => input[at]));
      operation(inputs, alone, 1, 3, 1, 2);
      expect(slice.map((at) => y[at])).toEqual(alone);
    }
    const [first, second] = [[...g], [...x]];
    operation([first, x], first, ...shape, 2);
    operation([g, second], second, ...shape, 2);
    expect(first).toEqual(y);
    expect(second).toEqual(y);
  });
});

test('a zero gradient is 0, not −0', () => {
  const y = new Float64Array(2);
  const g = [-5, 1];
  softmaxBackward([g, [0, 1]], y, 1, 2, 1, 1);
  expect([...y]).toEqual([0, 0]);
  softmaxBackward([g, [0.5, 0.5]], y, 1, 2, 1, 0);
  expect([...y]).toEqual([0, 0]);
  const output = [-Infinity, 0];
  logSoftmaxBackward([[-1, 0], output], y, 1, 2, 1, 1);
  expect([...y]).toEqual([0, 1]);
});

describe('stands alone', () => {
  const sources = import.meta.glob<string>('../../src/**/*.ts', { query: '?raw', import: 'default', eager: true });

  /** Every module that a module imports when it runs, itself included. */
  function modulesOf(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen;
    seen.add(path);
    const source = sources[`../../src/${path}`];
    for (const [, what, from] of source.matchAll(/^(?:import|export)\s([^;]*?)\sfrom '(.+)';$/gm)) {
      if (!what.startsWith('type ')) modulesOf(from.startsWith('.') ? resolve(from, path) : from, seen);
    }
    return seen;
  }

  /** The path of a module, from src/ on, that another names. */
  const resolve = (from: string, path: string): string => new URL(from, `file:///${path}`).pathname.slice(1);

  test('src/reference/ imports nothing from elsewhere', () => {
    for (const name of ['softmax', 'log-softmax', 'log-sum-exp', 'hardmax']) {
      const modules = [...modulesOf(`reference/${name}.ts`)];
      expect(modules.length).toBeGreaterThan(1);
      expect(modules.filter((path) => !path.startsWith('reference/'))).toEqual([]);
    }
  });

  test('the reference entry has neither binary nor loader in it', () => {
    const modules = [...modulesOf('reference.ts')];
    expect(modules).toContain('ops/softmax.ts');
    expect(modules.filter((path) => path.startsWith('wasm/'))).toEqual(['wasm/buffer.ts']);
    expect([...modulesOf('index.ts', new Set(['@assemblyscript/loader']))]).toContain('wasm/bytes.simd.ts');
  });
});
