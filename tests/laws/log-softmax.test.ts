// What log-softmax is, whatever computes it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { formats } from '../tools/operations.ts';
import { entries, extentOf, ROUNDING, slices, type Tensor, tensors, toArray, total } from '../tools/tensors.ts';

const RUNS = { numRuns: 60 };

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const error = 8 * ROUNDING[format];
    const logSoftmax = (tensor: Tensor, options: { temperature?: number } = {}) =>
      slices(tensor, engine.logSoftmax(toArray(tensor, format), { ...options, ...extentOf(tensor) }));
    const map = (tensor: Tensor, f: (x: number) => number): Tensor => ({ ...tensor, values: tensor.values.map(f) });
    const rowsOf = (tensor: Tensor) => slices(tensor, toArray(tensor, 'float64'));

    test('is the logarithm of softmax, where that is a normal number', () => {
      fc.assert(
        fc.property(tensors({ limit: 40 }), fc.constantFrom(0.5, 1, 4), (x, temperature) => {
          const options = { ...extentOf(x), temperature };
          const p = slices(x, engine.softmax(toArray(x, format), options));
          logSoftmax(x, { temperature }).forEach((l, k) => {
            l.forEach((li, i) => {
              if (p[k][i] < (format === 'float32' ? 2 ** -126 : 2 ** -1022)) return;
              const expected = Math.log(p[k][i]);
              expect(Math.abs(li - expected)).toBeLessThanOrEqual(error * (1 + Math.abs(expected)));
            });
          });
        }),
        RUNS,
      );
    });

    test('is not positive, and its exponentials sum to 1', () => {
      fc.assert(
        fc.property(tensors({ limit: 1000 }), (x) => {
          for (const l of logSoftmax(x)) {
            expect(Math.max(...l)).toBeLessThanOrEqual(0);
            // a logarithm of size z that is wrong by a few roundings makes a probability e^−z wrong by z times as many
            expect(Math.abs(total(l.map(Math.exp)) - 1)).toBeLessThanOrEqual(error * (4 + Math.log(l.length)));
          }
        }),
        RUNS,
      );
    });

    test('preserves order and differences', () => {
      fc.assert(
        fc.property(tensors({ limit: 100 }), (x) => {
          logSoftmax(x).forEach((l, k) => {
            const row = rowsOf(x)[k];
            const first = l[0];
            l.forEach((li, i) => {
              const size = Math.abs(li) + Math.abs(first);
              expect(Math.abs(li - first - (row[i] - row[0]))).toBeLessThanOrEqual(error * size);
              if (row[i] === row[0]) expect(li).toBe(first);
              else expect(li < first).toBe(row[i] < row[0]);
            });
          });
        }),
        RUNS,
      );
    });

    test('is invariant under translation', () => {
      fc.assert(
        fc.property(tensors({ limit: 20 }), entries(500), (x, shift) => {
          const l = logSoftmax(x);
          logSoftmax(map(x, (v) => v + shift)).forEach((shifted, k) => {
            shifted.forEach((li, i) => {
              expect(Math.abs(li - l[k][i])).toBeLessThanOrEqual(2 * error * Math.abs(l[k][i]));
            });
          });
        }),
        RUNS,
      );
    });

    test('is x − log-sum-exp', () => {
      fc.assert(
        fc.property(tensors({ limit: 50 }), (x) => {
          const sums = engine.logSumExp(toArray(x, format), extentOf(x));
          logSoftmax(x).forEach((l, k) => {
            l.forEach((li, i) => {
              const xi = rowsOf(x)[k][i];
              const size = Math.abs(xi) + Math.abs(sums[k]) + Math.abs(li);
              expect(Math.abs(li - (xi - sums[k]))).toBeLessThanOrEqual(error * size);
            });
          });
        }),
        RUNS,
      );
    });

    describe('the gradient', () => {
      const cases = tensors({ limit: 4, maxLength: 12 }).chain((x) =>
        fc.record({
          x: fc.constant(x),
          g: fc
            .array(entries(4), { minLength: x.values.length, maxLength: x.values.length })
            .map((values): Tensor => ({ ...x, values })),
        }),
      );
      const temperatures = fc.constantFrom(0.5, 1, 3);

      test('is that of finite differences in float64', () => {
        fc.assert(
          fc.property(cases, temperatures, ({ x, g }, temperature) => {
            const options = { ...extentOf(x), temperature };
            const output = engine.logSoftmax(toArray(x, format), options);
            const actual = engine.logSoftmaxBackward(toArray(g, format), output, options);
            const loss = (z: Float64Array) => {
              const l = engine.logSoftmax(z, options);
              return total(g.values.map((gi, i) => gi * l[i]));
            };
            const step = 2 ** -16;
            const z = Float64Array.from(x.values);
            z.forEach((value, i) => {
              z[i] = value + step;
              const above = loss(z);
              z[i] = value - step;
              const below = loss(z);
              z[i] = value;
              // the loss is up to 4 · 60 · 24, and rounded; the difference of two of them is divided by the step
              const allowed = format === 'float64' ? 1e-6 : 1e-3;
              expect(Math.abs(actual[i] - (above - below) / (2 * step))).toBeLessThanOrEqual(allowed);
            });
          }),
          RUNS,
        );
      });

      test('sums to 0 in each slice', () => {
        fc.assert(
          fc.property(cases, temperatures, ({ x, g }, temperature) => {
            const options = { ...extentOf(x), temperature };
            const output = engine.logSoftmax(toArray(x, format), options);
            const gradient = engine.logSoftmaxBackward(toArray(g, format), output, options);
            const weights = slices(g, toArray(g, 'float64')).map((row) => total(row.map(Math.abs)));
            slices(x, gradient).forEach((row, k) => {
              expect(Math.abs(total(row))).toBeLessThanOrEqual((8 * error * weights[k]) / temperature);
            });
          }),
          RUNS,
        );
      });

      test('of the log-probability of one entry is its one-hot minus softmax', () => {
        fc.assert(
          fc.property(fc.array(entries(20), { minLength: 1, maxLength: 40 }), fc.nat(), (row, seed) => {
            const label = seed % row.length;
            const x: Tensor = { layout: { outer: 1, inner: 1 }, length: row.length, values: row };
            const output = engine.logSoftmax(toArray(x, format));
            const oneHot = map(x, () => 0).values.map((_, i) => (i === label ? 1 : 0));
            const gradient = engine.logSoftmaxBackward(toArray({ ...x, values: oneHot }, format), output);
            const p = engine.softmax(Float64Array.from(row));
            gradient.forEach((gi, i) => {
              // the exponential of a rounded logarithm: wrong by as many roundings as the logarithm is large
              const allowed = error * (oneHot[i] + p[i] * (1 + Math.abs(Math.log(p[i]))));
              expect(Math.abs(gi - (oneHot[i] - p[i]))).toBeLessThanOrEqual(allowed);
            });
          }),
          RUNS,
        );
      });
    });
  });
});
