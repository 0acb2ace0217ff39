// Derivatives and losses keep no memory, stay within maxMemoryBytes however large the batch, and are unharmed by an error.

import { assert, describe, expect, test } from 'vitest';
import { createRuntimeSync } from '../../src/backend.ts';
import { operationsOn } from '../../src/engine.ts';
import type { FloatArray } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import type { Backend } from '../../src/runtime.ts';
import type { Arena } from '../../src/wasm/arena.ts';
import { WasmRuntime } from '../../src/wasm/runtime.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { createArray, formats, sameBits } from '../tools/operations.ts';

type Functions = typeof reference;
const MIB = 2 ** 20;

/** The operations of a fresh runtime, and its arena, which engines do not show. */
function setUp(backend: Backend, maxMemoryBytes: number): { runtime: WasmRuntime; arena: Arena; functions: Functions } {
  const runtime = createRuntimeSync('test', { backend, maxMemoryBytes });
  if (!(runtime instanceof WasmRuntime)) throw new TypeError(`${backend} has no wasm memory`);
  return { runtime, arena: runtime.arena, functions: operationsOn(runtime) };
}

onEachBackend((backend) => {
  if (backend === 'js') return; // the garbage collector's business

  describe.each(formats)('%s', (format) => {
    const random = createRandom(3);
    const array = (length: number) => normalRow(random, format, { length });

    /** Every operation on [outer, length, inner], and a layer with as many rows. */
    function callsOf(f: Functions, shape: [number, number, number], g = array(shape[0] * shape[1] * shape[2])) {
      const [outer, length, inner] = shape;
      const rows = outer * inner;
      const options = { shape, axis: 1 };
      const labels = Int32Array.from({ length: rows }, () => random.below(length));
      const layer = { features: g, weight: array(5 * length), batch: rows, inFeatures: length, classes: 5 };
      return [
        () => f.softmaxJvp(g, g, options),
        () => f.logSoftmaxJvp(g, g, options),
        () => f.softmaxHvp(g, g, g, options),
        () => f.logSoftmaxHvp(g, g, g, options),
        () => f.softmaxJacobian(g, options),
        () => f.logSoftmaxJacobian(g, options),
        () => f.crossEntropy(g, labels, options),
        () => f.crossEntropyWithGradient(g, labels, { ...options, labelSmoothing: 0.1 }),
        () => f.crossEntropyWithGradient(g, g, options),
        () => f.crossEntropyHvp(g, g, options),
        () => f.linearCrossEntropy({ ...layer, targets: labels.map((label) => label % 5) }),
      ];
    }

    test('10⁴ calls, small, chunked, resident and wrong', () => {
      const { runtime, arena, functions } = setUp(backend, 4 * MIB);
      const small = callsOf(functions, [3, 3, 1]);
      const columns = callsOf(functions, [2, 3, 3]);
      const large = callsOf(functions, [900, 20, 2]);
      const resident = runtime.allocate('test', format, 9);
      const inMemory = callsOf(functions, [3, 3, 1], resident.array as FloatArray);
      const wrong = [
        () => functions.softmaxHvp(resident, resident, createArray(format, 8)),
        () => functions.crossEntropyWithGradient(resident, [7], { out: resident }),
      ];
      const round = (i: number): void => {
        const list = [small, columns, inMemory, wrong][i % 4];
        try {
          list[i % list.length]();
        } catch (error) {
          if (list !== wrong) throw error;
        }
      };

      for (const call of large) call();
      for (let i = 0; i < 200; i++) round(i);
      const [used, bytes, stagingBytes] = [arena.usedBytes, arena.bytes, arena.stagingBytes()];
      for (const call of large) call();
      for (let i = 0; i < 1e4; i++) round(i);
      expect([arena.usedBytes, arena.bytes, arena.stagingBytes()]).toEqual([used, bytes, stagingBytes]);
      arena.free(arena.allocate('test', 2 * MIB)); // in one piece: what was freed has been joined
    });

    test('a layer whose weights are four times the memory, within 1 MiB', () => {
      const { arena, functions } = setUp(backend, MIB);
      const [batch, inFeatures, classes] = [9, 256, format === 'float32' ? 4096 : 2048];
      const problem = {
        features: array(batch * inFeatures),
        weight: array(classes * inFeatures),
        bias: array(classes),
        targets: Int32Array.from({ length: batch }, () => random.below(classes)),
        batch,
        inFeatures,
        classes,
      };
      expect(problem.weight.byteLength).toBe(4 * MIB);
      const result = functions.linearCrossEntropy(problem);
      expect(arena.bytes).toBeLessThanOrEqual(MIB);
      expect(arena.usedBytes).toBe(0);

      const expected = reference.linearCrossEntropy(problem);
      const tolerance = format === 'float32' ? 3e-5 : 1e-12; // logits to 60, whose ulp is what counts
      expect(Math.abs(result.loss - expected.loss)).toBeLessThanOrEqual(tolerance * expected.loss);
      for (const key of ['gradWeight', 'gradBias', 'gradFeatures'] as const) {
        const [a, b] = [Array.from(result[key]), Array.from(expected[key])];
        const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const worst = b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i])), 0);
        expect(worst, key).toBeLessThanOrEqual(tolerance * largest);
      }
    });

    test('the memory does not grow with the batch', () => {
      const bytesOf = (outer: number) => {
        const { arena, functions } = setUp(backend, 64 * MIB);
        for (const call of callsOf(functions, [outer, 10, 1])) call();
        return arena.bytes;
      };
      expect(bytesOf(60_000)).toBe(bytesOf(4000));
    });

    test('a row that does not fit is an error, nothing is written, and everything works as before', () => {
      const { arena, functions } = setUp(backend, MIB);
      const calls = callsOf(functions, [3, 4, 2]);
      const before = calls.map((call) => call());
      const { usedBytes } = arena;
      const x = array(2 ** 18);
      const out = createArray(format, 2 ** 18).fill(7);
      const bytes = /^\w+: \d+ bytes of wasm memory are needed in one piece/;
      expect(() => functions.softmaxHvp(x, x, x, { out })).toThrow(bytes);
      expect(() => functions.crossEntropyWithGradient(x, [0], { out })).toThrow(bytes);
      expect(() => functions.crossEntropyHvp(x, x, { out })).toThrow(RangeError);
      expect(() => functions.logSoftmaxJacobian(x.subarray(0, 1000))).toThrow(bytes);
      expect(() =>
        functions.linearCrossEntropy({
          features: x,
          weight: x,
          targets: [0],
          batch: 1,
          inFeatures: 2 ** 18,
          classes: 1,
        }),
      ).toThrow(bytes);
      expect(out.every((value) => value === 7)).toBe(true);
      expect(arena.usedBytes).toBe(usedBytes);
      calls.forEach((call, i) => {
        expect(call()).toEqual(before[i]);
      });
    });

    test('what lives in a memory that grows under the call is still read', () => {
      const { runtime, functions } = setUp(backend, 64 * MIB);
      const length = 2 ** 19;
      const buffers = [0, 1].map(() => runtime.allocate('test', format, length));
      const data = [array(length), array(length)];
      const views = buffers.map((buffer, i) => {
        buffer.array.set(data[i]);
        return buffer.array;
      });
      const shape = [2 ** 17, 4];
      const y = functions.softmaxHvp(views[0], views[1], data[1], { shape, axis: 0 }) as FloatArray;
      if (views[0].length !== 0) assert.fail('the memory did not grow');
      const expected = setUp(backend, 64 * MIB).functions.softmaxHvp(data[0], data[1], data[1], { shape, axis: 0 });
      expect(sameBits(y, expected as FloatArray)).toBe(true);
    });
  });
});
