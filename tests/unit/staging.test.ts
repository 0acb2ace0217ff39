// How arrays reach the kernels. Whatever the way (copied whole, in chunks of slices or of columns, in place, resident,
// or some of each), the bits are those of the kernel called once on the whole.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, FloatArray, WasmBuffer } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom } from '../tools/inputs.ts';

const PAGE = 65536;
const dtypes = ['float32', 'float64'] as const;
type DType = (typeof dtypes)[number];

function createArray(dtype: DType, length: number, entry: (i: number) => number = () => 0): FloatArray {
  const array = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) array[i] = entry(i);
  return array;
}

function randomArray(dtype: DType, length: number, seed: number): FloatArray {
  const random = createRandom(seed);
  return createArray(dtype, length, () => 4 * random.normal());
}

/** As toEqual, which takes microseconds per element. */
function expectSame(actual: unknown, expected: FloatArray): void {
  const array = actual as FloatArray;
  expect([array.constructor, array.length]).toEqual([expected.constructor, expected.length]);
  const index = expected.findIndex((value, i) => !Object.is(value, array[i]));
  expect({ index, value: array[index] }).toEqual({ index: -1, value: undefined });
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The operations as functions of arrays: what goes in, what comes out. */
type Call = (engine: Engine, inputs: (FloatArray | WasmBuffer)[], options: object) => unknown;
const operations: Record<string, { call: Call; inputs: 1 | 2; reduces?: true }> = {
  softmax: { call: (e, [x], o) => e.softmax(x, o), inputs: 1 },
  'softmax, T = 3': { call: (e, [x], o) => e.softmax(x, { ...o, temperature: 3 }), inputs: 1 },
  logSoftmax: { call: (e, [x], o) => e.logSoftmax(x, o), inputs: 1 },
  logSumExp: { call: (e, [x], o) => e.logSumExp(x, o), inputs: 1, reduces: true },
  softmin: { call: (e, [x], o) => e.softmin(x, o), inputs: 1 },
  hardmax: { call: (e, [x], o) => e.hardmax(x, o), inputs: 1 },
  softmaxBackward: { call: (e, [g, s], o) => e.softmaxBackward(g, s, o), inputs: 2 },
  logSoftmaxBackward: { call: (e, [g, s], o) => e.logSoftmaxBackward(g, s, o), inputs: 2 },
};

function toBuffer(engine: Engine, array: FloatArray): WasmBuffer {
  const buffer = engine.allocate(array instanceof Float32Array ? 'float32' : 'float64', array.length);
  buffer.array.set(array);
  return buffer;
}

// [what, shape, axis]: with three pages in all, between 60 and 130 KiB are left to stage in.
const shapes: [string, number[], number][] = [
  ['tiny', [3], 0],
  ['short rows of odd length', [12_000, 5], 1],
  ['short columns of odd length', [9, 7, 1117], 1],
  ['small rows', [64, 10], 1],
  ['small columns', [10, 64], 0],
  ['many rows', [1500, 33], 1],
  ['rows of odd length that fill the block unevenly', [17, 4099], 1],
  ['many slices of columns', [70, 20, 31], 1],
  ['one slice by ranges of columns', [40, 1001], 0],
  ['two slices by ranges of columns', [2, 70, 503], 1],
  ['few columns, long', [900, 10], 0],
  ['two columns, long', [1800, 2], 0],
];

onEachBackend((backend, create) => {
  if (backend === 'js') return;
  const large = create();
  const small = create({ maxMemoryBytes: 3 * PAGE });

  describe.each(dtypes)('%s', (dtype) => {
    describe.each(shapes)('%s', (_, shape, axis) => {
      test.each(Object.keys(operations))('%s', (name) => {
        const { call, inputs, reduces } = operations[name];
        const length = product(shape);
        const count = reduces ? length / shape[axis] : length;
        const arrays = [randomArray(dtype, length, 1), randomArray(dtype, length, 2)].slice(0, inputs);
        const options = { shape, axis };

        const resident = arrays.map((array) => toBuffer(large, array));
        const out = large.allocate(dtype, count);
        call(large, resident, { ...options, out });
        const expected = out.array.slice();
        expect(expected.some((value) => value !== 0)).toBe(true);

        expectSame(call(large, arrays, options), expected);
        expectSame(call(small, arrays, options), expected);
        expectSame(call(large, resident, options), expected);

        // out given, with a guard on either side
        const guarded = createArray(dtype, count + 2, () => 7);
        const inside = guarded.subarray(1, count + 1);
        expect(call(small, arrays, { ...options, out: inside })).toBe(inside);
        expectSame(inside, expected);
        expect([guarded[0], guarded[count + 1]]).toEqual([7, 7]);

        // external in, resident out, and the other way round
        out.array.fill(0);
        call(large, arrays, { ...options, out });
        expectSame(out.array, expected);
        for (let i = 0; i < inputs; i++) {
          const mixed = arrays.map((array, k) => (k === i ? resident[i] : array));
          expectSame(call(large, mixed, options), expected);
        }

        // in place, over either input
        if (!reduces) {
          for (let i = 0; i < inputs; i++) {
            const copies = arrays.map((array) => array.slice());
            expect(call(small, copies, { ...options, out: copies[i] })).toBe(copies[i]);
            expectSame(copies[i], expected);
            if (inputs === 2) expectSame(copies[1 - i], arrays[1 - i]);
          }
          call(large, resident, { ...options, out: resident[0] });
          expectSame(resident[0].array, expected);
        }
        for (const buffer of [...resident, out]) buffer.free();
      });
    });

    test('any shape and axis', () => {
      const shapeAndAxis = fc
        .array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
        .chain((shape) => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1), seed: fc.nat() }));
      fc.assert(
        fc.property(shapeAndAxis, ({ shape, axis, seed }) => {
          fc.pre(product(shape) < 60000);
          const x = randomArray(dtype, product(shape), seed);
          const buffer = toBuffer(large, x);
          large.softmax(buffer, { shape, axis, out: buffer });
          expectSame(small.softmax(x, { shape, axis }), buffer.array);
          buffer.free();
        }),
        { numRuns: 50 },
      );
    });

    test('views on the memory of the engine are resident', () => {
      const buffer = large.allocate(dtype, 21);
      const x = buffer.array.subarray(1, 11); // aligned to the element only
      const y = buffer.array.subarray(11);
      x.set(randomArray(dtype, 10, 3));
      const expected = large.softmax(x.slice());
      expect(large.softmax(x, { out: y })).toBe(y);
      expectSame(y, expected);
      expect(large.softmax(x, { out: x })).toBe(x);
      expectSame(x, expected);
      expect(buffer.array[0]).toBe(0);
      buffer.free();
    });
  });

  describe('memory', () => {
    /** Size of the engine's memory. */
    const bytesOf = (engine: Engine) => {
      const buffer = engine.allocate('float32', 1);
      const bytes = buffer.array.buffer.byteLength;
      buffer.free();
      return bytes;
    };

    /** The largest length that can be allocated: less, if something leaked. */
    const roomIn = (engine: Engine) => {
      let [fits, fails] = [0, 2 ** 24];
      while (fails - fits > 1) {
        const length = Math.floor((fits + fails) / 2);
        try {
          engine.allocate('float64', length).free();
          fits = length;
        } catch {
          fails = length;
        }
      }
      return fits;
    };

    test('does not grow with the input', () => {
      const engine = create();
      engine.softmax(createArray('float32', 1e5), { shape: [1000, 100] });
      const bytes = bytesOf(engine);
      engine.softmax(createArray('float32', 2e6), { shape: [20000, 100] });
      engine.softmax(createArray('float64', 2e6), { shape: [20, 100, 1000], axis: 1 });
      engine.softmaxBackward(createArray('float32', 1e6), createArray('float32', 1e6), { shape: [1000, 1000] });
      expect(bytesOf(engine)).toBe(bytes);
      expect(bytes).toBeLessThan(2 ** 21);
    });

    test('small calls stay in the memory that is there from the start', () => {
      const engine = create({ maxMemoryBytes: 2 * PAGE });
      const room = roomIn(engine);
      for (let i = 0; i < 1e5; i++) engine.softmax(Float32Array.of(1, 2, 3));
      expect(roomIn(engine)).toBe(room);
    });

    test('a row that is larger than the block takes more for the length of the call', () => {
      const engine = create({ maxMemoryBytes: 2 ** 23 });
      const room = roomIn(engine);
      for (let i = 0; i < 3; i++) {
        const y = engine.softmax(createArray('float32', 2 ** 20));
        expect(y.every((value) => value === 2 ** -20)).toBe(true);
        const z = engine.softmax(createArray('float32', 2 ** 20), { shape: [2 ** 18, 4], axis: 0 });
        expect(z.every((value) => value === 2 ** -18)).toBe(true);
        engine.logSoftmaxBackward(createArray('float32', 2 ** 18), createArray('float32', 2 ** 18));
      }
      expect(roomIn(engine)).toBe(room);
    });

    test.each([
      [2, 1, 25],
      [1, 2, 32],
    ])('a result has the place of an input that is not resident: [%i, 100000, %i]', (outer, inner, pages) => {
      const shape = [outer, 100_000, inner];
      const [g, y] = [1, 2].map((seed) => randomArray('float32', product(shape), seed));
      const expected = large.softmaxBackward(g, y, { shape, axis: 1 }) as FloatArray;
      const engine = create({ maxMemoryBytes: pages * PAGE });
      const buffer = toBuffer(engine, g);
      expectSame(engine.softmaxBackward(buffer, y, { shape, axis: 1 }), expected);
      buffer.array.set(y);
      expectSame(engine.softmaxBackward(g, buffer, { shape, axis: 1 }), expected);
    });

    test('a row of 2^24 float32 has room in the default engine', () => {
      const x = createArray('float32', 2 ** 24);
      const y = create().softmax(x, { out: x });
      expect([y[0], y[2 ** 23], y[2 ** 24 - 1]]).toEqual([2 ** -24, 2 ** -24, 2 ** -24]);
    });

    test('a row that does not fit is an error that names size and limit; nothing is written, nothing is lost', () => {
      const engine = create({ maxMemoryBytes: 2 ** 20 });
      const room = roomIn(engine);
      for (const shape of [[2 ** 19], [2, 2 ** 18], [2 ** 18, 2]]) {
        const x = createArray('float32', 2 ** 19, (i) => i);
        const out = createArray('float32', 2 ** 19, () => 7);
        expect(() => engine.softmax(x, { shape, axis: shape[0] === 2 ** 18 ? 0 : -1, out })).toThrow(
          /^softmax: (2097152|1048576) bytes of wasm memory are needed in one piece, the largest left is \d+ of maxMemoryBytes 1048576; free buffers, or create an engine with a larger maxMemoryBytes\.$/,
        );
        expect(out.every((value) => value === 7)).toBe(true);
      }
      expect(roomIn(engine)).toBe(room);
      expect([...engine.softmax(Float32Array.of(0, 0))]).toEqual([0.5, 0.5]);
    });

    test('views handed out before do not go stale by ordinary calls', () => {
      const engine = create();
      const { array } = engine.allocate('float32', 8);
      engine.softmax(createArray('float32', 1e6), { shape: [1000, 1000] });
      expect(array.length).toBe(8);
    });

    test('an input that goes stale because its own call grows the memory is still read', () => {
      const engine = create();
      const buffer = engine.allocate('float32', 2 ** 19);
      const x = buffer.array;
      x.set(randomArray('float32', 2 ** 19, 5));
      const expected = create().softmax(x.slice());
      const y = engine.softmax(x);
      expect(x.length).toBe(0);
      expectSame(y, expected);
    });

    test('the same, by ranges of columns', () => {
      const engine = create();
      const shape = [2 ** 17, 6];
      const buffer = engine.allocate('float32', product(shape));
      const x = buffer.array;
      x.set(randomArray('float32', product(shape), 5));
      const expected = create().softmax(x.slice(), { shape, axis: 0 });
      const y = engine.softmax(x, { shape, axis: 0 });
      expect(x.length).toBe(0);
      expectSame(y, expected);
    });
  });
});
