// Derivatives on every backend: known numbers, what comes back for what goes in, any axis, special values, and where the arrays live.

import { assert, describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { sameBits } from '../tools/operations.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = (...values: number[]) => Float32Array.from(values);
const f64 = (...values: number[]) => Float64Array.from(values);

/** Element by element, relative to the largest. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-14): void {
  const [a, b] = [Array.from(actual), Array.from(expected)];
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const wrong = a.findIndex((x, i) => !Object.is(x, b[i]) && !(Math.abs(x - b[i]) <= tolerance * largest));
  if (wrong >= 0) assert.fail(`entry ${wrong} is ${a[wrong]}, expected ${b[wrong]}`);
}

onEachBackend((backend, create) => {
  const engine = create();
  const { softmax, logSoftmax, softmaxJvp, logSoftmaxJvp, softmaxHvp, logSoftmaxHvp } = engine;
  const { softmaxJacobian, logSoftmaxJacobian, softmaxHessian, crossEntropyHvp } = engine;

  describe('known numbers', () => {
    // Central differences of the forward function along v by mpmath at 40 digits, and the closed forms.
    const x = [1, 2, 3];
    const g = [1, -2, 0.5];
    const v = [0.3, 1, -1];

    test('products with a vector', () => {
      expectClose(softmaxJvp(v, softmax(x)), [0.06243650074414261, 0.34102993514373087, -0.40346643588787345]);
      expectClose(logSoftmaxJvp(v, logSoftmax(x)), [0.6935033127689101, 1.39350331276891, -0.6064966872310898]);
      expectClose(softmaxHvp(g, softmax(x), v), [0.14055483115925704, -0.4582677197483036, 0.31771288858904656]);
      expectClose(
        logSoftmaxHvp(g, logSoftmax(x), v),
        [0.031218250372071304, 0.17051496757186543, -0.20173321794393673],
      );
      expectClose(crossEntropyHvp(x, v), [0.06243650074414261, 0.34102993514373087, -0.40346643588787345]);
    });

    test('the Jacobian at 1, 3, 5, 7', () => {
      const expected = [
        [2.13941201e-3, -3.39658185e-5, -2.50975338e-4, -1.85447085e-3],
        [-3.39658185e-5, 1.55912258e-2, -1.85447085e-3, -1.37027892e-2],
        [-2.50975338e-4, -1.85447085e-3, 1.03356124e-1, -1.01250678e-1],
        [-1.85447085e-3, -1.37027892e-2, -1.01250678e-1, 1.16807938e-1],
      ];
      const s = softmax([1, 3, 5, 7]);
      softmaxJacobian(s).forEach((row, i) => {
        row.forEach((entry, j) => {
          expect(Math.abs(entry - expected[i][j])).toBeLessThanOrEqual(5e-9 * Math.abs(entry));
        });
      });
      logSoftmaxJacobian(logSoftmax([1, 3, 5, 7])).forEach((row, i) => {
        expectClose(
          row,
          s.map((p, j) => (i === j ? 1 : 0) - p),
        );
      });
    });

    test('exact ones', () => {
      expect(softmaxJacobian([0.25, 0.75])).toEqual([[0.1875, -0.1875], [-0.1875, 0.1875]]); // biome-ignore format: rows
      const h = 0.09375; // s_0 s_1 (1 − 2 s_0)
      expect(softmaxHessian([0.25, 0.75])).toEqual([[[h, -h], [-h, h]], [[-h, h], [h, -h]]]); // biome-ignore format: rows
      expect(softmaxHvp([1, 0], [0.25, 0.75], [0, 1])).toEqual([-h, h]);
    });

    test('1 − p keeps its digits where p is close to 1', () => {
      const [[confident]] = logSoftmaxJacobian(logSoftmax([30, 0]));
      // The output −30 is rounded, which e^x turns into 30 roundings at most.
      expect(Math.abs(confident / 9.357622968839299e-14 - 1)).toBeLessThan(30 * 2 ** -53);
    });
  });

  describe('what comes back', () => {
    test('typed arrays of the type that came', () => {
      const s = f32(0.5, 0.5);
      expect(softmaxJvp(f32(1, 0), s)).toEqual(f32(0.25, -0.25));
      expect(softmaxHvp(s, s, s)).toEqual(f32(0, 0));
      expect(logSoftmaxHvp(f64(1, 0), f64(0, -inf), f64(1, 0))).toEqual(f64(0, 0));
      expect(softmaxJacobian(s)).toEqual(f32(0.25, -0.25, -0.25, 0.25));
      expect(softmaxHessian(s)).toEqual(new Float32Array(8));
      expect(crossEntropyHvp(f64(0, 0), f64(1, 0))).toEqual(f64(0.25, -0.25));
    });

    test('plain arrays nested in the shape of the result, flat ones with a shape flat', () => {
      expect(softmaxJacobian([[1], [1]])).toEqual([[[0]], [[0]]]);
      expect(softmaxHessian([[1], [1]])).toEqual([[[[0]]], [[[0]]]]);
      expect(softmaxJacobian([1, 1], { shape: [2, 1] })).toEqual([0, 0]);
      expect(softmaxJacobian([[0.5, 1], [0.5, 0]], { axis: 0 })) // biome-ignore format: rows
        .toEqual([[[0.25, -0.25], [-0.25, 0.25]], [[0, 0], [0, 0]]]); // biome-ignore format: rows
      expect(logSoftmaxJvp([[1, 0]], [[0, -inf]])).toEqual([[0, 0]]);
    });

    test('out, which may be any of the vectors', () => {
      for (const index of [0, 1, 2]) {
        const inputs = [f64(1, 0, 2), softmax(f64(1, 2, 3)), f64(0, 1, 3)];
        const expected = softmaxHvp(inputs[0], inputs[1], inputs[2]);
        expect(softmaxHvp(inputs[0], inputs[1], inputs[2], { out: inputs[index] })).toBe(inputs[index]);
        expect(inputs[index]).toEqual(expected);
      }
      for (const index of [0, 1]) {
        const inputs = [f32(1, 0, 2), f32(0, 1, 3)];
        const expected = crossEntropyHvp(inputs[0], inputs[1]);
        expect(crossEntropyHvp(inputs[0], inputs[1], { out: inputs[index] })).toBe(inputs[index]);
        expect(inputs[index]).toEqual(expected);
      }
      const out = f64(7, 7, 7, 7);
      expect(softmaxJacobian(f64(0.5, 0.5), { out })).toBe(out);
      expect(out).toEqual(f64(0.25, -0.25, -0.25, 0.25));
    });

    test('of nothing, nothing', () => {
      expect(softmaxJacobian([])).toEqual([]);
      expect(softmaxHessian(f32(), { shape: [0, 3] })).toEqual(f32());
      expect(softmaxHvp([], [], [])).toEqual([]);
      expect(logSoftmaxJvp(f32(), f32(), { shape: [3, 0] })).toEqual(f32());
      expect(crossEntropyHvp(f64(), f64(), { shape: [0, 3] })).toEqual(f64());
    });
  });

  describe('special values', () => {
    const ln2 = Math.LN2;
    test.each<[string, ArrayLike<number>, number[]]>([
      ['log JVP, a masked entry', logSoftmaxJvp([4, 1, 3], [-inf, -ln2, -ln2]), [0, -1, 1]],
      ['log JVP, NaN', logSoftmaxJvp([1, nan, 3], [-inf, -ln2, -ln2]), [nan, nan, nan]],
      ['log JVP, NaN in the output', logSoftmaxJvp([1, 2], [nan, nan]), [nan, nan]],
      ['JVP, T = 0', softmaxJvp([5, 1], [1, 0], { temperature: 0 }), [0, 0]],
      ['log JVP, T = ∞', logSoftmaxJvp([5, 1], [-ln2, -ln2], { temperature: inf }), [0, 0]],
      ['HVP, a masked entry', softmaxHvp([7, 1, 0], [0, 0.25, 0.75], [9, 0, 1]), [0, -0.09375, 0.09375]],
      ['HVP, NaN', softmaxHvp([1, nan], [0.5, 0.5], [1, 2]), [nan, nan]],
      ['HVP, T = 0', softmaxHvp([1, 2], [1, 0], [1, 2], { temperature: 0 }), [0, 0]],
      ['HVP, T = 2', softmaxHvp([1, 0], [0.25, 0.75], [0, 1], { temperature: 2 }), [-0.0234375, 0.0234375]],
      ['log HVP, a masked entry', logSoftmaxHvp([1, 1, 0], [-inf, -ln2, -ln2], [9, 0, 1]), [0, 0.5, -0.5]],
      ['log HVP, NaN', logSoftmaxHvp([1, 1], [-ln2, -ln2], [nan, 1]), [nan, nan]],
      ['Jacobian, NaN', softmaxJacobian(f64(nan, 0.5)), [nan, nan, nan, nan]],
      ['log Jacobian, one entry', logSoftmaxJacobian(f64(0)), [0]],
      ['log Jacobian, NaN', logSoftmaxJacobian(f64(-1, nan)), [nan, nan, nan, nan]],
      ['Hessian, NaN', softmaxHessian(f64(nan, 0.5)), new Array(8).fill(nan)],
      ['Hessian of certainty', softmaxHessian(f64(1, 0)), new Array(8).fill(0)],
      ['cross-entropy HVP, +∞', crossEntropyHvp([1, inf], [1, 2]), [nan, nan]],
      ['cross-entropy HVP, −∞', crossEntropyHvp([0, -inf, 0], [0, 5, 2]), [-0.5, 0, 0.5]],
      ['cross-entropy HVP, T = 0', crossEntropyHvp([0, 1], [1, 2], { temperature: 0 }), [0, 0]],
      ['cross-entropy HVP, T = ∞', crossEntropyHvp([0, 1], [1, 2], { temperature: inf }), [0, 0]],
    ])('%s', (_, actual, expected) => {
      expect(actual.length).toBe(expected.length);
      expectClose(actual, expected, 1e-15);
    });

    test('cross-entropy HVP is scaled as the loss is', () => {
      const logits = f64(0, 0, 0, 0);
      const vector = f64(1, 0, 0, 1);
      const shape = [2, 2];
      const hvp = (options: object) => crossEntropyHvp(logits, vector, { shape, ...options });
      expect(hvp({})).toEqual(f64(0.125, -0.125, -0.125, 0.125));
      expect(hvp({ reduction: 'sum' })).toEqual(f64(0.25, -0.25, -0.25, 0.25));
      expect(hvp({ reduction: 'none' })).toEqual(f64(0.25, -0.25, -0.25, 0.25));
      expect(hvp({ reduction: 'none', gradOutput: f64(4, 0) })).toEqual(f64(1, -1, 0, 0));
      expect(hvp({ temperature: 2 })).toEqual(f64(0.03125, -0.03125, -0.03125, 0.03125));
    });
  });

  if (backend === 'js') return;

  // However the arrays come to the kernels, the numbers are those of the reference.
  describe.each([
    [4, 10, 1],
    [3, 4, 5],
    [1, 5, 40],
    [300, 70, 1],
    [2, 60, 400],
    [700, 3, 20],
    [1, 5000, 5],
  ])('[%d, %d, %d]', (outer, length, inner) => {
    const shape = [outer, length, inner];
    const options = { shape, axis: 1, temperature: 0.7 };
    const random = createRandom(outer);
    const tensor = () => normalRow(random, 'float32', { length: outer * length * inner });
    const [x, g, v] = [tensor(), tensor(), tensor()];
    const s = reference.softmax(x, options);
    const l = reference.logSoftmax(x, options);
    type Call = (functions: typeof reference, options: object) => FloatArray;
    const rowFactors = normalRow(random, 'float32', { length: outer * inner });
    const calls: [string, FloatArray[], (f: typeof reference, a: FloatArray[], o: object) => unknown][] = [
      ['softmaxJvp', [v, s], (f, [v, s], o) => f.softmaxJvp(v, s, o)],
      ['logSoftmaxJvp', [v, l], (f, [v, l], o) => f.logSoftmaxJvp(v, l, o)],
      ['softmaxHvp', [g, s, v], (f, [g, s, v], o) => f.softmaxHvp(g, s, v, o)],
      ['logSoftmaxHvp', [g, l, v], (f, [g, l, v], o) => f.logSoftmaxHvp(g, l, v, o)],
      ['crossEntropyHvp', [x, v], (f, [x, v], o) => f.crossEntropyHvp(x, v, o)],
      [
        'crossEntropyHvp by rows',
        [x, v],
        (f, [x, v], o) => f.crossEntropyHvp(x, v, { ...o, reduction: 'none', gradOutput: rowFactors }),
      ],
    ];

    test.each(calls)('%s', (_, inputs, call) => {
      const run: Call = (functions, more) => call(functions, inputs, { ...options, ...more }) as FloatArray;
      const expected = run(reference, {});
      const y = run(engine as unknown as typeof reference, {});
      expectClose(y, expected, 1e-6);

      const tight = create({ maxMemoryBytes: 2 ** 20 });
      expect(sameBits(run(tight as unknown as typeof reference, {}), y)).toBe(true);

      const resident = create({ maxMemoryBytes: 2 ** 23 });
      const buffers = inputs.map((input) => {
        const buffer = resident.allocate('float32', input.length);
        buffer.array.set(input);
        return buffer;
      });
      const out = resident.allocate('float32', y.length);
      call(resident as unknown as typeof reference, buffers as never, { ...options, out });
      expect(sameBits(out.array, y)).toBe(true);
      expect(sameBits(buffers[0].array, inputs[0])).toBe(true);
      call(resident as unknown as typeof reference, buffers as never, { ...options, out: buffers[0] });
      expect(sameBits(buffers[0].array, y)).toBe(true);
    });

    test.runIf(outer * inner * length ** 2 < 1e7)('softmaxJacobian and logSoftmaxJacobian', () => {
      const where = { shape, axis: 1 };
      expectClose(engine.softmaxJacobian(s, where), reference.softmaxJacobian(s, where), 1e-6);
      expectClose(engine.logSoftmaxJacobian(l, where), reference.logSoftmaxJacobian(l, where), 1e-6);
    });

    test.runIf(outer * inner * length ** 3 < 1e6)('softmaxHessian', () => {
      const where = { shape, axis: 1 };
      expectClose(engine.softmaxHessian(s, where), reference.softmaxHessian(s, where), 1e-6);
    });
  });
});
