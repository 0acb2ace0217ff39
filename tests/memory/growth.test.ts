// What lives in wasm memory stays where it is, as it is, while the memory grows under it; and results do not notice.

import { describe, expect, test } from 'vitest';
import type { FloatArray, WasmBuffer } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { call, createRows, formats, operations, sameBits } from '../tools/operations.ts';

onEachBackend((backend, create) => {
  if (backend === 'js') return; // its buffers are arrays of their own

  test('every buffer keeps its place and its content', () => {
    const engine = create();
    const random = createRandom(1);
    const buffers: { buffer: WasmBuffer; content: FloatArray; place: number }[] = [];
    const sizes = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const format = formats[i % 2];
      const content = normalRow(random, format, { length: 10 ** random.below(6) + i });
      const buffer = engine.allocate(format, content.length);
      buffer.array.set(content);
      buffers.push({ buffer, content, place: buffer.byteOffset });
      sizes.add(buffer.array.buffer.byteLength);
      for (const other of buffers) {
        expect(other.buffer.byteOffset).toBe(other.place);
        expect(other.buffer.array.byteOffset).toBe(other.place);
        expect(sameBits(other.buffer.array, other.content)).toBe(true);
      }
    }
    expect(sizes.size).toBeGreaterThan(3); // it did grow, more than once
    const ranges = buffers.map(({ buffer }) => buffer.array).sort((a, b) => a.byteOffset - b.byteOffset);
    ranges.slice(1).forEach((array, i) => {
      expect(array.byteOffset).toBeGreaterThanOrEqual(ranges[i].byteOffset + ranges[i].byteLength);
    });
  });

  describe.each(formats)('%s', (format) => {
    test.each(operations.map((operation) => [operation.name, operation] as const))(
      '%s: the same before and after',
      (_, operation) => {
        const engine = create();
        const rows = createRows(operation, createRandom(7), format, 67, 1)[0];
        const inputs = rows.map((row) => {
          const buffer = engine.allocate(format, row.length);
          buffer.array.set(row);
          return buffer;
        });
        const out = engine.allocate(format, operation.reduces ? 1 : 67);
        call(engine, operation, inputs, { out });
        const before = out.array.slice();
        const bytes = out.array.buffer.byteLength;
        engine.allocate('float64', 2 ** 18);
        expect(out.array.buffer.byteLength).toBeGreaterThan(bytes);
        expect(sameBits(out.array, before)).toBe(true);
        out.array.fill(7);
        call(engine, operation, inputs, { out });
        expect(sameBits(out.array, before)).toBe(true);
        expect(sameBits(call<FloatArray>(engine, operation, rows, {}), before)).toBe(true);
      },
    );
  });
});
