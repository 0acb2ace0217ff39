// NaN, infinities, extreme numbers and limits, row by row: on every backend, in both element types, contiguous and
// strided, in rows short and long enough for every path of the kernels.

import { describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const ln2 = Math.LN2;

type Operation = (x: FloatArray, options?: object) => FloatArray;
type Row = [what: string, x: number[], y: number[], options?: object];

/** The padding at which a row behaves as if it were shorter: exp(−∞) = 0. */
const padding = [0, 1, 29, 300];

const rows: Record<'softmax' | 'logSoftmax' | 'logSumExp' | 'softmin' | 'hardmax', Row[]> = {
  softmax: [
    ['NaN', [1, nan, 3], [nan, nan, nan]],
    ['NaN beside +∞', [inf, nan, 3], [nan, nan, nan]],
    ['+∞', [1, inf, 3], [nan, nan, nan]],
    ['both infinities', [-inf, inf], [nan, nan]],
    ['−∞', [0, -inf, 0], [0.5, 0, 0.5]],
    ['all −∞', [-inf, -inf], [nan, nan]],
    ['one entry', [-3e38], [1]],
    ['far apart', [-3e38, 3e38], [0, 1]],
    ['the largest numbers', [3e38, 3e38, 0], [0.5, 0.5, 0]],
    ['the smallest numbers', [-3e38, -3e38], [0.5, 0.5]],
    ['±0', [0, -0], [0.5, 0.5]],
    ['T = 0', [1, 3, 2], [0, 1, 0], { temperature: 0 }],
    ['T = −0', [1, 3, 2], [0, 1, 0], { temperature: -0 }],
    ['T = 0, ties', [3, 1, 3], [1, 0, 0], { temperature: 0 }],
    ['T = 0, −∞', [-inf, 1], [0, 1], { temperature: 0 }],
    ['T = 0, NaN', [nan, 1], [nan, nan], { temperature: 0 }],
    ['T = 0, +∞', [inf, 1], [nan, nan], { temperature: 0 }],
    ['T = 0, all −∞', [-inf, -inf], [nan, nan], { temperature: 0 }],
    ['T so small that 1 / T overflows', [1, 3, 2], [0, 1, 0], { temperature: 5e-324 }],
    ['T = ∞', [1, 3e38, -3e38, 2], [0.25, 0.25, 0.25, 0.25], { temperature: inf }],
    ['T = ∞, −∞', [1, -inf], [1, 0], { temperature: inf }],
    ['T = ∞, +∞', [1, inf], [nan, nan], { temperature: inf }],
    ['T = ∞, NaN', [1, nan], [nan, nan], { temperature: inf }],
    ['small T, no overflow before the shift', [3e38, 3e38, -3e38], [0.5, 0.5, 0], { temperature: 1e-30 }],
    ['b = ∞', [1, 3, 2], [0, 1, 0], { base: inf }],
    ['b < 1 and +∞, which is now the smallest', [0, inf, 0], [0.5, 0, 0.5], { base: 0.5 }],
    ['b < 1 and −∞, which is now the largest', [0, -inf], [nan, nan], { base: 0.5 }],
  ],
  logSoftmax: [
    ['NaN', [1, nan, 3], [nan, nan, nan]],
    ['+∞', [1, inf], [nan, nan]],
    ['−∞', [0, -inf, 0], [-ln2, -inf, -ln2]],
    ['all −∞', [-inf, -inf], [nan, nan]],
    ['one entry', [3e38], [0]],
    ['far apart', [0, -1e30], [0, -1e30]],
    ['T = 0', [1, 3, 3], [-inf, 0, -inf], { temperature: 0 }],
    ['T = 0, +∞', [1, inf], [nan, nan], { temperature: 0 }],
    ['T = ∞', [1, 3e38, -inf], [-ln2, -ln2, -inf], { temperature: inf }],
  ],
  logSumExp: [
    ['NaN', [1, nan, inf], [nan]],
    ['+∞', [1, inf, -inf], [inf]],
    ['−∞', [0, -inf, 0], [ln2]],
    ['all −∞', [-inf, -inf], [-inf]],
    ['one entry', [3], [3]],
    ['the largest numbers', [3e38, -3e38], [3e38]],
    ['T = 0, positive', [1, 3], [inf], { temperature: 0 }],
    ['T = 0, negative', [-1, -3], [-inf], { temperature: 0 }],
    ['T = 0, zero twice', [0, -1, -0], [ln2], { temperature: 0 }],
    ['T = 0, NaN', [0, nan], [nan], { temperature: 0 }],
    ['T = 0, +∞', [0, inf], [inf], { temperature: 0 }],
    ['T = 0, all −∞', [-inf], [-inf], { temperature: 0 }],
    ['T = ∞', [5, -7, -inf], [ln2], { temperature: inf }],
    ['T = ∞, +∞', [5, inf], [inf], { temperature: inf }],
  ],
  softmin: [
    ['NaN', [1, nan], [nan, nan]],
    ['−∞', [1, -inf], [nan, nan]],
    ['+∞', [0, inf, 0], [0.5, 0, 0.5]],
    ['all +∞', [inf, inf], [nan, nan]],
    ['T = 0', [3, 1, 1], [0, 1, 0], { temperature: 0 }],
    ['T = ∞', [3, 1, inf], [0.5, 0.5, 0], { temperature: inf }],
  ],
  hardmax: [
    ['ties', [1, 3, 3], [0, 1, 0]],
    ['NaN', [1, nan, 3], [nan, nan, nan]],
    ['+∞', [1, inf, inf], [0, 1, 0]],
    ['−∞', [-inf, 1], [0, 1]],
    ['all −∞', [-inf, -inf], [1, 0]],
    ['±0', [-0, 0], [1, 0]],
  ],
};

const backwardRows: Record<
  'softmaxBackward' | 'logSoftmaxBackward',
  [string, number[], number[], number[], object?][]
> = {
  softmaxBackward: [
    ['NaN in the output', [1, 2], [nan, nan], [nan, nan]],
    ['NaN in the gradient', [1, nan, 2], [0.5, 0.25, 0.25], [nan, nan, nan]],
    ['a masked entry', [5, 1, 3], [0, 0.5, 0.5], [0, -0.5, 0.5]],
    ['one entry', [5], [1], [0]],
    ['T = 0', [5, 1], [1, 0], [0, 0], { temperature: 0 }],
    ['T = 0, NaN', [5, 1], [nan, nan], [nan, nan], { temperature: 0 }],
    ['T = ∞', [5, 1], [0.5, 0.5], [0, 0], { temperature: inf }],
    ['b = ∞', [5, 1], [1, 0], [0, 0], { base: inf }],
  ],
  logSoftmaxBackward: [
    ['NaN in the output', [1, 2], [nan, nan], [nan, nan]],
    ['NaN in the gradient', [1, nan, 2], [-ln2, -2 * ln2, -2 * ln2], [nan, nan, nan]], // and at masked entries
    ['a masked entry', [0, 1, 3], [-inf, -ln2, -ln2], [0, -1, 1]],
    ['a masked entry with a gradient, which counts for the others', [4, 0, 0], [-inf, -ln2, -ln2], [0, -2, -2]],
    ['one entry', [5], [0], [0]],
    ['T = 0', [5, 1], [0, -inf], [0, 0], { temperature: 0 }],
    ['T = 0, NaN', [5, 1], [nan, nan], [nan, nan], { temperature: 0 }],
    ['T = ∞', [5, 1], [-ln2, -ln2], [0, 0], { temperature: inf }],
  ],
};

const types = { float32: Float32Array, float64: Float64Array };
const ulp = { float32: 2 ** -23, float64: 2 ** -52 };
type DType = keyof typeof types;

/** Special values are met exactly, others within some ulp; NaN only as the canonical NaN. */
function expectRow(actual: FloatArray, expected: readonly number[], dtype: DType, ulps = 2): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const rounded = types[dtype].of(expected[i])[0];
    if (Number.isNaN(rounded) || !Number.isFinite(rounded) || rounded === 0 || rounded === 1) {
      expect(`${i}: ${actual[i]}`).toBe(`${i}: ${rounded}`);
    } else expect(Math.abs(actual[i] - rounded)).toBeLessThanOrEqual(ulps * ulp[dtype] * Math.abs(rounded));
    if (Number.isNaN(rounded)) expect(bitsOf(actual, i)).toBe(dtype === 'float32' ? '7fc00000' : '7ff8000000000000');
  }
}

function bitsOf(array: FloatArray, index: number): string {
  const view = new DataView(array.buffer, array.byteOffset + index * array.BYTES_PER_ELEMENT);
  return array instanceof Float32Array ? view.getUint32(0, true).toString(16) : view.getBigUint64(0, true).toString(16);
}

/** Three columns of it as a [length, 3] tensor: the outer two hold ordinary numbers. */
function asColumns(row: readonly number[], beside: number, Type: Float64ArrayConstructor): Float64Array {
  return Type.from(row.flatMap((value) => [beside, value, beside]));
}

const middleColumn = (array: FloatArray) => array.filter((_, i) => i % 3 === 1);

onEachBackend((_, create) => {
  const engine = create();
  describe.each(Object.keys(types) as DType[])('%s', (dtype) => {
    const Type = types[dtype] as Float64ArrayConstructor;

    describe.each(Object.keys(rows) as (keyof typeof rows)[])('%s', (name) => {
      test.each(rows[name])('%s', (_, x, y, options) => {
        const operation = engine[name] as unknown as Operation;
        for (const extra of padding) {
          // Padding with what counts for nothing; the limits T → 0 and hardmax of all −∞ would count it: no padding there.
          const filler = name === 'softmin' || (options as { base?: number })?.base === 0.5 ? inf : -inf;
          const row = [...x, ...new Array(extra).fill(filler)];
          const nothing = Number.isNaN(y[0]) ? nan : name === 'logSoftmax' ? -inf : 0;
          const expected = name === 'logSumExp' ? y : [...y, ...new Array(extra).fill(nothing)];
          expectRow(operation(Type.from(row), options), expected, dtype);
          const strided = operation(asColumns(row, 1, Type), { ...options, shape: [row.length, 3], axis: 0 });
          expectRow(middleColumn(strided), expected, dtype);
        }
      });
    });

    describe.each(Object.keys(backwardRows) as (keyof typeof backwardRows)[])('%s', (name) => {
      test.each(backwardRows[name])('%s', (_, g, output, expected, options) => {
        for (const extra of padding) {
          // Padded as the forward pass pads: with NaN, or with what counts for nothing.
          const nothing = name === 'softmaxBackward' ? 0 : -inf;
          const rowG = [...g, ...new Array(extra).fill(0)];
          const rowOutput = [...output, ...new Array(extra).fill(output.some(Number.isNaN) ? nan : nothing)];
          const rowExpected = [...expected, ...new Array(extra).fill(Number.isNaN(expected[0]) ? nan : 0)];
          expectRow(engine[name](Type.from(rowG), Type.from(rowOutput), options), rowExpected, dtype);
          const strided = engine[name](asColumns(rowG, 1, Type), asColumns(rowOutput, 0.25, Type), {
            ...options,
            shape: [rowG.length, 3],
            axis: 0,
          });
          expectRow(middleColumn(strided), rowExpected, dtype);
        }
      });
    });

    test('a NaN of any sign and payload becomes the canonical one', () => {
      const bits = dtype === 'float32' ? Uint32Array.of(0, 0xffc12345) : BigUint64Array.of(0n, 0xfff8123456789abcn);
      for (const extra of padding) {
        const x = new Type(2 + extra);
        x.set(new Type(bits.buffer));
        const strided = new Type(3 * x.length);
        for (let i = 0; i < x.length; i++) strided.set(x.subarray(i, i + 1), 3 * i + 1); // keeps the bits
        const options = { shape: [x.length, 3], axis: 0 };
        const spoilt = new Array(x.length).fill(nan);
        for (const name of ['softmax', 'logSoftmax', 'softmin', 'hardmax'] as const) {
          const operation = engine[name] as unknown as Operation;
          expectRow(operation(x), spoilt, dtype);
          expectRow(middleColumn(operation(strided, options)), spoilt, dtype);
        }
        expectRow(engine.logSumExp(x), [nan], dtype);
        for (const name of ['softmaxBackward', 'logSoftmaxBackward'] as const) {
          expectRow(engine[name](x, new Type(x.length)), spoilt, dtype);
          expectRow(middleColumn(engine[name](strided, new Type(strided.length), options)), spoilt, dtype);
        }
      }
    });

    test('a NaN spoils its own slice only', () => {
      const y = engine.softmax(Type.of(0, 0, nan, 0, 0, 0), { shape: [3, 2] });
      expectRow(y, [0.5, 0.5, nan, nan, 0.5, 0.5], dtype);
    });
  });

  test('the largest float64, at any temperature', () => {
    const big = Number.MAX_VALUE;
    const softmax = (x: number[], temperature: number) => engine.softmax(Float64Array.from(x), { temperature });
    expectRow(softmax([big, -big], 1), [1, 0], 'float64');
    expectRow(softmax([big, -big], inf), [0.5, 0.5], 'float64');
    const z = -big / 1e308 - big / 1e308; // the exponent of the second: finite, though the difference is not
    expectRow(softmax([big, -big], 1e308), [1 / (1 + Math.exp(z)), Math.exp(z) / (1 + Math.exp(z))], 'float64', 8);
    expectRow(engine.logSumExp(Float64Array.of(big, -big)), [big], 'float64');
  });

  test('temperatures near the smallest numbers', () => {
    const [f32, f64] = [Float32Array, Float64Array].map(
      (Type) =>
        (...x: number[]) =>
          Type.from(x) as FloatArray,
    );
    for (const temperature of [1e-38, 1e-42, 6e-309, 1e-308, 1e-307]) {
      for (const of of [f32, f64]) {
        expect([...engine.softmax(of(1, 2), { temperature })]).toEqual([0, 1]);
        expect([...engine.softmin(of(1, 2), { temperature })]).toEqual([1, 0]);
        const [winner, other] = engine.logSoftmax(of(1, 0), { temperature });
        expect(winner).toBe(0);
        if (of === f32 && temperature < 1e-38) expect(other).toBe(-inf);
        else expect(other * temperature).toBeCloseTo(-1, 7);
        const { loss, gradient } = engine.crossEntropyWithGradient(of(1, 2), [1], { temperature });
        expect(loss).toBe(0);
        expect(gradient.every((g) => g === 0)).toBe(true);
        expect(engine.crossEntropyHvp(of(1, 2), of(1, 1), { temperature }).every((v) => v === 0)).toBe(true);
      }
    }
    const probabilities = engine.softmax(f32(0, 1e-38, 1e-39, 0), { temperature: 3e-39 });
    const weights = [0, 1e-38, 1e-39, 0].map((x) => Math.exp(Math.fround(x) / 3e-39));
    const total = weights.reduce((sum, w) => sum + w);
    weights.forEach((w, i) => {
      expect(probabilities[i]).toBeCloseTo(w / total, 6);
    });
  });

  test('tiny probabilities underflow gradually', () => {
    const log = (p: number) => Math.log2(p) * ln2;
    for (const power of [-126, -127, -140, -148, -149]) {
      const [small] = engine.softmax(Float32Array.of(power * ln2, 0));
      expect(Math.abs(small - 2 ** power)).toBeLessThanOrEqual(2 ** -149 + 2 ** power * 2 ** -18);
    }
    expect(engine.softmax(Float32Array.of(-151 * ln2, 0))[0]).toBe(0);
    expect(engine.softmax(Float64Array.of(log(2 ** -1060), 0))[0]).toBeGreaterThan(0);
    expect(engine.softmax(Float64Array.of(-1077 * ln2, 0))[0]).toBe(0);
  });
});
