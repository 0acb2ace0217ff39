// What the derivatives must obey, whatever computes them. Bounds count roundings of terms that are at most 1, or at most the sizes named.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradCheck } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { formats, sliceOf } from '../tools/operations.ts';
import { entries, extentOf, ROUNDING, slices, type Tensor, tensors, toArray, total } from '../tools/tensors.ts';

const RUNS = { numRuns: 60 };
const small = tensors({ limit: 6, maxLength: 8 });

/** Tensors of the shape of x. */
const like = (x: Tensor, limit = 4) =>
  fc
    .array(entries(limit), { minLength: x.values.length, maxLength: x.values.length })
    .map((values) => ({ ...x, values }));
const withOne = small.chain((x) => fc.record({ x: fc.constant(x), v: like(x) }));
const withTwo = small.chain((x) => fc.record({ x: fc.constant(x), g: like(x), v: like(x) }));
const temperatures = fc.constantFrom(0.5, 1, 3);

/** Logits [rows, classes], with labels. */
const classified = tensors({ limit: 6, minLength: 2, maxLength: 8 }).chain((x) =>
  fc.record({
    x: fc.constant(x),
    labels: fc.array(fc.nat(x.length - 1), {
      minLength: x.values.length / x.length,
      maxLength: x.values.length / x.length,
    }),
  }),
);

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** The K × K matrices, or K × K × K ones, of a result whose axis was moved last. */
function blocks(result: ArrayLike<number>, size: number): number[][] {
  const values = Array.from(result);
  return Array.from({ length: values.length / size }, (_, k) => values.slice(k * size, (k + 1) * size));
}

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const error = 8 * ROUNDING[format];
    const softmaxOf = (x: Tensor, temperature = 1) =>
      engine.softmax(toArray(x, format), { ...extentOf(x), temperature });
    const logSoftmaxOf = (x: Tensor, temperature = 1) =>
      engine.logSoftmax(toArray(x, format), { ...extentOf(x), temperature });

    describe('the Jacobian', () => {
      test('of softmax: rows sum to 0, and it is symmetric', () => {
        fc.assert(
          fc.property(small, (x) => {
            const { length: K } = x;
            for (const J of blocks(engine.softmaxJacobian(softmaxOf(x), extentOf(x)), K * K)) {
              for (let i = 0; i < K; i++) {
                // Σ s is 1 but for the roundings of s
                expect(Math.abs(total(J.slice(i * K, (i + 1) * K)))).toBeLessThanOrEqual(error);
                for (let j = 0; j < K; j++) expect(J[i * K + j]).toBe(J[j * K + i]);
              }
            }
          }),
          RUNS,
        );
      });

      test('of softmax, which is the Hessian of log-sum-exp, is positive semi-definite', () => {
        fc.assert(
          fc.property(withOne, ({ x, v }) => {
            const { length: K } = x;
            const matrices = blocks(engine.softmaxJacobian(softmaxOf(x), extentOf(x)), K * K);
            for (const [k, J] of matrices.entries()) {
              const u = slices(v, toArray(v, 'float64'))[k];
              const square = total(J.map((entry, at) => u[Math.floor(at / K)] * entry * u[at % K]));
              expect(square).toBeGreaterThanOrEqual(-error * largest(u) ** 2);
            }
          }),
          RUNS,
        );
      });

      test('of log-softmax: rows sum to 0, and all are the same but for 1 on the diagonal', () => {
        fc.assert(
          fc.property(small, (x) => {
            const { length: K } = x;
            for (const J of blocks(engine.logSoftmaxJacobian(logSoftmaxOf(x), extentOf(x)), K * K)) {
              for (let i = 0; i < K; i++) {
                // an output of −12 that is rounded moves its e^output, the sum of which is 1, by 12 roundings
                expect(Math.abs(total(J.slice(i * K, (i + 1) * K)))).toBeLessThanOrEqual(4 * error);
                for (let j = 0; j < K; j++) {
                  const first = J[j] - (j === 0 ? 1 : 0);
                  expect(Math.abs(J[i * K + j] - (i === j ? 1 : 0) - first)).toBeLessThanOrEqual(error);
                }
              }
            }
          }),
          RUNS,
        );
      });

      test('stands for any axis where the batch does, the axis moved last', () => {
        fc.assert(
          fc.property(small, (x) => {
            const { length: K } = x;
            const output = softmaxOf(x);
            const matrices = blocks(engine.softmaxJacobian(output, extentOf(x)), K * K);
            matrices.forEach((J, k) => {
              const alone = engine.softmaxJacobian(sliceOf(output, x.layout, K, k));
              expect(J).toEqual([...alone]);
            });
          }),
          RUNS,
        );
      });
    });

    describe('the product with a vector', () => {
      test('of softmax is that with the Jacobian', () => {
        fc.assert(
          fc.property(withOne, temperatures, ({ x, v }, temperature) => {
            const output = softmaxOf(x, temperature);
            const options = { ...extentOf(x), temperature };
            const products = slices(x, engine.softmaxJvp(toArray(v, format), output, options));
            expectProducts(x, v, engine.softmaxJacobian(output, extentOf(x)), products, temperature);
            expect(engine.softmaxJvp(toArray(v, format), output, options)).toEqual(
              engine.softmaxBackward(toArray(v, format), output, options),
            );
          }),
          RUNS,
        );
      });

      test('of log-softmax is that with the Jacobian; backwards it is that with its transpose', () => {
        fc.assert(
          fc.property(withTwo, temperatures, ({ x, g, v }, temperature) => {
            const output = logSoftmaxOf(x, temperature);
            const options = { ...extentOf(x), temperature };
            const products = slices(x, engine.logSoftmaxJvp(toArray(v, format), output, options));
            expectProducts(x, v, engine.logSoftmaxJacobian(output, extentOf(x)), products, temperature);
            // ⟨g, J v⟩ = ⟨Jᵀ g, v⟩
            const back = slices(x, engine.logSoftmaxBackward(toArray(g, format), output, options));
            const [gs, vs] = [g, v].map((tensor) => slices(x, toArray(tensor, 'float64')));
            products.forEach((product, k) => {
              const forwards = total(product.map((p, i) => p * gs[k][i]));
              const backwards = total(back[k].map((p, i) => p * vs[k][i]));
              const size = (x.length * largest(gs[k]) * largest(vs[k]) * x.length) / temperature;
              expect(Math.abs(forwards - backwards)).toBeLessThanOrEqual(4 * error * size);
            });
          }),
          RUNS,
        );
      });

      function expectProducts(
        x: Tensor,
        v: Tensor,
        jacobian: ArrayLike<number>,
        products: number[][],
        temperature: number,
      ): void {
        const K = x.length;
        const vectors = slices(v, toArray(v, 'float64'));
        blocks(jacobian, K * K).forEach((J, k) => {
          for (let i = 0; i < K; i++) {
            const expected = total(vectors[k].map((value, j) => J[i * K + j] * value)) / temperature;
            const size = (largest(vectors[k]) * 4) / temperature;
            expect(Math.abs(products[k][i] - expected)).toBeLessThanOrEqual(4 * error * size);
          }
        });
      }
    });

    describe('the second derivative', () => {
      test('of softmax: each slice is symmetric, they sum to 0, and the product with g and v is that of the Hessian', () => {
        fc.assert(
          fc.property(withTwo, ({ x, g, v }) => {
            const K = x.length;
            const output = softmaxOf(x);
            const products = slices(x, engine.softmaxHvp(toArray(g, format), output, toArray(v, format), extentOf(x)));
            const [gs, vs] = [g, v].map((tensor) => slices(x, toArray(tensor, 'float64')));
            blocks(engine.softmaxHessian(output, extentOf(x)), K ** 3).forEach((H, k) => {
              const size = 4 * K * largest(gs[k]) * largest(vs[k]);
              for (let i = 0; i < K; i++) {
                let product = 0;
                for (let j = 0; j < K; j++) {
                  let sum = 0;
                  for (let m = 0; m < K; m++) {
                    const entry = H[(m * K + i) * K + j];
                    const mirrored = H[(m * K + j) * K + i];
                    expect(Math.abs(entry - mirrored)).toBeLessThanOrEqual(error);
                    sum += entry;
                    product += gs[k][m] * entry * vs[k][j];
                  }
                  expect(Math.abs(sum)).toBeLessThanOrEqual(4 * error);
                }
                expect(Math.abs(products[k][i] - product)).toBeLessThanOrEqual(error * size);
              }
            });
          }),
          RUNS,
        );
      });

      test.each(['softmax', 'logSoftmax'] as const)('of %s is that of finite differences', (name) => {
        const [forward, gradient, hvp] = {
          softmax: [engine.softmax, engine.softmaxBackward, engine.softmaxHvp] as const,
          logSoftmax: [engine.logSoftmax, engine.logSoftmaxBackward, engine.logSoftmaxHvp] as const,
        }[name];
        fc.assert(
          fc.property(withTwo, temperatures, ({ x, g, v }, temperature) => {
            const options = { ...extentOf(x), temperature };
            const output = forward(toArray(x, format), options);
            const actual = hvp(toArray(g, format), output, toArray(v, format), options);
            const step = 2 ** -17;
            const at = (sign: number) => {
              const moved = Float64Array.from(x.values, (value, i) => value + sign * step * v.values[i]);
              return gradient(Float64Array.from(g.values), forward(moved, options), options);
            };
            const [above, below] = [at(1), at(-1)];
            actual.forEach((value, i) => {
              // step² / 6 times a third derivative along v, and two rounded gradients over the step
              const allowed = format === 'float64' ? 1e-6 : 1e-3;
              expect(Math.abs(value - (above[i] - below[i]) / (2 * step))).toBeLessThanOrEqual(allowed);
            });
          }),
          RUNS,
        );
      });
    });

    describe('the gradient of cross-entropy', () => {
      test('is ŷ − y, row by row; its product with a vector is (diag(ŷ) − ŷ ŷᵀ) v', () => {
        fc.assert(
          fc.property(classified, temperatures, fc.infiniteStream(entries(4)), ({ x, labels }, temperature, stream) => {
            const options = { ...extentOf(x), temperature, reduction: 'sum' } as const;
            const { loss, gradient } = engine.crossEntropyWithGradient(toArray(x, format), labels, options);
            const p = slices(x, softmaxOf(x, temperature));
            let expectedLoss = 0;
            slices(x, gradient).forEach((row, k) => {
              expectedLoss -= Math.log(p[k][labels[k]]);
              row.forEach((value, j) => {
                const expected = (p[k][j] - (j === labels[k] ? 1 : 0)) / temperature;
                expect(Math.abs(value - expected)).toBeLessThanOrEqual(error / temperature);
              });
            });
            // −log p of a p that is wrong by some roundings
            expect(Math.abs(loss - expectedLoss)).toBeLessThanOrEqual(2 * error * labels.length * Math.max(1, loss));

            const v = { ...x, values: [...stream.take(x.values.length)] };
            const product = engine.crossEntropyHvp(toArray(x, format), toArray(v, format), options);
            const along = engine.softmaxJvp(toArray(v, format), softmaxOf(x, temperature), {
              ...extentOf(x),
              temperature,
            });
            product.forEach((value, i) => {
              const allowed = (8 * error) / temperature ** 2;
              expect(Math.abs(value - along[i] / temperature)).toBeLessThanOrEqual(4 * allowed);
            });
          }),
          RUNS,
        );
      });

      test('with respect to the weights of a linear layer is (ŷ − y) xᵀ', () => {
        const problems = fc
          .record({
            batch: fc.integer({ min: 1, max: 5 }),
            inFeatures: fc.integer({ min: 1, max: 9 }),
            classes: fc.integer({ min: 1, max: 9 }),
          })
          .chain((size) => {
            const numbers = (length: number) => fc.array(entries(2), { minLength: length, maxLength: length });
            return fc.record({
              size: fc.constant(size),
              features: numbers(size.batch * size.inFeatures),
              weight: numbers(size.classes * size.inFeatures),
              bias: numbers(size.classes),
              targets: fc.array(fc.nat(size.classes - 1), { minLength: size.batch, maxLength: size.batch }),
            });
          });
        fc.assert(
          fc.property(problems, ({ size, features, weight, bias, targets }) => {
            const { batch, inFeatures, classes } = size;
            const array = (values: number[]) => toArray({ layout: { outer: 1, inner: 1 }, length: 0, values }, format);
            const { gradWeight, gradBias, gradFeatures } = engine.linearCrossEntropy({
              ...size,
              features: array(features),
              weight: array(weight),
              bias: array(bias),
              targets,
              reduction: 'sum',
            });
            const logits = Float64Array.from({ length: batch * classes }, (_, at) => {
              const [n, k] = [Math.floor(at / classes), at % classes];
              return (
                total(
                  features.slice(n * inFeatures, (n + 1) * inFeatures).map((f, i) => f * weight[k * inFeatures + i]),
                ) + bias[k]
              );
            });
            const d = engine.softmax(logits, { shape: [batch, classes] });
            targets.forEach((label, n) => {
              d[n * classes + label] -= 1;
            });
            const close = (actual: ArrayLike<number>, expected: (i: number) => number) => {
              // logits of up to 9 · 4 + 2 in roundings, features and weights of up to 2, sums of up to 9 terms
              for (let i = 0; i < actual.length; i++)
                expect(Math.abs(actual[i] - expected(i))).toBeLessThanOrEqual(100 * error);
            };
            const sumOver = (count: number, term: (i: number) => number) =>
              total(Array.from({ length: count }, (_, i) => term(i)));
            close(gradWeight, (at) =>
              sumOver(
                batch,
                (n) => d[n * classes + Math.floor(at / inFeatures)] * features[n * inFeatures + (at % inFeatures)],
              ),
            );
            close(gradBias, (k) => sumOver(batch, (n) => d[n * classes + k]));
            close(gradFeatures, (at) =>
              sumOver(
                classes,
                (k) => d[Math.floor(at / inFeatures) * classes + k] * weight[k * inFeatures + (at % inFeatures)],
              ),
            );
          }),
          RUNS,
        );
      });
    });

    test('the Jacobian at softmax of 1, 3, 5, 7, as printed', () => {
      const array = toArray({ layout: { outer: 1, inner: 1 }, length: 4, values: [1, 3, 5, 7] }, format);
      const jacobian = engine.softmaxJacobian(engine.softmax(array));
      const printed = [
        [2.13941201e-3, -3.39658185e-5, -2.50975338e-4, -1.85447085e-3],
        [-3.39658185e-5, 1.55912258e-2, -1.85447085e-3, -1.37027892e-2],
        [-2.50975338e-4, -1.85447085e-3, 1.03356124e-1, -1.01250678e-1],
        [-1.85447085e-3, -1.37027892e-2, -1.01250678e-1, 1.16807938e-1],
      ].flat();
      printed.forEach((value, i) => {
        expect(Math.abs(jacobian[i] - value)).toBeLessThanOrEqual((0.5e-8 + error) * Math.abs(value));
      });
    });
  });

  describe('gradCheck', () => {
    test('passes the right gradients', () => {
      fc.assert(
        fc.property(withTwo, temperatures, ({ x, g, v }, temperature) => {
          const options = { ...extentOf(x), temperature };
          const input = toArray(x, 'float64');
          const gradOutput = toArray(g, 'float64');
          const vector = toArray(v, 'float64');
          const checks = [
            gradCheck({
              forward: (z) => engine.softmax(z, options),
              backward: (z, grad) =>
                engine.softmaxBackward(Float64Array.from(grad), engine.softmax(z, options), options),
              input,
              gradOutput,
            }),
            gradCheck({
              forward: (z) => engine.logSoftmax(z, options),
              backward: (z, grad) =>
                engine.logSoftmaxBackward(Float64Array.from(grad), engine.logSoftmax(z, options), options),
              input,
            }),
            gradCheck({
              forward: (z) => total([...engine.softmax(z, options)].map((s, i) => s * g.values[i])),
              backward: (z) => engine.softmaxBackward(gradOutput, engine.softmax(z, options), options),
              input,
            }),
          ];
          expect(checks.map(({ passed }) => passed)).toEqual([true, true, true]);
          const second = gradCheck({
            forward: (z) => engine.softmaxBackward(gradOutput, engine.softmax(z, options), options),
            // the second derivative is symmetric
            backward: (z, grad) =>
              engine.softmaxHvp(gradOutput, engine.softmax(z, options), Float64Array.from(grad), options),
            input,
            gradOutput: vector,
          });
          // The first derivative is a difference of terms as large as g, whose roundings the differences show.
          const largest = Math.max(...g.values.map(Math.abs)) * Math.max(...v.values.map(Math.abs));
          expect(second.maxAbsError).toBeLessThanOrEqual(1e-9 * largest * (1 + 1 / temperature) ** 2);
        }),
        RUNS,
      );
    });

    test('reports g · (1 − e^output), which forgets the sum, with its place and size', () => {
      const wrong = (z: Float64Array, g: Float64Array) => engine.logSoftmax(z).map((l, i) => g[i] * (1 - Math.exp(l)));
      const result = gradCheck({
        forward: (z) => engine.logSoftmax(z),
        backward: wrong,
        input: [1, 2, 3],
        gradOutput: [1, 1, 1],
      });
      // 1 − e^output is 0.90997, 0.75527, 0.33476; right is 1 − 3 e^output, 0.72991, 0.26581, −0.99572: most wrong in the last
      expect(result.passed).toBe(false);
      expect(result.worstIndex).toBe(2);
      expect(result.maxAbsError).toBeCloseTo(2 * 0.6652409557748219, 8); // 2 e^output
      expect(result.maxRelError).toBeCloseTo((2 * 0.6652409557748219) / 0.9957228673244657, 8);
    });

    test('finds one wrong entry among many, wherever it is', () => {
      const { softmax, softmaxBackward } = engine;
      fc.assert(
        fc.property(small, fc.nat(), fc.constantFrom(1e-3, -0.5, Number.NaN), (x, seed, error) => {
          const at = seed % x.values.length;
          const result = gradCheck({
            forward: (z) => softmax(z, extentOf(x)),
            backward: (z, g) => {
              const gradient = softmaxBackward(Float64Array.from(g), softmax(z, extentOf(x)), extentOf(x));
              gradient[at] += error;
              return gradient;
            },
            input: toArray(x, 'float64'),
            seed,
          });
          expect(result).toMatchObject({ passed: false, worstIndex: at });
          if (!Number.isNaN(error)) expect(result.maxAbsError).toBeCloseTo(Math.abs(error), 7);
        }),
        RUNS,
      );
    });
  });
});
