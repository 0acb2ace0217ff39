// Kernels read and write their arrays and nothing else. Each array in turn ends where the memory ends, so that one element too far
// traps; and every byte from heap_base on that is not the result is the same after the call.

import { assert, describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import { createRandom } from '../tools/inputs.ts';
import { kernelOf, onEachBuild } from '../tools/kernels.ts';
import {
  createArray,
  createRows,
  formats,
  type Layout,
  type Operation,
  operations,
  place,
} from '../tools/operations.ts';
import type { Format } from '../tools/ulp.ts';

const LENGTHS = Array.from({ length: 67 }, (_, i) => i + 1);
const layouts: Layout[] = [
  { outer: 1, inner: 1 },
  { outer: 3, inner: 1 },
  { outer: 8, inner: 1 },
  { outer: 16, inner: 1 }, // whole groups of rows, the last of which ends with the memory
  { outer: 17, inner: 1 },
  { outer: 1, inner: 3 },
  { outer: 2, inner: 3 },
  { outer: 1, inner: 16 },
  { outer: 2, inner: 17 },
];

onEachBuild((create) => {
  test('one element too far traps', () => {
    const abi = create();
    const end = abi.memory.buffer.byteLength;
    for (const format of formats) {
      const size = format === 'float32' ? 4 : 8;
      for (const operation of operations) {
        const kernel = kernelOf(abi, operation.kernel, format);
        const inside = Array.from({ length: operation.inputs }, () => end - 7 * size);
        kernel([...inside, end - 7 * size], 1, 7, 1);
        for (let k = 0; k < operation.inputs; k++) {
          const pointers = [...inside, end - 32 * size].map((pointer, i) => (i === k ? pointer + size : pointer));
          expect(() => kernel(pointers, 1, 7, 1), `input ${k} of ${operation.name}`).toThrow(WebAssembly.RuntimeError);
        }
        const count = operation.reduces ? 1 : 7;
        const pointers = [...inside.map((pointer) => pointer - 32 * size), end - (count - 1) * size];
        expect(() => kernel(pointers, 1, 7, 1), `output of ${operation.name}`).toThrow(WebAssembly.RuntimeError);
      }
    }
  });

  describe.each(formats)('%s', (format) => {
    const wanted = operations.filter(({ name }) => name !== 'softmin');
    test.each(wanted.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
      const abi = create();
      const scales = operation.scales.length === 0 ? [1] : operation.inputs === 2 ? [1, -0.7] : [1, -0.7, Infinity];
      for (const length of LENGTHS) {
        for (const layout of layouts) for (const scale of scales) check(abi, operation, format, length, layout, scale);
      }
    });
  });
});

function check(
  abi: Parameters<typeof kernelOf>[0],
  operation: Operation,
  format: Format,
  length: number,
  layout: Layout,
  scale: number,
): void {
  const { outer, inner } = layout;
  const kernel = kernelOf(abi, operation.kernel, format);
  const inputs = tensorsOf(operation, format, length, layout);
  const { BYTES_PER_ELEMENT: size } = inputs[0];
  const count = operation.reduces ? outer * inner : outer * length * inner;
  const sizes = [...inputs.map((input) => input.byteLength), count * size];
  const { buffer } = abi.memory;
  const heap = abi.heap_base.value;
  const end = buffer.byteLength;
  const what = `${operation.name}, outer ${outer}, length ${length}, inner ${inner}, scale ${scale}`;

  const run = (pointers: number[]): FloatArray => {
    const memory = new Uint8Array(buffer, heap);
    memory.set(CANARY.subarray(0, memory.length));
    for (const [i, input] of inputs.entries()) viewOf(buffer, format, pointers[i], input.length).set(input);
    const before = memory.slice();
    kernel(pointers, outer, length, inner, scale);
    const output = viewOf(buffer, format, pointers.at(-1)!, count);
    before.set(new Uint8Array(buffer, output.byteOffset, output.byteLength), output.byteOffset - heap);
    const same = Buffer.compare(before, memory) === 0;
    if (!same) assert.fail(`${what}: byte ${memory.findIndex((byte, i) => byte !== before[i])} outside is changed`);
    return output.slice();
  };

  /** The arrays one after the other, the last of `order` at the end of the memory, each a few elements from its neighbour. */
  const pack = (order: number[]): number[] => {
    const pointers: number[] = [];
    let at = end;
    for (const i of [...order].reverse()) {
      at -= sizes[i];
      pointers[i] = at;
      at -= 3 * size;
    }
    return pointers;
  };

  const all = sizes.map((_, i) => i);
  // Aligned to vectors, and away from the end.
  const expected = run(pack(all).map((pointer, i) => (pointer & ~15) - 64 * (all.length - i)));
  for (const last of all) {
    const actual = run(pack([...all.filter((i) => i !== last), last]));
    if (!equal(actual, expected)) assert.fail(`${what}: other results at the end of the memory`);
  }
  for (let i = 0; i < inputs.length; i++) {
    const pointers = pack([...all.filter((k) => k !== i), i]);
    pointers[inputs.length] = pointers[i]; // the result begins where input i does
    if (!equal(run(pointers), expected)) assert.fail(`${what}: other results over input ${i}`);
  }
}

const CANARY = new Uint8Array(2 ** 17).map((_, i) => (i * 37 + 11) & 0xff);

const tensors = new Map<string, FloatArray[]>();

function tensorsOf(operation: Operation, format: Format, length: number, layout: Layout): FloatArray[] {
  const key = [operation.name, format, length, layout.outer, layout.inner].join();
  let arrays = tensors.get(key);
  if (!arrays) {
    const rows = createRows(operation, createRandom(length), format, length, 5);
    arrays = rows[0].map((_, input) => {
      const tensor = createArray(format, layout.outer * length * layout.inner);
      place(
        rows.map((row) => row[input]),
        layout,
        tensor,
      );
      return tensor;
    });
    tensors.set(key, arrays);
  }
  return arrays;
}

function viewOf(buffer: ArrayBufferLike, format: Format, pointer: number, length: number): FloatArray {
  const array =
    format === 'float32' ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
  return array as FloatArray;
}

function equal(a: FloatArray, b: FloatArray): boolean {
  return a.every((x, i) => Object.is(x, b[i]));
}
