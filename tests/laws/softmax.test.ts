// What softmax is, whatever computes it. Bounds count roundings: a probability may be wrong by 4 ulp, which is 8 roundings.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom } from '../tools/inputs.ts';
import { formats } from '../tools/operations.ts';
import { entries, extentOf, ROUNDING, slices, type Tensor, tensors, toArray, total } from '../tools/tensors.ts';

const RUNS = { numRuns: 60 };

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const error = 8 * ROUNDING[format];
    const softmax = (tensor: Tensor, options: { temperature?: number; base?: number } = {}) =>
      slices(tensor, engine.softmax(toArray(tensor, format), { ...options, ...extentOf(tensor) }));
    const map = (tensor: Tensor, f: (x: number) => number): Tensor => ({ ...tensor, values: tensor.values.map(f) });
    const rowsOf = (tensor: Tensor) => slices(tensor, toArray(tensor, 'float64'));

    test('is not negative, and sums to 1', () => {
      fc.assert(
        fc.property(tensors({ limit: 1000 }), (x) => {
          for (const p of softmax(x)) {
            expect(Math.min(...p)).toBeGreaterThanOrEqual(0);
            expect(Math.max(...p)).toBeLessThanOrEqual(1);
            expect(Math.abs(total(p) - 1)).toBeLessThanOrEqual(error);
          }
        }),
        RUNS,
      );
    });

    test('is at most 1 where the others add up to less than the rounding of the largest', () => {
      const random = createRandom(1);
      const least = format === 'float32' ? 18 : 38;
      for (const length of [2, 5, 100]) {
        const rows = Array.from({ length: 250 }, () => {
          const max = 200 * random.uniform() - 100;
          return Array.from({ length }, (_, i) => (i === 0 ? max : max - least - 20 * random.uniform()));
        });
        const columns = rows[0].map((_, i) => rows.map((row) => row[i]));
        const values = [
          ...rows.map((row) => engine.softmax(toArray(vector(row), format))),
          softmaxOf(rows, 1),
          softmaxOf(columns, 0),
        ];
        for (const p of values) expect(Math.max(...p)).toBeLessThanOrEqual(1);
      }

      function softmaxOf(matrix: number[][], axis: number) {
        return engine.softmax(toArray(vector(matrix.flat()), format), {
          shape: [matrix.length, matrix[0].length],
          axis,
        });
      }
    });

    test('is additive over disjoint events: two entries merged into the log of their sum share one probability', () => {
      fc.assert(
        fc.property(fc.array(entries(10), { minLength: 2, maxLength: 40 }), fc.nat(), (row, seed) => {
          const [first, ...rest] = row;
          const at = seed % rest.length;
          const merged = [...rest];
          merged[at] = engine.logSumExp([first, rest[at]])[0];
          const p = engine.softmax(toArray(vector(row), format));
          const q = engine.softmax(toArray(vector(merged), format));
          merged.forEach((z, i) => {
            const expected = i === at ? p[0] + p[1 + at] : p[1 + i];
            // rounding z to the format moves q by |z| roundings
            expect(Math.abs(q[i] - expected)).toBeLessThanOrEqual((2 * error + Math.abs(z) * error) * expected);
          });
        }),
        RUNS,
      );
    });

    test('preserves order; equal entries are equally probable', () => {
      fc.assert(
        fc.property(tensors({ limit: 4 }), (x) => {
          softmax(x).forEach((p, k) => {
            expectOrder(rowsOf(x)[k], p);
          });
        }),
        RUNS,
      );
    });

    test('is invariant under translation', () => {
      fc.assert(
        fc.property(tensors({ limit: 20 }), entries(500), (x, shift) => {
          const p = softmax(x);
          softmax(map(x, (v) => v + shift)).forEach((q, k) => {
            q.forEach((qi, i) => {
              expect(Math.abs(qi - p[k][i])).toBeLessThanOrEqual(2 * error * p[k][i]);
            });
          });
        }),
        RUNS,
      );
    });

    test('is not invariant under scaling: twice the logits raise the largest probability', () => {
      fc.assert(
        fc.property(tensors({ limit: 3, minLength: 2 }), (x) => {
          const p = softmax(x);
          softmax(map(x, (v) => 2 * v)).forEach((q, k) => {
            if (new Set(rowsOf(x)[k]).size === 1) {
              q.forEach((qi, i) => {
                expect(Math.abs(qi - p[k][i])).toBeLessThan(error * qi);
              });
            } else expect(Math.max(...q)).toBeGreaterThan(Math.max(...p[k]));
          });
        }),
        RUNS,
      );
    });

    test('two equal entries have a half each', () => {
      fc.assert(
        fc.property(entries(1000), (x) => {
          expect(Array.from(engine.softmax(toArray(vector([x, x]), format)))).toEqual([0.5, 0.5]);
        }),
        RUNS,
      );
    });

    test('temperature keeps the order, sharpens below 1 and flattens above', () => {
      fc.assert(
        fc.property(
          tensors({ limit: 3, minLength: 2 }),
          fc.constantFrom(0.1, 0.5, 0.9, 1.1, 3, 10),
          (x, temperature) => {
            const p = softmax(x);
            softmax(x, { temperature }).forEach((q, k) => {
              const row = rowsOf(x)[k];
              expectOrder(row, q);
              if (new Set(row).size === 1) return;
              const [most, least] = [Math.max(...q) / Math.max(...p[k]), Math.min(...q) / Math.min(...p[k])];
              if (temperature < 1) expect([most > 1, least < 1]).toEqual([true, true]);
              else expect([most < 1, least > 1]).toEqual([true, true]);
            });
          },
        ),
        RUNS,
      );
    });

    test('temperature divides the logits, a base takes the place of e', () => {
      fc.assert(
        fc.property(tensors({ limit: 8 }), fc.constantFrom(0.25, 2, 8), (x, temperature) => {
          const p = softmax(map(x, (v) => v / temperature));
          const base = Math.exp(1 / temperature);
          for (const q of [softmax(x, { temperature }), softmax(x, { base })]) {
            q.forEach((row, k) => {
              row.forEach((qi, i) => {
                // log(exp(1 / T)) is wrong by a rounding of float64, times |x / T| ≤ 64
                const allowed = (2 * error + 512 * ROUNDING.float64) * p[k][i];
                expect(Math.abs(qi - p[k][i])).toBeLessThanOrEqual(allowed);
              });
            });
          }
        }),
        RUNS,
      );
    });

    test('softmin is softmax of −x; a base below 1 prefers the small, too', () => {
      fc.assert(
        fc.property(tensors(), (x) => {
          const p = softmax(map(x, (v) => -v));
          const least = slices(x, engine.softmin(toArray(x, format), extentOf(x)));
          for (const q of [least, softmax(x, { base: 1 / Math.E })]) {
            q.forEach((row, k) => {
              row.forEach((qi, i) => {
                expect(Math.abs(qi - p[k][i])).toBeLessThanOrEqual((2 * error + 512 * ROUNDING.float64) * p[k][i]);
              });
            });
          }
        }),
        RUNS,
      );
    });

    test('of two entries is the logistic function of their difference', () => {
      fc.assert(
        fc.property(entries(20), entries(20), (a, b) => {
          const [p] = engine.softmax(toArray(vector([a, b]), format));
          const expected = 1 / (1 + Math.exp(b - a));
          expect(Math.abs(p - expected)).toBeLessThanOrEqual((error + 8 * ROUNDING.float64) * expected);
        }),
        RUNS,
      );
    });

    describe('the gradient', () => {
      const gradients = (x: Tensor) =>
        fc
          .array(entries(4), { minLength: x.values.length, maxLength: x.values.length })
          .map((g) => ({ ...x, values: g }));
      const cases = tensors({ limit: 4, maxLength: 12 }).chain((x) =>
        fc.record({ x: fc.constant(x), g: gradients(x) }),
      );
      const temperatures = fc.constantFrom(0.5, 1, 3);

      test('is that of finite differences in float64', () => {
        fc.assert(
          fc.property(cases, temperatures, (({ x, g }, temperature) => {
            const options = { ...extentOf(x), temperature };
            const output = engine.softmax(toArray(x, format), options);
            const actual = engine.softmaxBackward(toArray(g, format), output, options);
            const loss = (z: Float64Array) => {
              const s = engine.softmax(z, options);
              return total(g.values.map((gi, i) => gi * s[i]));
            };
            const step = 2 ** -17;
            const z = Float64Array.from(x.values);
            z.forEach((value, i) => {
              z[i] = value + step;
              const above = loss(z);
              z[i] = value - step;
              const below = loss(z);
              z[i] = value;
              // step² / 6 times a third derivative ≤ 4 · 2 / T³, and two rounded sums over the step
              const allowed = format === 'float64' ? 1e-8 : 1e-5;
              expect(Math.abs(actual[i] - (above - below) / (2 * step))).toBeLessThanOrEqual(allowed);
            });
          }) as (a: { x: Tensor; g: Tensor }, b: number) => void),
          RUNS,
        );
      });

      test('sums to 0 in each slice', () => {
        fc.assert(
          fc.property(cases, temperatures, ({ x, g }, temperature) => {
            const options = { ...extentOf(x), temperature };
            const output = engine.softmax(toArray(x, format), options);
            const rows = slices(x, engine.softmaxBackward(toArray(g, format), output, options));
            // Σ s is 1 but for the roundings of s, and each term has its own
            for (const row of rows) expect(Math.abs(total(row))).toBeLessThanOrEqual((16 * 4 * error) / temperature);
          }),
          RUNS,
        );
      });

      test('is 0 for a gradient that is the same everywhere', () => {
        fc.assert(
          fc.property(tensors({ limit: 10 }), entries(4), (x, constant) => {
            const output = engine.softmax(toArray(x, format), extentOf(x));
            const g = map(x, () => constant);
            const gradient = engine.softmaxBackward(toArray(g, format), output, extentOf(x));
            expect(Math.max(...gradient.map(Math.abs))).toBeLessThanOrEqual(error * Math.abs(constant));
          }),
          RUNS,
        );
      });
    });
  });
});

const vector = (values: number[]): Tensor => ({ layout: { outer: 1, inner: 1 }, length: values.length, values });

/** p in the order of the logits, which are 1/64 apart or equal. */
function expectOrder(x: readonly number[], p: readonly number[]): void {
  const order = x.map((_, i) => i).sort((a, b) => x[a] - x[b]);
  for (let i = 1; i < order.length; i++) {
    const [low, high] = [order[i - 1], order[i]];
    if (x[low] === x[high]) expect(p[low]).toBe(p[high]);
    else expect(p[low]).toBeLessThan(p[high]);
  }
}
