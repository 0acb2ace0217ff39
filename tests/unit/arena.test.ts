// The memory of an engine: blocks, gaps, growth, limit.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena, SCRATCH_BYTES, STAGING_BYTES } from '../../src/wasm/arena.ts';

const PAGE = 65536;
const HEAP_BASE = 1000;
const FIRST = 1008 + SCRATCH_BYTES; // where blocks begin: after the scratch, which begins at a multiple of 16

function createArena(maxBytes = 64 * PAGE) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  return { memory, arena: new Arena('test', memory, HEAP_BASE, maxBytes) };
}

describe('blocks', () => {
  test('are aligned, apart, and after the scratch', () => {
    const { arena } = createArena();
    expect(arena.scratch).toBe(1008);
    expect(arena.allocate('test', 1)).toBe(FIRST);
    expect(arena.allocate('test', 17)).toBe(FIRST + 16);
    expect(arena.allocate('test', 0)).toBe(FIRST + 48);
    expect(arena.allocate('test', 16)).toBe(FIRST + 64);
    expect(arena.usedBytes).toBe(16 + 32 + 16 + 16);
  });

  test('go to the first gap that fits', () => {
    const { arena } = createArena();
    const [a, b, c, d] = [32, 64, 16, 16].map((bytes) => arena.allocate('test', bytes));
    arena.free(a);
    arena.free(c);
    expect(arena.allocate('test', 48)).toBe(d + 16);
    expect(arena.allocate('test', 16)).toBe(a);
    expect(arena.allocate('test', 16)).toBe(a + 16);
    expect(arena.allocate('test', 16)).toBe(c);
    arena.free(b);
    expect(arena.allocate('test', 64)).toBe(b);
  });

  test.each([
    ['downwards', [0, 1, 2]],
    ['upwards', [2, 1, 0]],
    ['the middle last', [0, 2, 1]],
  ])('gaps that touch become one: %s', (_, order) => {
    const { arena } = createArena();
    const blocks = [0, 1, 2].map(() => arena.allocate('test', 32));
    const end = arena.allocate('test', 16);
    for (const i of order) arena.free(blocks[i]);
    expect(arena.allocate('test', 96)).toBe(blocks[0]);
    expect(arena.allocate('test', 16)).toBe(end + 16);
  });

  test('freeing what is no block changes nothing', () => {
    const { arena } = createArena();
    const a = arena.allocate('test', 32);
    arena.free(a + 16);
    arena.free(0);
    expect(arena.usedBytes).toBe(32);
    arena.free(a);
    arena.free(a);
    expect(arena.usedBytes).toBe(0);
    expect([arena.allocate('test', 16), arena.allocate('test', 16)]).toEqual([a, a + 16]);
  });

  test('any order of allocations and frees: no overlap, and in the end one gap', () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 20000 }), free: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { arena, memory } = createArena();
        let blocks: { start: number; end: number }[] = [];
        for (const { bytes, free } of steps) {
          if (free !== null && blocks.length > 0) {
            const [block] = blocks.splice(free % blocks.length, 1);
            arena.free(block.start);
          }
          const start = arena.allocate('test', bytes);
          expect(start % 16).toBe(0);
          expect(start + bytes).toBeLessThanOrEqual(memory.buffer.byteLength);
          for (const other of blocks) expect(start >= other.end || start + bytes <= other.start).toBe(true);
          blocks.push({ start, end: start + Math.max(bytes, 1) });
        }
        for (const { start } of blocks) arena.free(start);
        blocks = [];
        expect(arena.usedBytes).toBe(0);
        expect(arena.allocate('test', memory.buffer.byteLength - FIRST - 15)).toBe(FIRST);
      }),
    );
  });
});

describe('growth', () => {
  test('is in steps, and only when needed', () => {
    const { arena, memory } = createArena();
    arena.allocate('test', 2 * PAGE - FIRST - 16);
    expect(arena.bytes).toBe(2 * PAGE);
    arena.allocate('test', 32);
    expect(arena.bytes).toBe(18 * PAGE); // by 1 MiB
    expect(memory.buffer.byteLength).toBe(18 * PAGE);
    arena.allocate('test', 40 * PAGE);
    expect(arena.bytes).toBe(43 * PAGE); // by what is needed
  });

  test('uses the gap at the end', () => {
    const { arena } = createArena();
    const start = arena.allocate('test', 30 * PAGE - FIRST - 8);
    expect(start).toBe(FIRST);
    expect(arena.bytes).toBe(30 * PAGE);
  });

  test('stops at the limit, and the state stays sound', () => {
    const { arena } = createArena(10 * PAGE);
    const a = arena.allocate('test', 8 * PAGE);
    expect(arena.bytes).toBe(10 * PAGE);
    expect(() => arena.allocate('name', 2 * PAGE)).toThrow(
      new RangeError(
        `name: ${2 * PAGE} bytes of wasm memory are needed in one piece, the largest left is ${2 * PAGE - FIRST} of maxMemoryBytes ${10 * PAGE}; ` +
          'free buffers, or create an engine with a larger maxMemoryBytes.',
      ),
    );
    expect(arena.usedBytes).toBe(8 * PAGE);
    expect(arena.allocate('test', 2 * PAGE - FIRST - 15)).toBe(a + 8 * PAGE);
    arena.free(a);
    expect(arena.allocate('test', 8 * PAGE)).toBe(a);
  });

  test('counts whole pages only', () => {
    const { arena } = createArena(3 * PAGE - 1);
    expect(() => arena.allocate('test', 2 * PAGE)).toThrow(RangeError);
    expect(arena.bytes).toBe(2 * PAGE);
  });

  test('a limit below the initial memory is refused', () => {
    expect(() => createArena(2 * PAGE - 1)).toThrow(
      new RangeError(`test: maxMemoryBytes is ${2 * PAGE - 1}; allowed are ${2 * PAGE} and more.`),
    );
  });

  test('a host that refuses is an error, and the state stays sound', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 3 });
    const arena = new Arena('test', memory, HEAP_BASE, 64 * PAGE);
    expect(() => arena.allocate('name', 2 * PAGE)).toThrow(
      `name: the host refused to grow the wasm memory from ${2 * PAGE} to ${18 * PAGE} bytes.`,
    );
    expect(arena.allocate('test', 16)).toBe(FIRST);
  });
});

describe('content', () => {
  test.each([Float32Array, Float64Array] as Float64ArrayConstructor[])(
    '%o: what is written is read, short and long, before and after growth',
    (Type) => {
      const { arena } = createArena();
      for (const count of [1, 47, 48, 49, 1000]) {
        const source = Type.from({ length: count + 5 }, (_, i) => i + 0.5);
        const at = arena.allocate('test', count * Type.BYTES_PER_ELEMENT);
        arena.write(source, 2, at, count);
        arena.allocate('test', 20 * PAGE - at); // grows the memory
        const target = new Type(count + 3);
        arena.read(at, target, 3, count);
        expect(target).toEqual(Type.from({ length: count + 3 }, (_, i) => (i < 3 ? 0 : i - 0.5)));
        expect(arena.viewLike(source, at, count)).toEqual(source.subarray(2, 2 + count));
      }
    },
  );

  test('pointerTo tells what lives here', () => {
    const { arena, memory } = createArena();
    expect(arena.pointerTo(new Float32Array(memory.buffer, 2048, 3))).toBe(2048);
    expect(arena.pointerTo(arena.view('float64', 4096, 3))).toBe(4096);
    expect(arena.pointerTo(new Float32Array(new ArrayBuffer(64), 16, 3))).toBe(0);
    expect(arena.pointerTo(new Float32Array(3))).toBe(0);
    const before = arena.view('float32', 2048, 3);
    arena.allocate('test', 4 * PAGE);
    expect(before.length).toBe(0);
    expect(arena.pointerTo(before)).toBe(0);
    expect(arena.pointerTo(arena.view('float32', 2048, 3))).toBe(2048);
  });
});

describe('staging', () => {
  test('one block, made on first use and kept', () => {
    const { arena } = createArena();
    expect(arena.usedBytes).toBe(0);
    expect(arena.stagingBytes()).toBe(STAGING_BYTES);
    const block = arena.borrow('test', SCRATCH_BYTES + 1);
    expect(arena.usedBytes).toBe(STAGING_BYTES);
    arena.giveBack(block);
    expect(arena.borrow('test', STAGING_BYTES)).toBe(block);
    arena.giveBack(block);
    expect(arena.usedBytes).toBe(STAGING_BYTES);
  });

  test('small calls get the scratch area, which is no block', () => {
    const { arena } = createArena();
    const block = arena.borrow('test', SCRATCH_BYTES);
    expect(block).toBe(arena.scratch);
    expect(arena.usedBytes).toBe(0);
    arena.giveBack(block);
    expect(arena.usedBytes).toBe(0);
  });

  test('what does not fit beside it takes its place', () => {
    const { arena } = createArena(STAGING_BYTES + 2 * PAGE);
    arena.giveBack(arena.borrow('test', STAGING_BYTES));
    const block = arena.borrow('test', STAGING_BYTES + 16);
    expect(arena.usedBytes).toBe(STAGING_BYTES + 16);
    arena.giveBack(block);
    expect(arena.usedBytes).toBe(0);
    expect(arena.stagingBytes()).toBe(STAGING_BYTES);
  });

  test('what does not fit without it either leaves it where it is', () => {
    const { arena } = createArena(STAGING_BYTES + 2 * PAGE);
    const block = arena.borrow('test', STAGING_BYTES);
    expect(() => arena.allocate('test', STAGING_BYTES + 2 * PAGE)).toThrow(
      `the largest left is ${STAGING_BYTES + 2 * PAGE - FIRST} of`,
    );
    expect(arena.usedBytes).toBe(STAGING_BYTES);
    const room = arena.largestBytes();
    expect(arena.allocate('test', room)).toBe(block + STAGING_BYTES);
    expect(arena.usedBytes).toBe(STAGING_BYTES + room);
  });

  test('a host that refuses it is an error of the call', () => {
    const arena = new Arena('test', new WebAssembly.Memory({ initial: 2, maximum: 3 }), HEAP_BASE, 64 * PAGE);
    expect(() => arena.borrow('name', STAGING_BYTES)).toThrow(/^name: the host refused/);
    expect(() => arena.reserveStaging('name')).toThrow(/^name: the host refused/);
    expect(arena.usedBytes).toBe(0);
  });

  test('a larger one is released', () => {
    const { arena } = createArena();
    const block = arena.borrow('test', STAGING_BYTES + 1);
    expect(arena.usedBytes).toBe(STAGING_BYTES + 16);
    arena.giveBack(block);
    expect(arena.usedBytes).toBe(0);
  });

  test('where there is no room for it, the call gets what it needs and gives it back', () => {
    const { arena } = createArena(2 * PAGE);
    expect(arena.stagingBytes()).toBe(2 * PAGE - FIRST);
    const block = arena.borrow('test', SCRATCH_BYTES + 1);
    expect(arena.usedBytes).toBe(SCRATCH_BYTES + 16);
    arena.giveBack(block);
    expect(arena.usedBytes).toBe(0);
    expect(() => arena.borrow('test', 2 * PAGE)).toThrow(RangeError);
  });
});
