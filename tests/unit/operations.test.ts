// What goes in and what comes out, on every backend: typed, plain and nested arrays, shapes and axes, empty tensors,
// the options that scale, and the numbers everyone knows.

import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';

const f32 = (...values: number[]) => Float32Array.from(values);
const f64 = (...values: number[]) => Float64Array.from(values);

/** Element by element, relative. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-13): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * Math.abs(expected[i]));
  }
}

onEachBackend((_, create) => {
  const engine = create();
  const { softmax, logSoftmax, logSumExp, softmin, hardmax, softmaxBackward, logSoftmaxBackward } = engine;

  describe('known numbers', () => {
    test('softmax of a batch', () => {
      // e^x / Σ e^x by mpmath at 50 digits, rounded to 9.
      const x = [1, 3, 5, 7, 1, -9, 4, 8];
      const expected = [
        [2.14400878e-3, 1.58422012e-2, 1.17058913e-1, 8.64954877e-1],
        [8.94679461e-4, 4.06183847e-8, 1.79701173e-2, 9.81135163e-1],
      ];
      expectClose(softmax(f32(...x), { shape: [2, 4] }), expected.flat(), 3e-7);
      const nested = softmax([x.slice(0, 4), x.slice(4)]);
      expectClose(nested[0], expected[0], 5e-9);
      expectClose(nested[1], expected[1], 5e-9);
    });

    test('log-softmax of 1, 2, 3, and its gradient for ones', () => {
      // −log(1 + e + e²) + i; 1 − 3 e^output. Not the element-wise 1 − e^output, 0.91, 0.76, 0.33, which forgets the sum.
      const output = logSoftmax([1, 2, 3]);
      expectClose(output, [-2.40760596444438, -1.40760596444438, -0.40760596444438], 1e-14);
      expectClose(
        logSoftmaxBackward([1, 1, 1], output),
        [0.7299082804888586, 0.2658145868356071, -0.9957228673244654],
        1e-14,
      );
    });

    test('log-sum-exp of 1, 2, 3', () => {
      expectClose(logSumExp([1, 2, 3]), [3.40760596444438]); // log(e + e² + e³)
    });

    test('softmax backward', () => {
      // s_0 (1 − s_0), −s_0 s_1, −s_0 s_2 of s = (e, e², e³) / Σ
      const s = [0.09003057317038046, 0.24472847105479764, 0.6652409557748218];
      expectClose(softmaxBackward([1, 0, 0], s), [s[0] * (1 - s[0]), -s[0] * s[1], -s[0] * s[2]]);
    });

    test('thousands apart', () => {
      expect(softmax(f32(1000, 2000, 3000, 4000, 5000))).toEqual(f32(0, 0, 0, 0, 1));
      expect(logSoftmax([0, 1000])).toEqual([-1000, 0]);
    });

    test('softmin and hardmax', () => {
      expectClose(softmin(f64(1, 2, 3)), [...softmax(f64(-1, -2, -3))], 1e-15);
      expect(hardmax([[1, 3, 3], [0, -1, -Infinity]])).toEqual([[0, 1, 0], [1, 0, 0]]); // biome-ignore format: rows
    });
  });

  describe('what comes back', () => {
    test('a typed array of the same type', () => {
      expect(softmax(f32(0, 0))).toEqual(f32(0.5, 0.5));
      expect(softmax(f64(0, 0))).toEqual(f64(0.5, 0.5));
      expect(softmaxBackward(f32(1, 0), f32(0.5, 0.5))).toEqual(f32(0.25, -0.25));
    });

    test('plain arrays of the same nesting', () => {
      expect(softmax([0, 0])).toEqual([0.5, 0.5]);
      expect(softmax([[0], [0]])).toEqual([[1], [1]]);
      expect(softmax([[[0, 0]], [[0, 0]]], { axis: 0 })).toEqual([[[0.5, 0.5]], [[0.5, 0.5]]]);
      expect(softmaxBackward([[1, 0]], [[0.5, 0.5]])).toEqual([[0.25, -0.25]]);
    });

    test('a flat array stays flat with a shape', () => {
      expect(softmax([0, 0, 0, 0], { shape: [2, 2] })).toEqual([0.5, 0.5, 0.5, 0.5]);
      expect(
        softmaxBackward(
          [1, 0, 1, 0],
          [
            [0.5, 0.5],
            [0.5, 0.5],
          ].flat(),
          { shape: [2, 2] },
        ),
      ).toEqual([0.25, -0.25, 0.25, -0.25]);
    });

    test('log-sum-exp without the axis; of a vector, one number', () => {
      const ln2 = Math.LN2;
      expect(logSumExp(f32(0, 0))).toEqual(f32(ln2));
      expect(logSumExp([0, 0])).toEqual([ln2]);
      expect(
        logSumExp([
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
      ).toEqual([ln2, ln2, ln2]);
      expect(
        logSumExp(
          [
            [0, 0, 0],
            [0, 0, 0],
          ],
          { axis: 0 },
        ),
      ).toEqual([ln2, ln2, ln2]);
      expect(logSumExp([[[0, 0]], [[0, 0]]], { axis: 1 })).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(logSumExp(f64(0, 0, 0, 0), { shape: [2, 2], axis: 0 })).toEqual(f64(ln2, ln2));
    });

    test('out, whatever the input', () => {
      const out = f64(7, 7);
      expect(softmax([0, 0], { out })).toBe(out);
      expect(out).toEqual(f64(0.5, 0.5));
      expect(
        logSumExp(
          [
            [0, 0],
            [3, 3],
          ],
          { out },
        ),
      ).toBe(out);
      expectClose(out, [Math.LN2, 3 + Math.LN2]);
      const x = f32(1, 2);
      expect(softmax(x, { out: x })).toBe(x);
    });

    test('of plain arrays, even for the gradient of typed ones', () => {
      expect(softmaxBackward([1, 0], f64(0.5, 0.5))).toEqual([0.25, -0.25]);
      expect(softmaxBackward(f64(1, 0), [0.5, 0.5])).toEqual(f64(0.25, -0.25));
    });

    test('the input is left alone', () => {
      const x = f32(1, 2, 3);
      const nested = [
        [1, 2],
        [3, 4],
      ];
      softmax(x);
      softmax(nested);
      expect(x).toEqual(f32(1, 2, 3));
      expect(nested).toEqual([
        [1, 2],
        [3, 4],
      ]);
    });
  });

  test('any axis of any rank, without moving the data', () => {
    const shape = [2, 3, 4, 5];
    const x = f64(...Array.from({ length: 120 }, (_, i) => Math.sin(i)));
    const strides = [60, 20, 5, 1];
    for (let axis = 0; axis < 4; axis++) {
      const y = softmax(x, { shape, axis });
      expect(softmax(x, { shape, axis: axis - 4 })).toEqual(y);
      for (let i = 0; i < 120; i++) {
        if (Math.floor(i / strides[axis]) % shape[axis] !== 0) continue;
        const slice = Array.from({ length: shape[axis] }, (_, k) => i + k * strides[axis]);
        expectClose(
          slice.map((at) => y[at]),
          softmax(slice.map((at) => x[at])),
          1e-15,
        );
      }
    }
  });

  describe('empty', () => {
    test('an axis of length 0', () => {
      expect(softmax([])).toEqual([]);
      expect(softmax(f32())).toEqual(f32());
      expect(softmax([[], []])).toEqual([[], []]);
      expect(logSoftmax(f64(), { shape: [3, 0] })).toEqual(f64());
      expect(logSumExp([])).toEqual([-Infinity]);
      expect(logSumExp(f32())).toEqual(f32(-Infinity));
      expect(logSumExp([[], []])).toEqual([-Infinity, -Infinity]);
      expect(logSumExp(f32(), { shape: [2, 0, 3], axis: 1 })).toEqual(new Float32Array(6).fill(-Infinity));
      const out = f32(7, 7);
      expect(logSumExp(f32(), { shape: [2, 0], out })).toBe(out);
      expect(out).toEqual(f32(-Infinity, -Infinity));
      expect(softmaxBackward([], [])).toEqual([]);
    });

    test('a batch of 0', () => {
      for (const operation of [softmax, logSoftmax, softmin, hardmax]) {
        expect(operation(f32(), { shape: [0, 3] })).toEqual(f32());
      }
      expect(logSumExp(f32(), { shape: [0, 3] })).toEqual(f32());
      expect(logSumExp(f64(), { shape: [3, 0], axis: 0 })).toEqual(f64());
      expect(logSoftmaxBackward(f64(), f64(), { shape: [0, 3] })).toEqual(f64());
    });
  });

  describe('scale', () => {
    const x = f64(0.3, -1.2, 2.5, 0);
    const scaled = (factor: number) => x.map((value) => value * factor);

    test('temperature divides', () => {
      expectClose(softmax(x, { temperature: 0.25 }), [...softmax(scaled(4))], 1e-14);
      expectClose(logSoftmax(x, { temperature: 4 }), [...logSoftmax(scaled(0.25))], 1e-14);
      expectClose(logSumExp(x, { temperature: 0.5 }), [...logSumExp(scaled(2))], 1e-14);
      expectClose(softmin(x, { temperature: 2 }), [...softmax(scaled(-0.5))], 1e-14);
      expect(softmax(x, { temperature: 1 })).toEqual(softmax(x));
    });

    test('base b means powers of b', () => {
      expectClose(softmax([0, 1, 2], { base: 2 }), [1 / 7, 2 / 7, 4 / 7], 1e-15);
      expectClose(softmax([0, 1, 2], { base: 0.5 }), [4 / 7, 2 / 7, 1 / 7], 1e-15);
      expectClose(softmin([0, 1, 2], { base: 2 }), [4 / 7, 2 / 7, 1 / 7], 1e-15);
      expectClose(
        logSoftmax([0, 1, 2], { base: 2 }),
        [1, 2, 4].map((n) => Math.log(n / 7)),
        1e-15,
      );
      expect(softmax(x, { base: Math.E })).toEqual(softmax(x));
    });

    test('gradients carry the factor', () => {
      const g = f64(1, 2, 3, 4);
      const s = softmax(x);
      const l = logSoftmax(x);
      expectClose(
        softmaxBackward(g, s, { temperature: 4 }),
        [...softmaxBackward(g, s)].map((v) => v / 4),
        1e-15,
      );
      expectClose(
        softmaxBackward(g, s, { base: 0.5 }),
        [...softmaxBackward(g, s)].map((v) => v * -Math.LN2),
        1e-15,
      );
      expectClose(
        logSoftmaxBackward(g, l, { temperature: 0.5 }),
        [...logSoftmaxBackward(g, l)].map((v) => v * 2),
        1e-14,
      );
    });
  });
});
