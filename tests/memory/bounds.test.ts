// Kernels read and write their arrays and nothing else. Each array in turn ends where the memory ends, so that one element too far
// traps; and every byte from heap_base on that is not a result is the same after the call.

import { assert, describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import type { Abi } from '../../src/wasm/abi.ts';
import { onEachBuild } from '../tools/builds.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { exportOf, kernelOf, rowKernels, takesInner } from '../tools/kernels.ts';
import {
  bytesOf,
  createArray,
  createRows,
  derivatives,
  formats,
  type Layout,
  operations,
  place,
  type RowOperation,
  sameBits,
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

type AnyArray = FloatArray | Int32Array;

/** A call of a kernel: what it reads and what it writes. */
interface Call {
  readonly what: string;
  readonly inputs: readonly AnyArray[];
  /** As long as what is written; what they hold is written before the call where the kernel adds to it. */
  readonly results: readonly FloatArray[];
  readonly adds?: boolean;
  /** The inputs where the first result may begin. */
  readonly over: readonly number[];
  /** Pointers of the inputs, then of the results. */
  run(abi: Abi, pointers: readonly number[]): void;
}

/** Kernels that have an operation. */
const known: [RowOperation, string][] = [
  ...operations.filter(({ name }) => name !== 'softmin').map((one): [RowOperation, string] => [one, one.kernel]),
  ...derivatives.flatMap((one): [RowOperation, string][] => {
    const kernel = rowKernels[one.name];
    return kernel === undefined ? [] : [[one, kernel]];
  }),
];

function* callsOf(operation: RowOperation, kernel: string, format: Format, lengths = LENGTHS): Generator<Call> {
  const scales = operation.scales.length === 0 ? [1] : operation.inputs > 1 ? [1, -0.7] : [1, -0.7, Infinity];
  for (const length of lengths) {
    for (const layout of layouts) {
      const { outer, inner } = layout;
      if (inner > 1 && !takesInner(kernel, format)) continue;
      const inputs = tensorsOf(operation, format, length, layout);
      const results = [createArray(format, operation.reduces ? outer * inner : outer * length * inner)];
      for (const scale of scales) {
        yield {
          what: `${kernel}, outer ${outer}, length ${length}, inner ${inner}, scale ${scale}`,
          inputs,
          results,
          over: inputs.map((_, i) => i),
          run: (abi, pointers) => kernelOf(abi, kernel, format)(pointers, outer, length, inner, scale),
        };
      }
    }
  }
}

/** Labels, targets or both, per row or one for all, with the gradient and without. */
function* crossEntropyCalls(format: Format, lengths = LENGTHS): Generator<Call> {
  for (const length of lengths) {
    for (const rows of [1, 3]) {
      const random = createRandom(length);
      const logits = normalRow(random, format, { length: rows * length, masked: 0.1 });
      const labels = Int32Array.from({ length: rows }, (_, n) => (n === 1 ? -1 : random.below(length)));
      const targets = createArray(format, rows * length).map(() => random.uniform());
      const perRow = () => new Float64Array(rows).map(() => random.uniform());
      const [coefficients, factors] = [perRow(), perRow()];
      const none = undefined;
      const variants = [
        { targets: none, labels, coefficients },
        { targets: none, labels, coefficients: none },
        { targets, labels: none, coefficients: none },
        { targets: targets.subarray(0, length), labels, coefficients },
      ];
      for (const variant of variants) {
        for (const scale of [1, 0.7]) {
          for (const hasGradient of [true, false]) {
            const given = [logits, variant.targets, variant.labels, variant.coefficients, hasGradient ? factors : none];
            const inputs = given.filter((array) => array !== none);
            const losses = new Float64Array(rows);
            const gradient = createArray(format, rows * length);
            const stride = variant.targets?.length === rows * length ? length * logits.BYTES_PER_ELEMENT : 0;
            yield {
              what: `cross_entropy, rows ${rows}, length ${length}, scale ${scale}, ${inputs.length} inputs, gradient ${hasGradient}`,
              inputs,
              results: hasGradient ? [gradient, losses] : [losses],
              over: hasGradient ? [0] : [],
              run(abi, pointers) {
                const left = [...pointers];
                const [x, t, y, c, f] = given.map((array) => (array === none ? 0 : left.shift()!));
                const [g, l] = hasGradient ? left : [0, left[0]];
                exportOf(abi, 'cross_entropy', format)(x, g, t, stride, y, c, f, l, rows, length, scale);
              },
            };
          }
        }
      }
    }
  }
}

/** Both ways of reading A, and C replaced or added to. */
function* matmulCalls(format: Format, sizes = [1, 2, 3, 4, 5, 7, 8, 9, 17]): Generator<Call> {
  for (const m of sizes) {
    for (const n of sizes) {
      for (const k of [1, 3, 8]) {
        const random = createRandom(m * 100 + n);
        const inputs = [m * k, k * n].map((length) => normalRow(random, format, { length }));
        const results = [normalRow(random, format, { length: m * n })];
        const size = inputs[0].BYTES_PER_ELEMENT;
        for (const [row, column] of [
          [k, 1],
          [1, m],
        ]) {
          for (const adds of [false, true]) {
            yield {
              what: `matmul, ${m} × ${k} × ${n}, strides ${row} and ${column}, accumulate ${adds}`,
              inputs,
              results,
              adds,
              over: [],
              run: (abi, [a, b, c]) =>
                exportOf(abi, 'matmul', format)(a, row * size, column * size, b, c, m, n, k, adds ? 1 : 0),
            };
          }
        }
      }
    }
  }
}

function* transposeCalls(format: Format, sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17]): Generator<Call> {
  for (const rows of sizes) {
    for (const columns of sizes) {
      yield {
        what: `transpose, ${rows} × ${columns}`,
        inputs: [normalRow(createRandom(rows), format, { length: rows * columns })],
        results: [createArray(format, rows * columns)],
        over: [],
        run: (abi, [x, y]) => exportOf(abi, 'transpose', format)(x, y, rows, columns),
      };
    }
  }
}

const kernels: [string, (format: Format, sizes?: number[]) => Generator<Call>][] = [
  ...known.map(([operation, kernel]): (typeof kernels)[number] => [
    kernel,
    (format, lengths) => callsOf(operation, kernel, format, lengths),
  ]),
  ['cross_entropy', crossEntropyCalls],
  ['matmul', matmulCalls],
  ['transpose', transposeCalls],
];

onEachBuild((create) => {
  describe.each(formats)('%s', (format) => {
    test.each(kernels)('%s', (_, calls) => {
      const abi = create();
      for (const call of calls(format)) check(abi, call);
    });

    test.each(kernels)('%s: one element too far traps', (_, calls) => {
      const abi = create();
      for (const call of calls(format, [7])) checkTraps(abi, call);
    });
  });
});

/** The arrays one after the other, the last of `order` at the end of the memory, each a few elements from its neighbour. */
function pack(abi: Abi, arrays: readonly AnyArray[], order: readonly number[]): number[] {
  const pointers: number[] = [];
  let at = abi.memory.buffer.byteLength;
  for (const i of [...order].reverse()) {
    const { byteLength, BYTES_PER_ELEMENT: size } = arrays[i];
    at = Math.floor((at - byteLength) / size) * size;
    pointers[i] = at;
    at -= 3 * size;
  }
  return pointers;
}

function check(abi: Abi, call: Call): void {
  const { what, inputs, results, over } = call;
  const { buffer } = abi.memory;
  const heap = abi.heap_base.value;
  const arrays = [...inputs, ...results];

  const run = (pointers: readonly number[]): Uint8Array[] => {
    const memory = new Uint8Array(buffer, heap);
    memory.set(CANARY.subarray(0, memory.length));
    for (const [i, array] of (call.adds ? arrays : inputs).entries()) memory.set(bytesOf(array), pointers[i] - heap);
    const before = memory.slice();
    call.run(abi, pointers);
    const outputs = results.map(({ byteLength }, i) => new Uint8Array(buffer, pointers[inputs.length + i], byteLength));
    for (const output of outputs) before.set(output, output.byteOffset - heap);
    if (!sameBits(before, memory))
      assert.fail(`${what}: byte ${memory.findIndex((byte, i) => byte !== before[i])} outside is changed`);
    return outputs.map((output) => output.slice());
  };
  const expectSame = (pointers: readonly number[], where: string): void => {
    if (!run(pointers).every((output, i) => sameBits(output, expected[i])))
      assert.fail(`${what}: other results ${where}`);
  };

  const all = arrays.map((_, i) => i);
  // Aligned to vectors, and away from the end.
  const expected = run(pack(abi, arrays, all).map((pointer, i) => (pointer & ~15) - 64 * (all.length - i)));
  for (const last of all) {
    expectSame(pack(abi, arrays, [...all.filter((i) => i !== last), last]), 'at the end of the memory');
  }
  for (const i of over) {
    const pointers = pack(abi, arrays, [...all.filter((k) => k !== i), i]);
    pointers[inputs.length] = pointers[i];
    expectSame(pointers, `over input ${i}`);
  }
}

/** Each array in turn has its last element behind the end of the memory. */
function checkTraps(abi: Abi, call: Call): void {
  const arrays = [...call.inputs, ...call.results];
  const all = arrays.map((_, i) => i);
  for (const far of all) {
    const pointers = pack(abi, arrays, [...all.filter((i) => i !== far), far]);
    const memory = new Uint8Array(abi.memory.buffer);
    arrays.forEach((array, i) => {
      memory.set(bytesOf(array), pointers[i]);
    });
    call.run(abi, pointers);
    const size = arrays[far].BYTES_PER_ELEMENT;
    pointers[far] += size;
    memory.set(bytesOf(arrays[far]).subarray(0, -size), pointers[far]);
    expect(() => call.run(abi, pointers), `array ${far} of ${call.what}`).toThrow(WebAssembly.RuntimeError);
  }
}

const CANARY = new Uint8Array(2 ** 17).map((_, i) => (i * 37 + 11) & 0xff);

const tensors = new Map<string, FloatArray[]>();

function tensorsOf(operation: RowOperation, format: Format, length: number, layout: Layout): FloatArray[] {
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
