// The passes over a row read and write their arrays and nothing else, wherever these are; and no call of sampling keeps memory, whether it
// succeeds or not.

import { assert, describe, expect, test } from 'vitest';
import { createRuntimeSync } from '../../src/backend.ts';
import { operationsOn } from '../../src/engine.ts';
import { toUnit, unitOf, weightOf, weightScale } from '../../src/reference/weights.ts';
import type { Abi } from '../../src/wasm/abi.ts';
import { WasmRuntime } from '../../src/wasm/runtime.ts';
import { onEachBackend } from '../tools/backends.ts';
import { onEachBuild } from '../tools/builds.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { formats, sameBits } from '../tools/operations.ts';

const LENGTHS = [...Array.from({ length: 67 }, (_, i) => i + 1), 127, 128, 129, 191, 192, 193, 1000];
const CANARY = new Uint8Array(2 ** 17).map((_, i) => (i * 37 + 11) & 0xff);
const SCALE = weightScale(1 / 0.7);

/** Where things are for one call: bytes to the end of the memory, in the order in which they are passed. */
interface Place {
  readonly name: string;
  /** Offsets of x and of the others from a multiple of 16. */
  readonly skew: readonly number[];
  /** Which array ends where the memory ends. */
  readonly last: number;
}

/** Puts arrays of some sizes in bytes one after the other before the end of the memory. */
function placesOf(sizes: readonly number[], aligned: readonly number[]): (Place & { at: (end: number) => number[] })[] {
  const skews = [
    sizes.map(() => 0),
    sizes.map((_, i) => aligned[i]),
    sizes.map((_, i) => 3 * aligned[i]),
    sizes.map((_, i) => (i % 2) * aligned[i]),
  ];
  return sizes.flatMap((_, last) =>
    skews.map((skew) => ({
      name: `array ${last} at the end, skewed by ${skew}`,
      skew,
      last,
      at(end: number) {
        const pointers: number[] = [];
        let free = end;
        for (const i of [last, ...sizes.keys()].filter((i, n, all) => all.indexOf(i) === n)) {
          const exact = Math.floor((free - sizes[i]) / aligned[i]) * aligned[i];
          pointers[i] = i === last ? exact : Math.floor((exact - 16) / 16) * 16 + skew[i];
          free = pointers[i] - 24;
        }
        return pointers;
      },
    })),
  );
}

/** Runs a call on a memory full of canaries; nothing but [from, from + bytes) of the results may change. */
function guarded<T>(
  abi: Abi,
  inputs: [number, Float32Array][],
  results: [number, number][],
  call: () => T,
  what: string,
): T {
  const heap = abi.heap_base.value;
  const memory = new Uint8Array(abi.memory.buffer, heap);
  memory.set(CANARY.subarray(0, memory.length));
  for (const [pointer, array] of inputs) new Float32Array(abi.memory.buffer, pointer, array.length).set(array);
  const before = memory.slice();
  const returned = call();
  for (const [pointer, bytes] of results)
    before.set(memory.subarray(pointer - heap, pointer - heap + bytes), pointer - heap);
  if (!sameBits(before, memory))
    assert.fail(`${what}: byte ${memory.findIndex((byte, i) => byte !== before[i])} outside is changed`);
  return returned;
}

onEachBuild((create) => {
  const abi = create();
  const end = abi.memory.buffer.byteLength;
  const { buffer } = abi.memory;

  describe.each(LENGTHS.map((length) => [length]))('rows of %i', (length) => {
    const random = createRandom(length);
    const x = normalRow(random, 'float32', { length, spread: 4, masked: 0.1 });
    if (x.every((value) => value === -Infinity)) x[0] = 1;
    const blocks = Math.ceil(length / 64);
    const max = Math.max(...x);
    const unit = unitOf(length);
    const weights = new Float32Array(blocks * 64);
    x.forEach((value, i) => {
      weights[i] = weightOf(value === -Infinity ? max - 1e6 : value, max, SCALE, 2 ** -900, true);
    });

    test('block_maxima', () => {
      for (const place of placesOf([length * 4, blocks * 4], [4, 4])) {
        const [from, to] = place.at(end);
        const found = guarded(
          abi,
          [[from, x]],
          [[to, blocks * 4]],
          () => abi.block_maxima_f32(from, to, length),
          place.name,
        );
        expect(found, place.name).toBe(max);
        const expected = Array.from({ length: blocks }, (_, b) => Math.max(...x.subarray(b * 64, (b + 1) * 64)));
        expect([...new Float32Array(buffer, to, blocks)], place.name).toEqual(expected);
      }
      const from = placesOf([length * 4, blocks * 4], [4, 4])[0].at(end);
      for (const at of [0, length >> 1, length - 1]) {
        const broken = x.slice();
        broken[at] = NaN;
        const found = guarded(
          abi,
          [[from[0], broken]],
          [[from[1], blocks * 4]],
          () => abi.block_maxima_f32(from[0], from[1], length),
          'NaN',
        );
        expect(found).toBeNaN();
        broken[at] = Infinity;
        new Float32Array(buffer, from[0], length).set(broken);
        expect(abi.block_maxima_f32(from[0], from[1], length)).toBe(Infinity);
      }
      new Float32Array(buffer, from[0], length).fill(-Infinity);
      expect(abi.block_maxima_f32(from[0], from[1], length)).toBe(-Infinity);
    });

    test('weigh', () => {
      for (const place of placesOf([length * 4, blocks * 256, blocks * 8], [4, 4, 8])) {
        const [from, to, masses] = place.at(end);
        const results: [number, number][] = [
          [to, blocks * 256],
          [masses, blocks * 8],
        ];
        guarded(abi, [[from, x]], results, () => abi.weigh_f32(from, to, masses, length, max, SCALE, unit), place.name);
        const found = new Float32Array(buffer, to, blocks * 64);
        const wrong = found.findIndex((weight, i) => toUnit(weight, unit) !== toUnit(weights[i], unit));
        if (wrong >= 0) assert.fail(`${place.name}: weight ${wrong} is ${found[wrong]}, not ${weights[wrong]}`);
        const sums = Array.from({ length: blocks }, (_, b) =>
          weights.subarray(b * 64, (b + 1) * 64).reduce((sum, weight) => sum + toUnit(weight, unit), 0),
        );
        expect([...new Float64Array(buffer, masses, blocks)], place.name).toEqual(sums);
      }
    });

    test('mass_from, from any entry on', () => {
      for (const start of new Set([0, 1, 3, length >> 1, length - 1, length])) {
        const rest = x.subarray(start);
        const room = new Float32Array(Math.ceil(rest.length / 64) * 64).fill(0.75); // what is after the row is read and must not count
        room.set(weights.subarray(start, length));
        for (const place of placesOf([rest.length * 4, room.length * 4], [4, 4])) {
          const [from, at] = place.at(end);
          for (const threshold of [max, x[start] > -Infinity ? (x[start] ?? 0) : 0, -3.4e38, Infinity]) {
            const inputs: [number, Float32Array][] = [
              [from, rest],
              [at, room],
            ];
            const found = guarded(
              abi,
              inputs,
              [],
              () => abi.mass_from_f32(from, at, rest.length, threshold, unit),
              place.name,
            );
            const expected = rest.reduce(
              (sum, value, i) => sum + (value >= Math.fround(threshold) ? toUnit(room[i], unit) : 0),
              0,
            );
            expect(found, `${place.name}, from ${threshold}`).toBe(expected);
          }
        }
      }
    });
  });

  test('one entry too far traps', () => {
    for (const length of [7, 64, 65, 128]) {
      const far = end - length * 4 + 4;
      const near = abi.heap_base.value + 64;
      const bytes = Math.ceil(length / 64) * 256;
      expect(() => abi.block_maxima_f32(far, near, length)).toThrow(WebAssembly.RuntimeError);
      expect(() => abi.block_maxima_f32(near, end - Math.ceil(length / 64) * 4 + 4, length)).toThrow(
        WebAssembly.RuntimeError,
      );
      expect(() => abi.weigh_f32(far, near, near, length, 0, 1, 2 ** -48)).toThrow(WebAssembly.RuntimeError);
      expect(() => abi.weigh_f32(near, end - bytes + 4, near, length, 0, 1, 2 ** -48)).toThrow(
        WebAssembly.RuntimeError,
      );
      expect(() => abi.mass_from_f32(far, near, length, 0, 2 ** -48)).toThrow(WebAssembly.RuntimeError);
      expect(() => abi.mass_from_f32(near, end - bytes + 4, length, 0, 2 ** -48)).toThrow(WebAssembly.RuntimeError);
    }
  });
});

onEachBackend((backend) => {
  if (backend === 'js') return; // the garbage collector's business

  test.each(formats)(
    'calls of sampling, right and wrong, leave the arena as it was, and do not depend on one another: %s',
    (format) => {
      const runtime = createRuntimeSync('test', { backend, maxMemoryBytes: 2 ** 22 });
      if (!(runtime instanceof WasmRuntime)) throw new TypeError(`${backend} has no wasm memory`);
      const { arena } = runtime;
      const { sample, multinomial, topK, createSampler, softmax } = operationsOn(runtime);
      const random = createRandom(1);
      const small = normalRow(random, format, { length: 90 });
      const large = normalRow(random, format, { length: 2 * 5000 });
      const long = normalRow(random, format, { length: 60_000 }); // more than the staging block has room for
      const huge = normalRow(random, format, { length: 1_100_000 });
      const resident = runtime.allocate('test', format, large.length);
      resident.array.set(large);
      const sampler = createSampler({ seed: 1, topP: 0.9, presencePenalty: 1 });
      const seed = 5;
      const broken = large.slice();
      broken[9000] = NaN;
      const longBroken = long.slice().fill(NaN, 59_999);
      const masked = large.slice().fill(-Infinity, 5000);
      const shape = [2, 5000];
      const right = [
        () => sample(small, { shape: [3, 30], seed }),
        ...[
          {},
          { topK: 9 },
          { topP: 0.9 },
          { minP: 0.1 },
          { temperature: 0 },
          { temperature: 1e35 },
          { topP: 0.5, count: 9 },
        ].flatMap((options) => [
          () => sample(large, { ...options, shape, seed }),
          () => sample(resident, { ...options, shape, seed }),
        ]),
        () => sample(long, { seed, topP: 0.9 }),
        () => topK(long, 5),
        () => multinomial(large.map(Math.abs), { count: 3, replacement: false, seed }),
        () => softmax(large.subarray(0, 333)),
        () => topK(large, 20, { shape }),
        () => topK(resident, 20, { shape }),
        () => {
          sampler.reset();
          return [sampler.next(resident, { history: [1, 2] }), sampler.next(large), sampler.lastLogProbability];
        },
      ];
      const wrong = [
        () => sample(broken, { shape, topP: 0.9 }),
        () => sample(masked, { shape }),
        () => sample(longBroken, { topP: 0.9 }),
        () => sampler.next(broken),
        () => sampler.next(resident, { history: [-1] }),
        () => topK(large, 5001, { shape }),
        () => multinomial([0]),
      ];
      const round = (): unknown[] => {
        for (const call of wrong) expect(call).toThrow(RangeError);
        return right.map((call) => call());
      };
      const first = round();
      for (let i = 0; i < 2; i++) round();
      sample(huge, { topK: 3 }); // 4 MiB: without room, by the reference
      const before = [arena.usedBytes, arena.bytes, arena.stagingBytes()];
      for (let i = 0; i < 30; i++) round();
      expect(round()).toEqual(first);
      sample(huge, { topP: 0.5 });
      expect([arena.usedBytes, arena.bytes, arena.stagingBytes()]).toEqual(before);
      expect(resident.array).toEqual(large);
      resident.free();
      arena.free(arena.allocate('test', 2 ** 21)); // in one piece: what was freed has been joined
    },
  );

  test('a memory that grows under a view of it', () => {
    const runtime = createRuntimeSync('test', { backend, maxMemoryBytes: 2 ** 26 }) as WasmRuntime;
    const [buffer] = [runtime.allocate('test', 'float32', 2 ** 20)];
    buffer.array.set(normalRow(createRandom(4), 'float32', { length: 2 ** 20 }));
    const copy = buffer.array.slice() as Float32Array;
    const view = buffer.array;
    const { sample } = operationsOn(runtime);
    const found = sample(view, { topP: 0.9, seed: 2, count: 5 });
    expect(view.length).toBe(0); // it grew
    expect([...found]).toEqual([...sample(copy, { topP: 0.9, seed: 2, count: 5 })]);
  });
});
