// gradCheck passes gradients that are right, and reports those that are wrong with the place and the size of the error.

import { describe, expect, test } from 'vitest';
import {
  crossEntropyWithGradient,
  gradCheck,
  logSoftmax,
  logSoftmaxBackward,
  softmax,
  softmaxBackward,
} from '../../src/reference.ts';

const input = [1, 2, 3];

test('right gradients, of numbers and of arrays', () => {
  const cube = { forward: ([x]: Float64Array) => x ** 3, backward: ([x]: Float64Array) => [3 * x ** 2], input: [0.5] };
  const result = gradCheck(cube);
  expect(result).toMatchObject({ passed: true, worstIndex: 0 });
  expect(result.maxAbsError).toBeLessThan(1e-9); // ε² and what rounding adds
  expect(result.maxAbsError).toBeGreaterThan(0);
  expect(result.maxRelError).toBeCloseTo(result.maxAbsError / 0.75, 15);

  const one = {
    forward: (x: Float64Array) => softmax(x),
    backward: (x: Float64Array, g: Float64Array) => softmaxBackward(g, softmax(x)),
  };
  for (const seed of [0, 1, 2 ** 32 - 1]) expect(gradCheck({ ...one, input, seed }).passed).toBe(true);
  expect(gradCheck({ ...one, input: Float32Array.from(input), gradOutput: [1, 0, -2] }).passed).toBe(true);
  const shape = [2, 2];
  const loss = (x: Float64Array) => crossEntropyWithGradient(x, [1, 0], { shape });
  const nested = [[1, 5], [2, -1]]; // biome-ignore format: rows
  expect(gradCheck({ forward: (x) => loss(x).loss, backward: (x) => loss(x).gradient, input: nested }).passed).toBe(
    true,
  );
});

test('a function that is far from 0, or its input', () => {
  const offset = {
    forward: ([x]: Float64Array) => 1e6 + x ** 2,
    backward: ([x]: Float64Array) => [2 * x],
    input: [0.5],
  };
  expect(gradCheck(offset).passed).toBe(true);
  const forward = (x: Float64Array) => logSoftmax(x);
  const backward = (x: Float64Array, g: Float64Array) => logSoftmaxBackward(g, logSoftmax(x));
  expect(gradCheck({ forward, backward, input: [1000, 1001, 1002] }).passed).toBe(true);
});

describe('wrong gradients', () => {
  test('of log-softmax without the sum', () => {
    const backward = (x: Float64Array, g: Float64Array) => logSoftmax(x).map((l, i) => g[i] * (1 - Math.exp(l)));
    const result = gradCheck({ forward: (x) => logSoftmax(x), backward, input, gradOutput: [1, 1, 1] });
    // The true one is 1 − 3 p; at the largest p, 0.665…, it lacks 2 p.
    expect(result.passed).toBe(false);
    expect(result.worstIndex).toBe(2);
    expect(result.maxAbsError).toBeCloseTo(2 * 0.6652409557748218, 9);
    expect(result.maxRelError).toBeCloseTo((2 * 0.6652409557748218) / 0.9957228673244654, 9);
    expect(gradCheck({ forward: (x) => logSoftmax(x), backward, input }).passed).toBe(false);
  });

  test('that are off by a little, or of the wrong sign', () => {
    const forward = ([x, y]: Float64Array) => x * y;
    const check = (factor: number) => gradCheck({ forward, backward: ([x, y]) => [y, factor * x], input: [3, 2] });
    expect(check(1).passed).toBe(true);
    expect(check(1 + 1e-6).passed).toBe(true);
    expect(check(1 + 1e-4)).toMatchObject({ passed: false, worstIndex: 1 });
    expect(check(-1).maxAbsError).toBeCloseTo(6, 9);
  });

  test('NaN, wherever it comes from', () => {
    const forward = ([x]: Float64Array) => x;
    expect(gradCheck({ forward, backward: () => [1, NaN, 7], input })).toEqual({
      passed: false,
      maxAbsError: NaN,
      maxRelError: NaN,
      worstIndex: 1,
    });
    expect(gradCheck({ forward: () => NaN, backward: () => [0], input: [1] }).passed).toBe(false);
  });
});

test('of nothing, and of a constant', () => {
  const nothing = { passed: true, maxAbsError: 0, maxRelError: 0, worstIndex: -1 };
  expect(gradCheck({ forward: () => 3, backward: () => [], input: [] })).toEqual(nothing);
  const constant = { passed: true, maxAbsError: 0, maxRelError: 0, worstIndex: 0 };
  expect(gradCheck({ forward: () => [3, 4], backward: () => [0, 0], input: [1, 2] })).toEqual(constant);
});

test('functions that keep or change their argument do no harm', () => {
  const buffer = new Float64Array(3);
  const forward = (x: Float64Array) => {
    buffer.set(softmax(x));
    x.fill(0);
    return buffer; // always the same
  };
  const backward = (x: Float64Array, g: Float64Array) => {
    const gradient = softmaxBackward(g, softmax(x));
    g.fill(0);
    return gradient;
  };
  expect(gradCheck({ forward, backward, input }).passed).toBe(true);
});

test('the random gradOutput is decided by the seed', () => {
  const seen = (seed?: number) => {
    let g: number[] = [];
    gradCheck({
      forward: (x) => x,
      backward: (_, gradOutput) => {
        g = [...gradOutput];
        return gradOutput;
      },
      input: new Float64Array(1000),
      seed,
    });
    return g;
  };
  const numbers = seen(5);
  expect(seen(5)).toEqual(numbers);
  expect(seen(6)).not.toEqual(numbers);
  expect(seen()).toEqual(seen(0));
  expect(numbers.every((x) => x >= -1 && x < 1)).toBe(true);
  expect(Math.abs(numbers.reduce((total, x) => total + x, 0) / 1000)).toBeLessThan(0.06);
  expect(new Set(numbers).size).toBe(1000);
});
