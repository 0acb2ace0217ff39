// The table of special values, row by row, for every operation on every backend; in contiguous rows and in columns, alone and among
// ordinary slices, which must not notice. A NaN in a result is the canonical one.

import { assert, describe, expect, test } from 'vitest';
import type { Engine, FloatArray, ScaledOptions } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import {
  call,
  createArray,
  formats,
  type Layout,
  layouts,
  type Operation,
  type OperationName,
  operationOf,
  operations,
  place,
  sameBits,
  shapeOf,
  sliceOf,
} from '../tools/operations.ts';
import { ldexp, softmaxTruth } from '../tools/truth.ts';
import { type Format, ulpError } from '../tools/ulp.ts';

/** Each tail of the vectors, and on both sides of the length from which the kernels take rows one by one. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 40, 67];
const LARGEST = { float32: 2 ** 128 - 2 ** 104, float64: Number.MAX_VALUE };

/** Whether every element is NaN with the canonical bits: quiet, positive, no payload. */
function isCanonicalNaN(row: FloatArray): boolean {
  const { buffer, byteOffset, length } = row.slice();
  if (row instanceof Float32Array) return new Uint32Array(buffer, byteOffset, length).every((x) => x === 0x7fc00000);
  return new BigUint64Array(buffer, byteOffset, length).every((x) => x === 0x7ff8000000000000n);
}

/** What slices of special rows become in every layout; the ordinary rows around them must give what they give without them. */
function eachSlice(
  engine: Engine,
  operation: Operation,
  format: Format,
  special: FloatArray[],
  options: ScaledOptions,
  check: (result: FloatArray, where: string) => void,
): void {
  const length = special[0].length;
  const random = createRandom(length);
  const ordinary = () => {
    const x = normalRow(random, format, { length, gap: 1 });
    if (operation.inputs === 1) return [x];
    const output = createArray(format, length);
    const { hi } = softmaxTruth(x);
    output.set(operation.name === 'softmaxBackward' ? hi : hi.map((p) => -Math.abs(p) - 0.25));
    return [normalRow(random, format, { length }), output];
  };
  for (const layout of layouts) {
    const slices = layout.outer * layout.inner;
    const plain = Array.from({ length: slices }, ordinary);
    const at = random.below(slices);
    const mixed = plain.map((row, slice) => (slice === at ? special : row));
    const [with_, without] = [mixed, plain].map((rows) => {
      const tensors = rows[0].map((_, input) => {
        const tensor = createArray(format, slices * length);
        place(
          rows.map((row) => row[input]),
          layout,
          tensor,
        );
        return tensor;
      });
      return call<FloatArray>(engine, operation, tensors, { ...options, ...shapeOf(layout, length) });
    });
    const where = `length ${length}, outer ${layout.outer}, inner ${layout.inner}, slice ${at}`;
    const size = operation.reduces ? 1 : length;
    for (let slice = 0; slice < slices; slice++) {
      const result = sliceOf(with_, layout, size, slice);
      if (slice === at) check(result, where);
      else if (!sameBits(result, sliceOf(without, layout, size, slice))) assert.fail(`${where}: slice ${slice} differs, too`);
    }
  }
}

/** Ordinary inputs of one row. */
function ordinaryInputs({ inputs, name }: Operation, format: Format, length: number): FloatArray[] {
  const x = normalRow(createRandom(length + 100), format, { length });
  if (inputs === 1) return [x];
  const output = createArray(format, length);
  output.set(softmaxTruth(x).hi);
  return [x, name === 'softmaxBackward' ? output : output.map(Math.log)];
}

/** Lengths, and places in them: the first, the last, and one between. */
function eachPlace(visit: (length: number, at: number) => void): void {
  for (const length of LENGTHS) for (const at of new Set([0, length >> 1, length - 1])) visit(length, at);
}

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    const forward = operations.filter(({ inputs }) => inputs === 1);
    const backward = operations.filter(({ inputs }) => inputs === 2);

    describe('NaN in a slice: all of it NaN', () => {
      test.each(operations.map(({ name }) => name))('%s', (name) => {
        const operation = operationOf(name);
        eachPlace((length, at) => {
          for (let input = 0; input < operation.inputs; input++) {
            const row = ordinaryInputs(operation, format, length);
            row[input][at] = NaN;
            eachSlice(engine, operation, format, row, {}, (result, where) => {
              expect(isCanonicalNaN(result), `NaN at ${at} of input ${input}, ${where}`).toBe(true);
            });
          }
        });
      });

      test.each(operations.map(({ name }) => name))('%s, whatever NaN it is', (name) => {
        const operation = operationOf(name);
        for (const length of LENGTHS) {
          for (const bits of [0xffc00000, 0x7f800001, 0xffffffff]) {
            for (let input = 0; input < operation.inputs; input++) {
              const row = ordinaryInputs(operation, format, length);
              setNaN(row[input], length >> 1, bits);
              const scalings: ScaledOptions[] = operation.scales.length > 0 ? [{}, { temperature: 3 }] : [{}];
              for (const options of scalings) {
                const result = call<FloatArray>(engine, operation, row, options);
                expect(isCanonicalNaN(result), `${bits.toString(16)} in input ${input}, length ${length}`).toBe(true);
              }
            }
          }
        }
      });

      test.each(['softmax', 'softmin', 'logSoftmax', 'logSumExp'] as const)('%s, at any temperature', (name) => {
        const operation = operationOf(name);
        eachPlace((length, at) => {
          for (const temperature of [0, 0.5, 100, Infinity]) {
            const row = ordinaryInputs(operation, format, length);
            row[0][at] = NaN;
            eachSlice(engine, operation, format, row, { temperature }, (result, where) => {
              expect(isCanonicalNaN(result), `T = ${temperature}, ${where}`).toBe(true);
            });
          }
        });
      });
    });

    describe('+∞ in a slice', () => {
      test.each(['softmax', 'logSoftmax'] as const)('%s: all of it NaN', (name) => {
        const operation = operationOf(name);
        eachPlace((length, at) => {
          for (const temperature of [1, 0, 0.5, 100, Infinity]) {
            const row = ordinaryInputs(operation, format, length);
            row[0][at] = Infinity;
            if (at > 0) row[0][at - 1] = -Infinity;
            eachSlice(engine, operation, format, row, { temperature }, (result, where) => {
              expect(isCanonicalNaN(result), `T = ${temperature}, ${where}`).toBe(true);
            });
          }
        });
      });

      test('logSumExp: +∞', () => {
        eachPlace((length, at) => {
          for (const temperature of [1, 0, 0.5, 100, Infinity]) {
            const row = ordinaryInputs(operationOf('logSumExp'), format, length);
            row[0][at] = Infinity;
            if (at > 0) row[0][at - 1] = -Infinity;
            eachSlice(engine, operationOf('logSumExp'), format, row, { temperature }, (result, where) => {
              expect(result[0], `T = ${temperature}, ${where}`).toBe(Infinity);
            });
          }
        });
      });

      test('softmin: exactly 0 there, and NaN for −∞', () => {
        eachPlace((length, at) => {
          const row = ordinaryInputs(operationOf('softmin'), format, length);
          row[0][at] = Infinity;
          eachSlice(engine, operationOf('softmin'), format, row, {}, (result, where) => {
            if (length === 1) expect(isCanonicalNaN(result), where).toBe(true);
            else expect(result[at], where).toBe(0);
          });
          row[0][at] = -Infinity;
          eachSlice(engine, operationOf('softmin'), format, row, {}, (result, where) => {
            expect(isCanonicalNaN(result), where).toBe(true);
          });
        });
      });

      test('hardmax: the first of them is the maximum', () => {
        eachPlace((length, at) => {
          const row = ordinaryInputs(operationOf('hardmax'), format, length);
          row[0][at] = Infinity;
          row[0][length - 1] = Infinity;
          eachSlice(engine, operationOf('hardmax'), format, row, {}, (result, where) => {
            expect([...result], where).toEqual(oneHot(length, at));
          });
        });
      });
    });

    describe('−∞ entry', () => {
      test.each([1, 0, 0.5, 100, Infinity])('T = %d: probability exactly 0, its logarithm −∞', (temperature) => {
        eachPlace((length, at) => {
          if (length === 1) return;
          const row = ordinaryInputs(operationOf('softmax'), format, length);
          row[0][at] = -Infinity;
          for (const [name, expected] of [
            ['softmax', 0],
            ['logSoftmax', -Infinity],
          ] as const) {
            eachSlice(engine, operationOf(name), format, row, { temperature }, (result, where) => {
              expect(result[at], where).toBe(expected);
              expect(result.some(Number.isNaN), where).toBe(false);
            });
          }
        });
      });

      test('the gradient is exactly 0 there', () => {
        eachPlace((length, at) => {
          if (length === 1) return;
          for (const operation of backward) {
            for (const scaling of [{}, { temperature: 3 }, { base: 0.5 }]) {
              const row = ordinaryInputs(operation, format, length);
              row[1][at] = operation.name === 'softmaxBackward' ? 0 : -Infinity;
              eachSlice(engine, operation, format, row, scaling, (result, where) => {
                expect(result[at] === 0, `${operation.name}: ${result[at]}, ${where}`).toBe(true);
                expect(result.some(Number.isNaN), where).toBe(false);
              });
            }
          }
        });
      });

      test('logSumExp does without it', () => {
        for (const length of LENGTHS.slice(1)) {
          const [x] = ordinaryInputs(operationOf('logSumExp'), format, length);
          x[length - 1] = -Infinity;
          const [padded] = engine.logSumExp(x);
          const [bare] = engine.logSumExp(x.slice(0, length - 1));
          expect(padded, `length ${length}`).toBe(bare);
        }
      });
    });

    test.each([1, 0, 0.5, 100, Infinity])('T = %d: every entry −∞: NaN, log-sum-exp −∞', (temperature) => {
      for (const length of LENGTHS) {
        for (const name of ['softmax', 'logSoftmax', 'softmin', 'logSumExp'] as const) {
          const row = [createArray(format, length).fill(name === 'softmin' ? Infinity : -Infinity)];
          eachSlice(engine, operationOf(name), format, row, { temperature }, (result, where) => {
            if (name === 'logSumExp') expect(result[0], where).toBe(-Infinity);
            else expect(isCanonicalNaN(result), `${name}, ${where}`).toBe(true);
          });
        }
      }
    });

    test('every entry −∞: the first is the maximum to hardmax', () => {
      for (const length of LENGTHS) {
        const row = [createArray(format, length).fill(-Infinity)];
        eachSlice(engine, operationOf('hardmax'), format, row, {}, (result, where) => {
          expect([...result], where).toEqual(oneHot(length, 0));
        });
      }
    });

    test('axis of length 0: an empty result; log-sum-exp −∞; hardmax RangeError', () => {
      const empty = createArray(format, 0);
      for (const options of [{}, { shape: [0] }, { shape: [3, 0] }, { shape: [0, 4], axis: 0 }]) {
        for (const operation of operations) {
          const inputs = Array.from({ length: operation.inputs }, () => empty);
          const run = () => call<FloatArray>(engine, operation, inputs, options);
          if (operation.name === 'hardmax') expect(run, JSON.stringify(options)).toThrow(RangeError);
          else if (operation.name !== 'logSumExp') expect(run()).toEqual(empty);
        }
      }
      expect([...engine.logSumExp(empty)]).toEqual([-Infinity]);
      expect([...engine.logSumExp(empty, { shape: [3, 0] })]).toEqual([-Infinity, -Infinity, -Infinity]);
      expect([...engine.logSumExp(empty, { shape: [0, 2], axis: 0 })]).toEqual([-Infinity, -Infinity]);
    });

    test('batch of 0: an empty result', () => {
      const empty = createArray(format, 0);
      for (const operation of operations) {
        const inputs = Array.from({ length: operation.inputs }, () => empty);
        for (const options of [{ shape: [0, 5] }, { shape: [5, 0], axis: 0 }, { shape: [2, 5, 0], axis: 1 }]) {
          expect(call(engine, operation, inputs, options), `${operation.name} ${options.shape}`).toEqual(empty);
        }
      }
    });

    test('axis of length 1: probability 1, log-probability 0, gradients 0', () => {
      const values = [0, -0, 1, -1, 1e-30, 300, -300, 1e38, -1e38, LARGEST[format], -LARGEST[format]];
      const scalings: ScaledOptions[] = [1, 0, 0.1, 3, 1e5, Infinity].map((temperature) => ({ temperature }));
      for (const options of [{}, ...scalings, { base: 2 }, { base: 0.1 }]) {
        for (const value of values) {
          for (const [name, expected] of [
            ['softmax', 1],
            ['softmin', 1],
            ['logSoftmax', 0],
          ] as const) {
            const row = [createArray(format, 1).fill(value)];
            eachSlice(engine, operationOf(name), format, row, options, ([result], where) => {
              expect(result, `${name}(${value}), ${JSON.stringify(options)}, ${where}`).toBe(expected);
            });
          }
          if (Math.abs(value) >= 1e38) continue; // times a scale, not a finite gradient
          for (const [name, output] of [
            ['softmaxBackward', 1],
            ['logSoftmaxBackward', 0],
          ] as const) {
            const row = [createArray(format, 1).fill(value), createArray(format, 1).fill(output)];
            eachSlice(engine, operationOf(name), format, row, options, ([result], where) => {
              expect(result === 0, `${name}(${value}) is ${result}, ${JSON.stringify(options)}, ${where}`).toBe(true);
            });
          }
        }
      }
    });

    describe('±1e38, ± the largest number', () => {
      const largest = LARGEST[format];
      const pairs: [number[], number[]][] = [
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
      test.each([1, 0.1, 1e-3, 7])('T = %d: right', (temperature) => {
        for (const [x, expected] of pairs) {
          for (const pad of [0, 3, 40]) {
            const row = createArray(format, x.length + pad).fill(-Infinity);
            row.set(x);
            const full = [...expected, ...new Array(pad).fill(0)];
            const logs = full.map((p, i) => (p > 0 ? Math.log(p) : logOf(row[i], Math.max(...x), temperature)));
            const close = (actual: number, wanted: number) => ulpError(actual, wanted, 0, format) <= 2;
            eachSlice(engine, operationOf('softmax'), format, [row], { temperature }, (result, where) => {
              expect([...result], where).toEqual(full);
            });
            eachSlice(engine, operationOf('logSoftmax'), format, [row], { temperature }, (result, where) => {
              expect(
                result.every((l, i) => close(l, logs[i])),
                `[${result}], not [${logs}], ${where}`,
              ).toBe(true);
            });
            eachSlice(engine, operationOf('logSumExp'), format, [row], { temperature }, ([result], where) => {
              const wanted = Math.max(...x) / temperature; // log 2 does not show beside it
              expect(close(result, wanted), `${result}, not ${wanted}, ${where}`).toBe(true);
            });
          }
        }
      });

      /** (x − max) / T, which may be −∞ where the format ends. */
      function logOf(x: number, max: number, temperature: number): number {
        return (x / 2 - max / 2) * 2 * (1 / temperature);
      }

      test('T so large that they count: no overflow on the way', () => {
        for (const temperature of [largest / 2, largest]) {
          for (const pad of [0, 14, 40]) {
            const x = createArray(format, 3 + pad).fill(-Infinity);
            x.set([largest, 0, -largest]);
            const k = largest / temperature;
            const truth = softmaxTruth(Float64Array.of(k, 0, -k));
            eachSlice(engine, operationOf('softmax'), format, [x], { temperature }, (result, where) => {
              for (let i = 0; i < 3; i++) {
                expect(ulpError(result[i], truth.hi[i], truth.lo[i], format), `${result}, ${where}`).toBeLessThan(4);
              }
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
      test('softmax is hardmax, log-softmax 0 and −∞, softmin the first minimum', () => {
        for (const length of LENGTHS) {
          for (const seed of [1, 2, 3]) {
            const random = createRandom(seed);
            const row = createArray(format, length).map(() => random.below(4) - 2);
            const first = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
            const last = row.indexOf(row.reduce((a, b) => Math.min(a, b)));
            const options = { temperature: 0 };
            eachSlice(engine, operationOf('softmax'), format, [row], options, (result, where) => {
              expect([...result], where).toEqual(oneHot(length, first));
            });
            eachSlice(engine, operationOf('softmin'), format, [row], options, (result, where) => {
              expect([...result], where).toEqual(oneHot(length, last));
            });
            eachSlice(engine, operationOf('logSoftmax'), format, [row], options, (result, where) => {
              expect([...result], where).toEqual(oneHot(length, first, 0, -Infinity));
            });
            expect([...engine.softmax(row, { temperature: -0 })]).toEqual(oneHot(length, first));
            expect([...engine.softmax(row, { base: Infinity })]).toEqual(oneHot(length, first));
          }
        }
      });

      test('log-sum-exp: max / T, or, where the maximum is 0, the logarithm of how often it occurs', () => {
        for (const length of LENGTHS) {
          for (const [max, expected] of [
            [2, Infinity],
            [-2, -Infinity],
            [0, Math.log((length + 1) >> 1)],
          ]) {
            const row = createArray(format, length).map((_, i) => (i % 2 ? max - 1 : max));
            eachSlice(engine, operationOf('logSumExp'), format, [row], { temperature: 0 }, ([result], where) => {
              expect(ulpError(result, expected, 0, format), `${result}, ${where}`).toBeLessThan(2);
            });
          }
        }
      });
    });

    describe('T = ∞', () => {
      const largest = LARGEST[format];

      test('uniform over the entries that are not −∞', () => {
        for (const length of LENGTHS) {
          for (const entries of [
            [0, 1, -Infinity, 300],
            [largest, -largest, -Infinity],
            [-Infinity, 5],
          ]) {
            const row = createArray(format, length).map((_, i) => entries[(i + 1) % entries.length]);
            const count = row.filter(Number.isFinite).length;
            if (count === 0) continue;
            const options = { temperature: Infinity };
            const near = (actual: number, wanted: number) => ulpError(actual, wanted, 0, format) <= 1;
            eachSlice(engine, operationOf('softmax'), format, [row], options, (result, where) => {
              const right = result.every((p, i) => (Number.isFinite(row[i]) ? near(p, 1 / count) : Object.is(p, 0)));
              expect(right, `[${result}] of [${row}], ${where}`).toBe(true);
            });
            eachSlice(engine, operationOf('logSoftmax'), format, [row], options, (result, where) => {
              const right = result.every((l, i) =>
                Number.isFinite(row[i]) ? near(l, -Math.log(count)) : l === -Infinity,
              );
              expect(right, `[${result}] of [${row}], ${where}`).toBe(true);
            });
            eachSlice(engine, operationOf('logSumExp'), format, [row], options, ([result], where) => {
              expect(near(result, Math.log(count)), `${result} of [${row}], ${where}`).toBe(true);
            });
          }
        }
      });
    });

    test.each([0, Infinity])('T = %d: gradients are 0', (temperature) => {
      for (const length of LENGTHS) {
        for (const operation of backward) {
          const row = ordinaryInputs(operation, format, length);
          eachSlice(engine, operation, format, row, { temperature }, (result, where) => {
            expect(
              result.every((gradient) => gradient === 0),
              `${operation.name} [${result}], ${where}`,
            ).toBe(true);
          });
        }
      }
    });

    test('−0 is 0: the first of the zeros is the maximum', () => {
      for (const length of LENGTHS) {
        const row = createArray(format, length).map((_, i) => (i % 2 ? 0 : -0));
        for (const { name } of forward) {
          const scaled = name === 'hardmax' ? {} : { temperature: 0 };
          const of = (x: FloatArray) => call<FloatArray>(engine, operationOf(name), [x], scaled);
          expect(of(row), name).toEqual(of(createArray(format, length)));
        }
      }
    });
  });
});

function setNaN(array: FloatArray, at: number, bits: number): void {
  if (array instanceof Float32Array) {
    new Uint32Array(array.buffer, array.byteOffset)[at] = bits;
  } else {
    new BigUint64Array(array.buffer, array.byteOffset)[at] = (BigInt(bits) << 32n) | 1n;
  }
}

function oneHot(length: number, at: number, hot = 1, cold = 0): number[] {
  return Array.from({ length }, (_, i) => (i === at ? hot : cold));
}

function transposed(x: FloatArray, columns: number): FloatArray {
  const rows = x.length / columns;
  return x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}
