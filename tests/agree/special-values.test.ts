// The table of special values, row by row, for every operation on every backend; in contiguous rows and in columns, alone and among
// ordinary slices, which must not notice. A NaN in a result is the canonical one.

import { assert, describe, expect, test } from 'vitest';
import type { Engine, FloatArray, ScaledOptions } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow, type Random } from '../tools/inputs.ts';
import {
  call,
  createArray,
  derivatives,
  formatOf,
  formats,
  type Layout,
  layouts,
  operationOf,
  operations,
  place,
  type RowOperation,
  sameBits,
  setSlice,
  shapeOf,
  sliceOf,
  textOf,
} from '../tools/operations.ts';
import { ldexp, logSoftmaxTruth, softmaxTruth } from '../tools/truth.ts';
import { type Format, ulpError } from '../tools/ulp.ts';

/** Each tail of the vectors, and on both sides of the length from which the kernels take rows one by one. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 67];
const IGNORED = -1;
const LARGEST = { float32: 2 ** 128 - 2 ** 104, float64: Number.MAX_VALUE };

/** Whether every element is NaN with the canonical bits: quiet, positive, no payload. */
function isCanonicalNaN(row: FloatArray): boolean {
  const { buffer, byteOffset, length } = row.slice();
  if (row instanceof Float32Array) return new Uint32Array(buffer, byteOffset, length).every((x) => x === 0x7fc00000);
  return new BigUint64Array(buffer, byteOffset, length).every((x) => x === 0x7ff8000000000000n);
}

const ordinaryTensors = new Map<string, FloatArray[]>();

/** Tensors of ordinary rows, one for each input; not to be changed. */
function ordinaryOf(operation: RowOperation, format: Format, length: number, layout: Layout): FloatArray[] {
  const key = [operation.name, format, length, layout.outer, layout.inner].join();
  let tensors = ordinaryTensors.get(key);
  if (!tensors) {
    const random = createRandom(length);
    const rows = Array.from({ length: layout.outer * layout.inner }, () =>
      ordinaryRow(random, operation, format, length),
    );
    tensors = rows[0].map((_, input) => {
      const tensor = createArray(format, length * rows.length);
      place(
        rows.map((row) => row[input]),
        layout,
        tensor,
      );
      return tensor;
    });
    ordinaryTensors.set(key, tensors);
  }
  return tensors;
}

/**
 * Calls the operation on tensors of every layout in which one slice is the special row, and asks whether its result is right. The
 * ordinary rows around it must give what they give without it.
 */
function everywhere(
  engine: Engine,
  operation: RowOperation,
  special: FloatArray[],
  options: ScaledOptions,
  isRight: (result: FloatArray) => boolean,
): void {
  const length = special[0].length;
  const size = operation.reduces ? 1 : length;
  for (const [i, layout] of layouts.entries()) {
    const slices = layout.outer * layout.inner;
    const at = (5 * length + i) % slices;
    const ordinary = ordinaryOf(operation, formatOf(special[0]), length, layout);
    const mixed = ordinary.map((tensor, input) => {
      const copy = tensor.slice();
      setSlice(copy, layout, at, special[input]);
      return copy;
    });
    const settings = { ...options, ...shapeOf(layout, length) };
    const expected = call<FloatArray>(engine, operation, ordinary, settings);
    const actual = call<FloatArray>(engine, operation, mixed, settings);
    const result = sliceOf(actual, layout, size, at);
    setSlice(expected, layout, at, result);
    if (isRight(result) && sameBits(actual, expected)) continue;
    const what = `${operation.name} of ${special.map((row) => `[${row}]`).join(' and ')}, ${textOf(settings)}`;
    assert.fail(isRight(result) ? `${what}, as slice ${at}, changes others` : `${what} is [${result}]`);
  }
}

/** Inputs of one row. */
function ordinaryRow(random: Random, { inputs, of }: RowOperation, format: Format, length: number): FloatArray[] {
  const x = normalRow(random, format, { length, gap: 1 });
  if (of === undefined) return [x];
  const output = createArray(format, length);
  output.set(of === 'softmax' ? softmaxTruth(x).hi : logSoftmaxTruth(x).hi);
  const vectors = Array.from({ length: inputs - 1 }, () => normalRow(random, format, { length }));
  return [...vectors.slice(0, 1), output, ...vectors.slice(1)];
}

/**
 * The same for the cross-entropy of one row with a label among others: what its loss and its gradient are. Its share of the loss is
 * that of a sum.
 */
function lossEverywhere(
  engine: Engine,
  row: FloatArray,
  label: number,
  temperature: number,
  isRight: (loss: number, gradient: FloatArray) => boolean,
): void {
  const format = formatOf(row);
  for (const [i, layout] of layouts.entries()) {
    const slices = layout.outer * layout.inner;
    const at = (5 * row.length + i) % slices;
    const labels = Int32Array.from({ length: slices }, (_, k) => (k === at ? label : k % row.length));
    const [ordinary] = ordinaryOf(operationOf('softmax'), format, row.length, layout);
    const mixed = ordinary.slice();
    setSlice(mixed, layout, at, row);
    const options = { ...shapeOf(layout, row.length), temperature, reduction: 'none' } as const;
    const settings = { ...options, ignoreIndex: IGNORED };
    const expected = engine.crossEntropyWithGradient(ordinary, labels, settings);
    const actual = engine.crossEntropyWithGradient(mixed, labels, settings);
    const gradient = sliceOf(actual.gradient, layout, row.length, at);
    const what = `cross-entropy of [${row}], label ${label}, ${textOf(options)}, is ${actual.loss[at]} and [${gradient}]`;
    if (!isRight(actual.loss[at], gradient)) assert.fail(what);
    setSlice(expected.gradient, layout, at, gradient);
    expected.loss[at] = actual.loss[at];
    const same = sameBits(actual.gradient, expected.gradient) && sameBits(actual.loss, expected.loss);
    if (!same) assert.fail(`${what}: it changes others`);
  }
}

/** Lengths, and places in them: the first, the last, and one between. */
function eachPlace(visit: (length: number, at: number) => void): void {
  for (const length of LENGTHS) for (const at of new Set([0, length >> 1, length - 1])) visit(length, at);
}

/** Those whose result has a place for each entry, or one for the row. */
const onRows = [...operations, ...derivatives.filter(({ rank }) => !rank)];
const names = onRows.map(({ name }) => name);
const forward = operations.filter(({ inputs }) => inputs === 1).map(({ name }) => name);
const derived = onRows.filter(({ of }) => of).map(({ name }) => name);

const isNear = (actual: number, expected: number, format: Format) => ulpError(actual, expected, 0, format) <= 1;
const equals = (expected: readonly number[]) => (result: FloatArray) => result.every((y, i) => y === expected[i]);

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const rowOf = (operation: RowOperation, length: number) =>
      ordinaryRow(createRandom(length + 100), operation, format, length);
    const largest = LARGEST[format];

    describe('NaN in a slice: all of it NaN', () => {
      test.each(names)('%s', (name) => {
        const operation = operationOf(name);
        const temperatures = operation.scales.length > 0 ? [undefined, 0, 0.5, 100, Infinity] : [undefined];
        eachPlace((length, at) => {
          for (let input = 0; input < operation.inputs; input++) {
            const row = rowOf(operation, length);
            row[input][at] = NaN;
            for (const temperature of temperatures) {
              const options = temperature === undefined ? {} : { temperature };
              everywhere(engine, operation, row, options, isCanonicalNaN);
            }
          }
        });
      });

      test.each(forward)('%s: beside −∞ and +∞', (name) => {
        const operation = operationOf(name);
        for (const length of LENGTHS) {
          if (length < 2) continue;
          for (const other of [Infinity, -Infinity]) {
            const row = createArray(format, length).fill(other);
            row[length >> 1] = NaN;
            everywhere(engine, operation, [row], {}, isCanonicalNaN);
          }
        }
      });

      test.each(names)('%s: whatever NaN it is', (name) => {
        const operation = operationOf(name);
        for (const length of LENGTHS) {
          for (let input = 0; input < operation.inputs; input++) {
            for (const nan of strangeNaNs(format)) {
              const row = rowOf(operation, length);
              row[input].set(nan, length >> 1);
              everywhere(engine, operation, row, {}, isCanonicalNaN);
            }
          }
        }
      });
    });

    describe('+∞ in a slice', () => {
      const temperatures = [1, 0, 0.5, 100, Infinity];

      test.each(['softmax', 'logSoftmax'] as const)('%s: all of it NaN', (name) => {
        eachPlace((length, at) => {
          const row = rowOf(operationOf(name), length);
          if (at > 0) row[0][at - 1] = -Infinity;
          row[0][at] = Infinity;
          for (const temperature of temperatures) {
            everywhere(engine, operationOf(name), row, { temperature }, isCanonicalNaN);
          }
        });
      });

      test('logSumExp: +∞', () => {
        eachPlace((length, at) => {
          const row = rowOf(operationOf('logSumExp'), length);
          if (at > 0) row[0][at - 1] = -Infinity;
          row[0][at] = Infinity;
          for (const temperature of temperatures) {
            everywhere(engine, operationOf('logSumExp'), row, { temperature }, equals([Infinity]));
          }
        });
      });

      test('softmin: exactly 0 there; NaN with −∞', () => {
        eachPlace((length, at) => {
          const row = rowOf(operationOf('softmin'), length);
          row[0][at] = Infinity;
          const isRight =
            length === 1 ? isCanonicalNaN : (y: FloatArray) => Object.is(y[at], 0) && !y.some(Number.isNaN);
          for (const temperature of temperatures)
            everywhere(engine, operationOf('softmin'), row, { temperature }, isRight);
          row[0][at] = -Infinity;
          for (const temperature of temperatures) {
            everywhere(engine, operationOf('softmin'), row, { temperature }, isCanonicalNaN);
          }
        });
      });

      test('hardmax: the first of them is the maximum', () => {
        eachPlace((length, at) => {
          const row = rowOf(operationOf('hardmax'), length);
          row[0][at] = Infinity;
          row[0][length - 1] = Infinity;
          everywhere(engine, operationOf('hardmax'), row, {}, equals(oneHot(length, at)));
        });
      });
    });

    describe('−∞ entry', () => {
      test.each([1, 0, 0.5, 100, Infinity])('T = %d: probability exactly 0, its logarithm −∞', (temperature) => {
        eachPlace((length, at) => {
          if (length === 1) return;
          const row = rowOf(operationOf('softmax'), length);
          row[0][at] = -Infinity;
          everywhere(engine, operationOf('softmax'), row, { temperature }, (result) => {
            return Object.is(result[at], 0) && !result.some(Number.isNaN);
          });
          everywhere(engine, operationOf('logSoftmax'), row, { temperature }, (result) => {
            return result[at] === -Infinity && !result.some(Number.isNaN);
          });
        });
      });

      test.each(derived)('%s: exactly 0 there', (name) => {
        eachPlace((length, at) => {
          if (length === 1) return;
          const row = rowOf(operationOf(name), length);
          row[1][at] = operationOf(name).of === 'softmax' ? 0 : -Infinity;
          for (const options of [{}, { temperature: 3 }, { base: 0.5 }]) {
            everywhere(engine, operationOf(name), row, options, (result) => {
              return result[at] === 0 && !result.some(Number.isNaN);
            });
          }
        });
      });

      test('logSumExp: as without it', () => {
        for (const length of LENGTHS) {
          const [x] = rowOf(operationOf('logSumExp'), length);
          const padded = createArray(format, length + 1).fill(-Infinity);
          padded.set(x);
          everywhere(engine, operationOf('logSumExp'), [padded], {}, equals([...engine.logSumExp(x)]));
        }
      });
    });

    describe('every entry −∞', () => {
      test.each([1, 0, 0.5, 100, Infinity])('T = %d: NaN; log-sum-exp −∞', (temperature) => {
        for (const length of LENGTHS) {
          const row = createArray(format, length).fill(-Infinity);
          everywhere(engine, operationOf('softmax'), [row], { temperature }, isCanonicalNaN);
          everywhere(engine, operationOf('logSoftmax'), [row], { temperature }, isCanonicalNaN);
          everywhere(engine, operationOf('logSumExp'), [row], { temperature }, equals([-Infinity]));
          everywhere(engine, operationOf('softmin'), [row.map((x) => -x)], { temperature }, isCanonicalNaN);
        }
      });

      test('hardmax: the first', () => {
        for (const length of LENGTHS) {
          const row = createArray(format, length).fill(-Infinity);
          everywhere(engine, operationOf('hardmax'), [row], {}, equals(oneHot(length, 0)));
        }
      });
    });

    test('axis of length 0: an empty result; log-sum-exp −∞; hardmax RangeError', () => {
      const empty = createArray(format, 0);
      for (const options of [{}, { shape: [0] }, { shape: [3, 0] }, { shape: [0, 4], axis: 0 }]) {
        for (const operation of [...operations, ...derivatives]) {
          const inputs = Array.from({ length: operation.inputs }, () => empty);
          const run = () => call<FloatArray>(engine, operation, inputs, options);
          if (operation.name === 'hardmax') expect(run, textOf(options)).toThrow(RangeError);
          else if (operation.name !== 'logSumExp') expect(run(), operation.name).toEqual(empty);
        }
      }
      expect([...engine.logSumExp(empty)]).toEqual([-Infinity]);
      expect([...engine.logSumExp(empty, { shape: [3, 0] })]).toEqual([-Infinity, -Infinity, -Infinity]);
      expect([...engine.logSumExp(empty, { shape: [0, 2], axis: 0 })]).toEqual([-Infinity, -Infinity]);
    });

    test('batch of 0: an empty result', () => {
      const empty = createArray(format, 0);
      for (const operation of [...operations, ...derivatives]) {
        const inputs = Array.from({ length: operation.inputs }, () => empty);
        for (const options of [{ shape: [0, 5] }, { shape: [5, 0], axis: 0 }, { shape: [2, 5, 0], axis: 1 }]) {
          expect(call(engine, operation, inputs, options), `${operation.name} ${options.shape}`).toEqual(empty);
        }
      }
    });

    describe('axis of length 1', () => {
      const scalings: ScaledOptions[] = [
        {},
        ...[0, 0.1, 3, 1e5, Infinity].map((temperature) => ({ temperature })),
        { base: 2 },
        { base: 0.1 },
      ];

      test.each([
        ['softmax', 1],
        ['softmin', 1],
        ['logSoftmax', 0],
      ] as const)('%s: %d', (name, expected) => {
        for (const options of scalings) {
          for (const value of [0, -0, 1, -1, 1e-30, 300, -300, 1e38, -1e38, largest, -largest]) {
            everywhere(engine, operationOf(name), [createArray(format, 1).fill(value)], options, equals([expected]));
          }
        }
      });

      test.each(derived)('%s: 0', (name) => {
        const operation = operationOf(name);
        for (const options of scalings) {
          for (const value of [0, 1, -1, 0.1, 1e-30, 300, -1e30]) {
            const row = Array.from({ length: operation.inputs }, (_, i) => {
              return createArray(format, 1).fill(i === 1 ? (operation.of === 'softmax' ? 1 : 0) : value);
            });
            everywhere(engine, operation, row, options, equals([0]));
          }
        }
      });
    });

    describe('±1e38, ± the largest number', () => {
      const cases: [number[], number[]][] = [
        [
          [1e38, -1e38],
          [1, 0],
        ],
        [
          [-1e38, 1e38, 1e38],
          [0, 0.5, 0.5],
        ],
        [
          [largest, -largest],
          [1, 0],
        ],
        [
          [largest, largest, -largest, largest / 2],
          [0.5, 0.5, 0, 0],
        ],
        [
          [-largest, -largest],
          [0.5, 0.5],
        ],
        [
          [-largest, -Infinity, -largest],
          [0.5, 0, 0.5],
        ],
      ];

      /** (x − max) / T, which is −∞ only where the format ends. */
      const logarithm = (x: number, max: number, temperature: number) => ((x / 2 - max / 2) / temperature) * 2;

      test.each([1, 0.1, 1e-3, 7])('T = %d: right', (temperature) => {
        for (const [entries, probabilities] of cases) {
          for (const padding of [0, 3, 40]) {
            const row = createArray(format, entries.length + padding).fill(-Infinity);
            row.set(entries);
            const max = Math.max(...row);
            const expected = [...row].map((_, i) => probabilities[i] ?? 0);
            const logs = expected.map((p, i) => (p > 0 ? Math.log(p) : logarithm(row[i], max, temperature)));
            everywhere(engine, operationOf('softmax'), [row], { temperature }, equals(expected));
            everywhere(engine, operationOf('softmin'), [row.map((x) => -x)], { temperature }, equals(expected));
            everywhere(engine, operationOf('logSoftmax'), [row], { temperature }, (result) => {
              return result.every((l, i) => isNear(l, logs[i], format));
            });
            everywhere(engine, operationOf('logSumExp'), [row], { temperature }, ([result]) => {
              return isNear(result, max / temperature, format); // log 2 does not show beside it
            });
          }
        }
      });

      test('T so large that they count: no overflow on the way', () => {
        for (const temperature of [largest / 2, largest]) {
          for (const padding of [0, 14, 40]) {
            const row = createArray(format, 3 + padding).fill(-Infinity);
            row.set([largest, 0, -largest]);
            const unit = largest / temperature;
            const truth = softmaxTruth(Float64Array.of(unit, 0, -unit));
            everywhere(engine, operationOf('softmax'), [row], { temperature }, (result) => {
              return [0, 1, 2].every((i) => ulpError(result[i], truth.hi[i], truth.lo[i], format) <= 4);
            });
          }
        }
      });
    });

    test('tiny probabilities: gradual underflow, 0 only below half the smallest subnormal', () => {
      // pairs (0, −x), with x from the end of the normal range to beyond that of the subnormals
      const [from, to, places] = format === 'float32' ? [87, 104.5, 149] : [708, 746, 1074];
      const pairs = 512;
      for (const offset of [0, 100, -1000]) {
        const x = createArray(format, 2 * pairs).fill(offset);
        for (let k = 0; k < pairs; k++) x[pairs + k] -= from + ((to - from) * k) / pairs;
        const columns = engine.softmax(x, { shape: [2, pairs], axis: 0 });
        const rows = engine.softmax(transposed(x, pairs), { shape: [pairs, 2] });
        let [subnormals, zeros] = [0, 0];
        for (let k = 0; k < pairs; k++) {
          const { hi, lo, exponent } = softmaxTruth(Float64Array.of(x[k], x[pairs + k]));
          const units = ldexp(hi[1], exponent[1] + places); // of the smallest subnormal
          for (const y of [columns[pairs + k], rows[2 * k + 1]]) {
            const error = ulpError(y, hi[1], lo[1], format, exponent[1]);
            const what = `e^${x[pairs + k] - x[k]}, ${units} units, as ${y}`;
            // Up to 15 bits are left: the error of e^x, less than 2⁻⁷ of a unit, may decide a tie.
            expect(error, what).toBeLessThan(units < 2 ** 15 ? 0.51 : 3);
            if (units > 0.51) expect(y, what).toBeGreaterThan(0);
            if (units < 0.49) expect(y, what).toBe(0);
            if (y === 0) zeros++;
            else if (units < 2 ** 15) subnormals++;
          }
        }
        expect(Math.min(subnormals, zeros)).toBeGreaterThan(15);
      }
    });

    describe('T = 0', () => {
      const options = { temperature: 0 };

      test('softmax is hardmax, log-softmax 0 and −∞, softmin the first minimum', () => {
        for (const length of LENGTHS) {
          for (const seed of [1, 2, 3]) {
            const random = createRandom(seed);
            const row = createArray(format, length).map(() => random.below(4) - 2);
            const highest = row.indexOf(Math.max(...row));
            const lowest = row.indexOf(Math.min(...row));
            everywhere(engine, operationOf('hardmax'), [row], {}, equals(oneHot(length, highest)));
            everywhere(engine, operationOf('softmax'), [row], options, equals(oneHot(length, highest)));
            everywhere(engine, operationOf('softmax'), [row], { base: Infinity }, equals(oneHot(length, highest)));
            everywhere(engine, operationOf('softmin'), [row], options, equals(oneHot(length, lowest)));
            const logs = oneHot(length, highest, 0, -Infinity);
            everywhere(engine, operationOf('logSoftmax'), [row], options, equals(logs));
          }
        }
        expect(engine.softmax([1, 2, 2], { temperature: -0 })).toEqual([0, 1, 0]);
      });

      test('log-sum-exp: maximum / T; where the maximum is 0, the logarithm of how often it occurs', () => {
        for (const length of LENGTHS) {
          for (const [max, expected] of [
            [2, Infinity],
            [-2, -Infinity],
            [0, Math.log((length + 1) >> 1)],
          ]) {
            const row = createArray(format, length).map((_, i) => (i % 2 ? max - 1 : max));
            everywhere(engine, operationOf('logSumExp'), [row], options, ([y]) => isNear(y, expected, format));
          }
        }
      });
    });

    test('T = ∞: uniform over the entries that are not −∞', () => {
      const options = { temperature: Infinity };
      for (const length of LENGTHS) {
        for (const entries of [
          [0, 1, -Infinity, 300],
          [largest, -largest, -Infinity],
          [-Infinity, 5],
        ]) {
          const row = createArray(format, length).map((_, i) => entries[(i + 1) % entries.length]);
          const count = row.filter(Number.isFinite).length;
          if (count === 0) continue;
          everywhere(engine, operationOf('softmax'), [row], options, (result) => {
            return result.every((p, i) => (Number.isFinite(row[i]) ? isNear(p, 1 / count, format) : Object.is(p, 0)));
          });
          everywhere(engine, operationOf('logSoftmax'), [row], options, (result) => {
            return result.every((l, i) => isNear(l, Number.isFinite(row[i]) ? -Math.log(count) : -Infinity, format));
          });
          everywhere(engine, operationOf('logSumExp'), [row], options, ([y]) => isNear(y, Math.log(count), format));
        }
      }
    });

    test.each([0, Infinity])('T = %d: gradients are 0', (temperature) => {
      for (const length of LENGTHS) {
        for (const name of derived) {
          const row = rowOf(operationOf(name), length);
          everywhere(engine, operationOf(name), row, { temperature }, (result) => result.every((y) => y === 0));
        }
      }
    });

    describe('cross-entropy', () => {
      const temperatures = [1, 0.5, 100];
      const logitsOf = (length: number) => rowOf(operationOf('softmax'), length)[0];
      const isNothing = (loss: number, gradient: FloatArray) => loss === 0 && gradient.every((g) => Object.is(g, 0));

      test.each([NaN, Infinity])('%d in a row: loss and gradient NaN; nothing where the row is ignored', (value) => {
        eachPlace((length, at) => {
          const row = logitsOf(length);
          row[at] = value;
          for (const temperature of temperatures) {
            for (const label of new Set([0, at])) {
              const isRight = (loss: number, gradient: FloatArray) => Number.isNaN(loss) && isCanonicalNaN(gradient);
              lossEverywhere(engine, row, label, temperature, isRight);
            }
            lossEverywhere(engine, row, IGNORED, temperature, isNothing);
          }
        });
      });

      test('−∞ everywhere: NaN; nothing where the row is ignored', () => {
        for (const length of LENGTHS) {
          const row = createArray(format, length).fill(-Infinity);
          lossEverywhere(engine, row, 0, 1, (loss, gradient) => Number.isNaN(loss) && isCanonicalNaN(gradient));
          lossEverywhere(engine, row, IGNORED, 1, isNothing);
        }
      });

      test('−∞ entry: the gradient is 0 there; the loss is ∞ where it is the label', () => {
        eachPlace((length, at) => {
          if (length < 3) return; // the only other entry has all: its gradient is 0, too
          const row = logitsOf(length);
          row[at] = -Infinity;
          const other = at === 0 ? 1 : 0;
          for (const temperature of temperatures) {
            const isRight = (loss: number, gradient: FloatArray) =>
              Object.is(gradient[at], 0) && Number.isFinite(loss) && gradient[other] < 0;
            lossEverywhere(engine, row, other, temperature, isRight);
            lossEverywhere(engine, row, at, temperature, (loss, gradient) => {
              return loss === Infinity && Object.is(gradient[at], 0) && gradient[other] > 0;
            });
          }
        });
      });

      test('axis of length 1: loss and gradient 0', () => {
        for (const value of [0, 1, -300, 1e38, largest, -largest]) {
          for (const temperature of [0, 0.1, 1, 1e5, Infinity]) {
            lossEverywhere(engine, createArray(format, 1).fill(value), 0, temperature, isNothing);
          }
        }
      });

      test('every label ignored: the mean is NaN, or 0 with emptyMean; a batch of 0 as well; the gradient is 0', () => {
        const logits = logitsOf(15);
        for (const [x, shape] of [
          [logits, [3, 5]],
          [createArray(format, 0), [0, 5]],
        ] as const) {
          const labels = new Int32Array(shape[0]).fill(IGNORED);
          const run = (options: object) =>
            engine.crossEntropyWithGradient(x, labels, { shape, ignoreIndex: IGNORED, ...options });
          const zeros = createArray(format, x.length);
          expect(run({})).toEqual({ loss: NaN, gradient: zeros });
          expect(run({ emptyMean: 'zero' })).toEqual({ loss: 0, gradient: zeros });
          expect(run({ reduction: 'sum' })).toEqual({ loss: 0, gradient: zeros });
          expect(run({ reduction: 'none' })).toEqual({ loss: createArray(format, shape[0]), gradient: zeros });
        }
      });

      test('a label that is none names its row and leaves out as it was', () => {
        const logits = logitsOf(15);
        const out = createArray(format, 15).fill(7);
        for (const label of [5, -1, 0.5]) {
          const run = () => engine.crossEntropyWithGradient(logits, [0, label, 4], { shape: [3, 5], out });
          expect(run).toThrow(RangeError);
          expect(run).toThrow(
            `crossEntropyWithGradient: the label of row 1 is ${label}; allowed are integers from 0 to 4,`,
          );
          expect(out.every((y) => y === 7)).toBe(true);
        }
      });
    });

    test('−0 is 0: the first zero is the maximum', () => {
      for (const length of LENGTHS) {
        const row = createArray(format, length).map((_, i) => (i % 2 ? 0 : -0));
        everywhere(engine, operationOf('hardmax'), [row], {}, equals(oneHot(length, 0)));
        everywhere(engine, operationOf('softmax'), [row], { temperature: 0 }, equals(oneHot(length, 0)));
        everywhere(engine, operationOf('softmin'), [row], { temperature: 0 }, equals(oneHot(length, 0)));
      }
    });
  });
});

/** Negative, signalling, with a payload: arrays of one entry, as a number would not carry the bits. */
function strangeNaNs(format: Format): FloatArray[] {
  if (format === 'float32')
    return [0xffc00000, 0x7f800001, 0xffffffff].map((x) => new Float32Array(Uint32Array.of(x).buffer));
  return [0xfff8000000000000n, 0x7ff0000000000001n, 0xffffffffffffffffn].map(
    (x) => new Float64Array(BigUint64Array.of(x).buffer),
  );
}

function oneHot(length: number, at: number, hot = 1, cold = 0): number[] {
  return Array.from({ length }, (_, i) => (i === at ? hot : cold));
}

function transposed(x: FloatArray, columns: number): FloatArray {
  const rows = x.length / columns;
  return x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}
