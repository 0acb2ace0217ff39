import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toUnit, unitOf, weightOf, weightScale } from '../../src/reference/weights.ts';
import { createRandom, type Random } from '../tools/inputs.ts';
import { unitExponent, unitsOf } from '../tools/sampling.ts';
import { addScaled, divideScaled, expScaled, ldexp, scaled } from '../tools/truth.ts';

/** e^((x − m) / T), and the exponent as a power of two. */
function truth(x: number, m: number, temperature: number): { value: number; y: number } {
  const exponent = divideScaled(addScaled(scaled(x), scaled(-m)), scaled(temperature));
  const value = expScaled(exponent);
  return { value: ldexp(value.hi, value.exponent), y: ldexp(exponent.hi, exponent.exponent) * Math.LOG2E };
}

/** Small enough to round nothing. */
const NO_UNIT = 2 ** -900;

const formats = ['float32', 'float64'] as const;
const isFloat32 = (format: string) => format === 'float32';

/** What the header of weights.ts promises. */
const bound = (y: number) => 2 ** -22 + 3 * Math.LN2 * Math.abs(y) * 2 ** -24;

describe.each(formats)('%s', (format) => {
  const entry = (random: Random, size: number) => {
    const x = size * random.normal();
    return isFloat32(format) ? Math.fround(x) : x;
  };

  test('a weight is e^((x − m) / T) within the documented error', () => {
    const random = createRandom(1);
    let worst = 0;
    for (let i = 0; i < 20_000; i++) {
      const temperature = 10 ** (4 * random.uniform() - 2);
      const m = entry(random, 10 ** random.below(5));
      const x = m - Math.abs(entry(random, 20 * temperature));
      const rounded = isFloat32(format) ? Math.fround(x) : x;
      const { value, y } = truth(rounded, m, temperature);
      if (y < -100) continue;
      const error = Math.abs(
        weightOf(rounded, m, weightScale(1 / temperature), NO_UNIT, isFloat32(format)) / value - 1,
      );
      worst = Math.max(worst, error / bound(y));
    }
    expect(worst).toBeLessThanOrEqual(1);
    expect(worst).toBeGreaterThan(0.5); // the bound says something
  });

  test.each([0, -0, 1, -1e38, 1e38, 3.4e38, 2 ** -149])(
    'the largest weight is exactly 1, here of %d, at any temperature',
    (m) => {
      const x = isFloat32(format) ? Math.fround(m) : m;
      for (const inverse of [Number.MIN_VALUE, 1e-300, 1e-40, 1e-30, 0.5, 1, 1e30, 1e40, Number.MAX_VALUE]) {
        for (const length of [1, 2, 3, 1000, 2 ** 20, 2 ** 31]) {
          expect(weightOf(x, x, weightScale(inverse), unitOf(length), isFloat32(format))).toBe(1);
        }
      }
    },
  );

  test('the ends of the format and of the temperatures: neither overflow nor underflow decides', () => {
    const large = isFloat32(format) ? 3e38 : 1.5e308;
    const small = isFloat32(format) ? 2 ** -140 : 2 ** -1050;
    for (const size of [large, small]) {
      const [m, x] = isFloat32(format) ? [Math.fround(size), -Math.fround(size)] : [size, -size];
      for (const power of [-1, 0, 1, 2]) {
        const temperature = Math.min(size * 2 ** power, 1.7e308);
        const inverse = 1 / temperature;
        if (inverse === Infinity) continue; // greedy
        const weight = weightOf(x, m, weightScale(inverse), NO_UNIT, isFloat32(format));
        expect(Math.abs(weight / truth(x, m, temperature).value - 1)).toBeLessThan(1e-5);
      }
    }
  });

  test('is what the comment says, bit by bit, in whole numbers of the unit', () => {
    const random = createRandom(2);
    for (let i = 0; i < 4000; i++) {
      const length = 1 + random.below(2 ** random.below(32));
      const temperature = 10 ** (120 * random.uniform() - 60);
      const m = entry(random, 10 ** random.below(38));
      const x =
        entry(random, 1) > 0
          ? entry(random, Math.abs(m) / 100)
          : m - Math.abs(entry(random, Math.min(temperature, 1e30)));
      const below = isFloat32(format) ? Math.fround(Math.min(x, m)) : Math.min(x, m);
      const unit = unitOf(length);
      const weight = weightOf(below, m, weightScale(1 / temperature), unit, isFloat32(format));
      expect(BigInt(weight / unit)).toBe(unitsOf(below, m, temperature, unitExponent(length), format));
    }
  });
});

describe('the unit', () => {
  test('is 2^−min(48, 53 − ⌈log2 K⌉)', () => {
    for (let bit = 0; bit < 32; bit++) {
      for (const length of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]) {
        if (length > 0 && length < 2 ** 32) expect(unitOf(length)).toBe(2 ** -unitExponent(length));
      }
    }
  });

  test('rounding to it is to nearest, ties to even', () => {
    for (const length of [1, 100, 151_936]) {
      const unit = unitOf(length);
      const cases = [0, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 2.5001, 3.5];
      expect(cases.map((n) => toUnit(n * unit, unit) / unit)).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 4]);
      expect(toUnit(1, unit)).toBe(1);
    }
  });

  test('sums of a row are exact in any order', () => {
    const rows = fc
      .constantFrom(1, 2, 63, 64, 65, 1000, 1024, 1025)
      .chain((length) =>
        fc.tuple(
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length }),
          fc.nat(),
        ),
      );
    fc.assert(
      fc.property(rows, ([numbers, seed]) => {
        const unit = unitOf(numbers.length);
        const weights = [1, ...numbers.slice(1)].map((w) => toUnit(w, unit));
        const exact = Number(weights.reduce((sum, w) => sum + BigInt(w / unit), 0n)) * unit;
        const random = createRandom(seed);
        const shuffled = weights
          .map((w) => [random.bits(), w])
          .sort(([a], [b]) => a - b)
          .map(([, w]) => w);
        for (const order of [weights, [...weights].reverse(), [...weights].sort((a, b) => a - b), shuffled]) {
          expect(order.reduce((sum, w) => sum + w, 0)).toBe(exact);
        }
        const halves = [weights.slice(0, 40), weights.slice(40)].map((half) => half.reduce((sum, w) => sum + w, 0));
        expect(halves[0] + halves[1]).toBe(exact);
      }),
      { numRuns: 100 },
    );
  });

  test('as many ones as a row has entries add up exactly, too', () => {
    for (const length of [1, 3, 1024, 1025, 2 ** 31]) expect(length / unitOf(length)).toBeLessThanOrEqual(2 ** 53);
  });
});
