// sample and topK on every backend against brute force: the same tokens, entry by entry. The rows lean towards what tells a filter from
// its neighbour: ties, ends of blocks of 64, numbers that are next to each other, the ends of the formats.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, FloatArray, SampleOptions } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, nextDown, nextUp, type Random } from '../tools/inputs.ts';
import { createArray, formats } from '../tools/operations.ts';
import { drawExactly, type Filtering, sortedIndices } from '../tools/sampling.ts';
import type { Format } from '../tools/ulp.ts';

const LARGEST = { float32: 2 ** 127 * (2 - 2 ** -23), float64: Number.MAX_VALUE };
const LEAST = { float32: 2 ** -149, float64: 2 ** -1074 };

/** Ways to make an entry, each of which a row is made of. */
const kinds: Record<string, (random: Random, format: Format, length: number) => (index: number) => number> = {
  normal: (random) => () => 3 * random.normal(),
  ties: (random) => () => Math.round(2 * random.normal()),
  'ties, offset': (random) => () => -1000 + random.below(3),
  masked: (random) => () => (random.below(3) === 0 ? -Infinity : Math.round(4 * random.normal()) / 4),
  'nearly all masked': (random, _, length) => {
    const finite = [random.below(length), random.below(length)];
    return (i) => (finite.includes(i) ? random.below(2) : -Infinity);
  },
  zeros: (random) => () => random.pick([0, -0]),
  equal: (random) => {
    const value = random.pick([-1e38, -1, 0, 2.5, 1e38]);
    return () => value;
  },
  '±1e38': (random) => () => random.pick([1, -1]) * 1e38,
  'ends of the format': (random, format) => () =>
    random.pick([LARGEST[format], -LARGEST[format], LARGEST[format] / 2, 0, -Infinity]),
  'huge range': (random) => () => random.normal() * 10 ** random.below(30),
  'next to 0': (random, format) => () => LEAST[format] * (random.below(9) - 4),
  'next to each other': (random, format) => () => {
    const step = random.pick([nextUp, nextDown]);
    return random.below(2) ? 1 : step(1, format);
  },
  ascending: () => (i) => i / 8,
  descending: () => (i) => -i / 8,
  'a winner': (random, _, length) => {
    const winner = random.below(length);
    return (i) => (i === winner ? 30 : random.normal());
  },
};

const seeds = fc.oneof(fc.nat({ max: 9 }), fc.maxSafeNat());
const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 67 }) },
  { weight: 4, arbitrary: fc.constantFrom(1023, 1024, 1025, 1087, 1088, 1089) },
  { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 4097) },
);
const filterings = (length: number): fc.Arbitrary<Filtering> =>
  fc.record({
    temperature: fc.oneof(
      fc.constantFrom(1, 1, 0.7, 2),
      fc.constantFrom(0, 1e-300, 1e-40, 1e-30, 1e-6, 1e6, 1e30, 1e38, 1e300, Infinity),
    ),
    topK: fc
      .constantFrom(Infinity, Infinity, Infinity, 1, 2, 5, 17, 64, 65, length - 1, length, length + 1)
      .map((k) => Math.max(k, 1)),
    topP: fc.constantFrom(1, 1, 1, 0, 5e-324, 1e-12, 0.3, 0.5, 0.9, 0.999, 1 - 2 ** -53),
    minP: fc.constantFrom(0, 0, 5e-324, 2 ** -43, 1e-9, 0.05, 0.5, 1 - 2 ** -24, 1),
  });

const cases = lengths.chain((length) =>
  fc.record({
    length: fc.constant(length),
    kind: fc.constantFrom(...Object.keys(kinds)),
    rowSeed: fc.nat(),
    rows: fc.constantFrom(1, 1, 2, 3),
    count: fc.constantFrom(1, 1, 2, 9, 60),
    filtering: filterings(length),
    seed: seeds,
  }),
);

/** Rows one after the other, each with a finite entry. */
function createLogits(format: Format, kind: string, rows: number, length: number, seed: number): FloatArray {
  const random = createRandom(seed);
  const logits = createArray(format, rows * length);
  for (let row = 0; row < rows; row++) {
    const entry = kinds[kind](random, format, length);
    for (let i = 0; i < length; i++) logits[row * length + i] = entry(i);
    if (logits.subarray(row * length, (row + 1) * length).every((x) => x === -Infinity)) logits[row * length] = 0;
  }
  return logits;
}

/** The same numbers in the forms in which they may come; `free` when done. */
function formsOf(engine: Engine, format: Format, logits: FloatArray, rows: number) {
  const length = logits.length / rows;
  const buffer = engine.allocate(format, logits.length);
  buffer.array.set(logits);
  const larger = engine.allocate(format, logits.length + 3);
  const view = larger.array.subarray(1, logits.length + 1); // aligned to its elements only
  view.set(logits);
  const nested = Array.from({ length: rows }, (_, r) => [...logits.subarray(r * length, (r + 1) * length)]);
  return {
    typed: [logits, buffer, view],
    plain: format === 'float64' ? [[...logits], nested] : [],
    free() {
      buffer.free();
      larger.free();
    },
  };
}

const references = new Map<string, Int32Array>(); // once for all backends

function referenceOf(row: Float32Array, options: SampleOptions): Int32Array {
  const key = JSON.stringify(options);
  const tokens = references.get(key) ?? reference.sample(row, options);
  references.set(key, tokens);
  return tokens;
}

onEachBackend((_, create) => {
  const engine = create();
  const bare = create({ maxMemoryBytes: 2 ** 17 }); // no room for long rows: the reference does the work
  const numRuns = 50;

  describe.each(formats)('%s', (format) => {
    test('sample', () => {
      fc.assert(
        fc.property(cases, ({ length, kind, rowSeed, rows, count, filtering, seed }) => {
          const logits = createLogits(format, kind, rows, length, rowSeed);
          const before = logits.slice();
          const rowOf = (row: number) => logits.subarray(row * length, (row + 1) * length);
          const expected = Array.from({ length: rows }, (_, row) =>
            drawExactly(rowOf(row), format, filtering, seed, row, 0, count),
          ).flat();
          const { topK, ...others } = filtering;
          const options = { ...others, topK: topK === Infinity ? undefined : topK, seed, count, shape: [rows, length] };
          const forms = formsOf(engine, format, logits, rows);
          for (const form of [...forms.typed, ...forms.plain])
            expect([...engine.sample(form, options)]).toEqual(expected);
          forms.free();
          expect([...bare.sample(logits, options)]).toEqual(expected);
          expect(logits).toEqual(before);
        }),
        { numRuns },
      );
    });

    test('topK', () => {
      const fractions = fc.constantFrom(0, 1e-9, 0.002, 0.004, 1 / 64, 1 / 63, 0.5, 1);
      fc.assert(
        fc.property(
          cases,
          fractions,
          fc.constantFrom(0, 0, 0, NaN, Infinity),
          ({ length, kind, rowSeed, rows }, fraction, odd) => {
            const logits = createLogits(format, kind, rows, length, rowSeed);
            if (odd !== 0) logits[rowSeed % logits.length] = odd;
            const k = Math.ceil(fraction * length);
            const indices: number[] = [];
            const values: number[] = [];
            for (let row = 0; row < rows; row++) {
              const entries = logits.subarray(row * length, (row + 1) * length);
              for (const i of sortedIndices(entries).slice(0, k)) {
                indices.push(i);
                values.push(entries[i]);
              }
            }
            const shape = [rows, length];
            const forms = formsOf(engine, format, logits, rows);
            for (const form of forms.typed) {
              const found = engine.topK(form, k, { shape });
              expect([...found.indices]).toEqual(indices);
              expect([...found.values]).toEqual(values);
            }
            for (const form of forms.plain) {
              const found = engine.topK(form, k, { shape });
              expect(found.indices.flat()).toEqual(indices);
              expect(found.values.flat()).toEqual(values);
            }
            forms.free();
            expect([...bare.topK(logits, k, { shape }).indices]).toEqual(indices);
          },
        ),
        { numRuns },
      );
    });
  });

  // The weight of nearly all entries is 0.6 of the unit, which rounds up to it: bounds on logits and on weights must allow for that.
  test.each([{ minP: 2 ** -33 }, { topP: 1 - 0.75 * 2 ** -13 }])(
    'a row of 2^20 entries that are next to nothing, %j',
    (filters) => {
      const row = new Float32Array(2 ** 20).fill(-23.38);
      row[5] = 0;
      const options = { ...filters, seed: 1, count: 100_000 };
      const tokens = engine.sample(row, options);
      const others = tokens.filter((token) => token !== 5);
      expect(others.length).toBeGreaterThan(0);
      expect([...others]).toEqual([...referenceOf(row, options).filter((token) => token !== 5)]);
      expect([...engine.sample(row, { ...options, count: 1 })]).toEqual([tokens[0]]);
    },
  );
});
