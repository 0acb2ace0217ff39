// No call keeps memory: not of the wasm heap, not of the list that says what is free there.

import { describe, expect, test } from 'vitest';
import { createRuntimeSync } from '../../src/backend.ts';
import { operationsOn } from '../../src/engine.ts';
import type { FloatArray } from '../../src/index.ts';
import type { Arena } from '../../src/wasm/arena.ts';
import { WasmRuntime } from '../../src/wasm/runtime.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom } from '../tools/inputs.ts';
import { createRows, formats, operations } from '../tools/operations.ts';

type Functions = Record<string, (...args: unknown[]) => unknown>;

onEachBackend((backend) => {
  if (backend === 'js') return; // the garbage collector's business

  /** The operations of a fresh runtime, and its arena, which engines do not show. */
  function setUp(): { runtime: WasmRuntime; arena: Arena; functions: Functions } {
    const runtime = createRuntimeSync('test', { backend, maxMemoryBytes: 2 ** 22 });
    if (!(runtime instanceof WasmRuntime)) throw new TypeError(`${backend} has no wasm memory`);
    return { runtime, arena: runtime.arena, functions: operationsOn(runtime) as unknown as Functions };
  }

  test('10⁵ calls of everything, small, chunked, resident and wrong', () => {
    const { runtime, arena, functions } = setUp();
    const random = createRandom(1);
    const cases = formats.flatMap((format) =>
      operations.map((operation) => {
        const rows = createRows(operation, random, format, 9, 1)[0];
        const large = rows.map((row) => {
          const tensor = format === 'float32' ? new Float32Array(9 * 9000) : new Float64Array(9 * 9000);
          return tensor.fill(row[0]);
        });
        return { operation, format, rows, large, run: functions[operation.name] };
      }),
    );

    let errors = 0;
    const round = (i: number): void => {
      const { operation, format, rows, large, run } = cases[i % cases.length];
      switch (i % 10000 < cases.length ? 'large' : i % 5) {
        case 'large':
          run(...large, { shape: i % 2 ? [9000, 9] : [9, 9000], axis: i % 2 ? -1 : 0 });
          break;
        case 0: {
          const buffers = [...rows, operation.reduces ? [0] : rows[0]].map(({ length }) =>
            runtime.allocate('test', format, length),
          );
          run(...buffers.slice(0, -1), { out: buffers.at(-1) });
          for (const buffer of buffers) buffer.free();
          break;
        }
        case 1:
          try {
            run(...rows, { shape: [5] });
          } catch {
            errors++;
          }
          break;
        default:
          run(...rows, { shape: [3, 3], axis: i % 3 === 0 ? 0 : -1 });
      }
    };

    for (let i = 0; i < 2000; i++) round(i);
    const [used, bytes, stagingBytes] = [arena.usedBytes, arena.bytes, arena.stagingBytes()];
    errors = 0;
    for (let i = 0; i < 1e5; i++) round(i);
    expect(errors).toBeGreaterThan(19_000); // a fifth of the calls
    expect([arena.usedBytes, arena.bytes, arena.stagingBytes()]).toEqual([used, bytes, stagingBytes]);
    const rest = arena.allocate('test', 2 ** 21); // in one piece: what was freed has been joined
    arena.free(rest);
  });

  describe.each(formats)('%s', (format) => {
    test('a call that needs a block of its own gives it back, also when there is none', () => {
      const { arena, functions } = setUp();
      const row: FloatArray = format === 'float32' ? new Float32Array(2 ** 17) : new Float64Array(2 ** 17);
      functions.softmax(row);
      const { usedBytes } = arena;
      for (const name of ['softmax', 'logSoftmax', 'logSumExp', 'hardmax']) functions[name](row);
      for (let i = 0; i < 3; i++) expect(() => functions.softmax(new Float64Array(2 ** 20))).toThrow(RangeError);
      expect(arena.usedBytes).toBe(usedBytes);
    });

    test('buffers that are freed in any order leave nothing', () => {
      const { runtime, arena } = setUp();
      runtime.allocate('test', format, 1).free();
      const { usedBytes } = arena;
      const random = createRandom(3);
      const live = Array.from({ length: 300 }, () => runtime.allocate('test', format, random.below(300)));
      while (live.length > 0) live.splice(random.below(live.length), 1)[0].free();
      expect(arena.usedBytes).toBe(usedBytes);
    });
  });
});
