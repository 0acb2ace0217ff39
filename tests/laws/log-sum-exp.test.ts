// What log-sum-exp is, whatever computes it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { formats } from '../tools/operations.ts';
import { entries, extentOf, ROUNDING, slices, type Tensor, tensors, toArray } from '../tools/tensors.ts';

const RUNS = { numRuns: 60 };

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const error = 8 * ROUNDING[format];
    const logSumExp = (tensor: Tensor) => [...engine.logSumExp(toArray(tensor, format), extentOf(tensor))];
    const map = (tensor: Tensor, f: (x: number) => number): Tensor => ({ ...tensor, values: tensor.values.map(f) });
    const near = (actual: number, expected: number, size: number) =>
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(error * (1 + size));

    test('lies between the maximum and the maximum + log K', () => {
      fc.assert(
        fc.property(tensors({ limit: 100 }), (x) => {
          const rows = slices(x, toArray(x, 'float64'));
          logSumExp(x).forEach((y, k) => {
            const max = Math.max(...rows[k]);
            const highest = max + Math.log(rows[k].length);
            expect(y).toBeGreaterThanOrEqual(max);
            expect(y).toBeLessThanOrEqual(highest + error * Math.abs(highest));
          });
        }),
        RUNS,
      );
    });

    test('moves with a translation', () => {
      fc.assert(
        fc.property(tensors({ limit: 20 }), entries(500), (x, shift) => {
          const moved = logSumExp(map(x, (v) => v + shift));
          logSumExp(x).forEach((y, k) => {
            near(moved[k], y + shift, Math.abs(y) + Math.abs(shift));
          });
        }),
        RUNS,
      );
    });

    test('of parts is that of the whole: it does not matter what is added first', () => {
      fc.assert(
        fc.property(fc.array(entries(20), { minLength: 2, maxLength: 40 }), fc.nat(), (row, seed) => {
          const cut = 1 + (seed % (row.length - 1));
          const of = (values: number[]) =>
            logSumExp({ layout: { outer: 1, inner: 1 }, length: values.length, values })[0];
          near(of([of(row.slice(0, cut)), of(row.slice(cut))]), of(row), 40);
        }),
        RUNS,
      );
    });

    test('grows with each entry', () => {
      fc.assert(
        fc.property(tensors({ limit: 2 }), (x) => {
          const grown = logSumExp(map(x, (v) => v + 0.25));
          logSumExp(x).forEach((y, k) => {
            expect(grown[k]).toBeGreaterThan(y);
          });
        }),
        RUNS,
      );
    });

    test('has softmax as its gradient: finite differences in float64', () => {
      fc.assert(
        fc.property(tensors({ limit: 4, maxLength: 12 }), (x) => {
          const options = extentOf(x);
          const p = engine.softmax(toArray(x, format), options);
          const z = Float64Array.from(x.values);
          const sum = () => engine.logSumExp(z, options).reduce((a, b) => a + b, 0);
          const step = 2 ** -17;
          z.forEach((value, i) => {
            z[i] = value + step;
            const above = sum();
            z[i] = value - step;
            const below = sum();
            z[i] = value;
            const allowed = format === 'float64' ? 1e-8 : 1e-6;
            expect(Math.abs(p[i] - (above - below) / (2 * step))).toBeLessThanOrEqual(allowed);
          });
        }),
        RUNS,
      );
    });
  });
});
