// A row gives the same bits alone and in any batch, contiguous and in columns, at any place in memory, whole and in chunks. The rows
// are of every kind, so that each lane of the kernels meets each of their special ways beside each other: near and far maxima, peaked
// and flat sums, NaN, −∞.

import { assert, describe, test } from 'vitest';
import type { Engine, FloatArray, ScaledOptions } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom } from '../tools/inputs.ts';
import {
  call,
  createArray,
  createRows,
  derivatives,
  formats,
  type Layout,
  operations,
  place,
  type RowOperation,
  sameBits,
  shapeOf,
  textOf,
} from '../tools/operations.ts';
import type { Format } from '../tools/ulp.ts';

const PAGE = 65536;
const SIZES = [1, 3, 4, 16, 17, 64];

/** Every tail of the vectors; both sides of the lengths at which the kernels change their ways; several of their blocks. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 16, 19, 31, 32, 33, 63, 64, 67, 128, 129, 256, 257, 1000];

/** The longest row, by the axes of its length that the result has: of the longest, but one matrix fits in little memory. */
const LONGEST = { 1: 1000, 2: 67, 3: 19 };

const batches: Layout[] = SIZES.flatMap((size) => [
  { outer: size, inner: 1 },
  { outer: 1, inner: size },
  { outer: 3, inner: Math.min(size, 17) },
]);

const questions = new Map<string, FloatArray[][]>(); // the same for every backend, scaling and operation with such inputs

function rowsOf(operation: RowOperation, format: Format, length: number): FloatArray[][] {
  const key = `${operation.of} ${operation.inputs} ${format} ${length}`;
  const rows = questions.get(key) ?? createQuestion(operation, format, length);
  questions.set(key, rows);
  return rows;
}

/** Rows of every kind, in a shuffled order, every eighth of them spoilt. */
function createQuestion(operation: RowOperation, format: Format, length: number): FloatArray[][] {
  const random = createRandom(length);
  const rows = createRows(operation, random, format, length, 64);
  for (let i = rows.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [rows[i], rows[other]] = [rows[other], rows[i]];
  }
  for (let i = 0; i < rows.length; i += 8) rows[i][0][random.below(length)] = NaN;
  if (!operation.of) rows[4][0].fill(-Infinity);
  return rows;
}

onEachBackend((backend, create) => {
  if (backend === 'js') return; // row by row, with no memory of its own
  const large = create();
  const small = create({ maxMemoryBytes: 3 * PAGE }); // of which the kernels and small calls take one

  describe.each(formats)('%s', (format) => {
    for (const operation of [...operations, ...derivatives]) {
      const lengths = LENGTHS.filter((length) => length <= LONGEST[operation.rank ?? 1]);
      const scalings: ScaledOptions[] = operation.scales.length > 0 ? [{}, { temperature: 0.7 }] : [{}];
      test.each(scalings)(`${operation.name} %o`, (options) => {
        for (const length of lengths) check(operation, format, length, options);
      });
    }
  });

  function check(operation: RowOperation, format: Format, length: number, options: ScaledOptions): void {
    const rows = rowsOf(operation, format, length);
    const alone = rows.map((row) => call<FloatArray>(large, operation, row, options));
    for (const layout of batches) {
      const slices = layout.outer * layout.inner;
      for (const first of slices < rows.length ? [0, 7] : [0]) {
        const batch = Array.from({ length: slices }, (_, i) => (first + i) % rows.length);
        const inputs = rows[0].map((_, input) => {
          const tensor = createArray(format, slices * length);
          place(
            batch.map((i) => rows[i][input]),
            layout,
            tensor,
          );
          return tensor;
        });
        const expected = createArray(format, slices * alone[0].length);
        const results = batch.map((i) => alone[i]);
        if (operation.rank) for (const [i, result] of results.entries()) expected.set(result, i * result.length);
        else place(results, layout, expected);
        const settings = { ...options, ...shapeOf(layout, length) };
        const same = (where: string, result: FloatArray) => {
          if (sameBits(result, expected)) return;
          const at = result.findIndex((y, i) => !Object.is(y, expected[i]));
          assert.fail(
            `${operation.name} ${where}, ${textOf(settings)}: [${at}] is ${result[at]}, alone ${expected[at]}`,
          );
        };
        same('in a batch', call(large, operation, inputs, settings));
        same('in little memory', call(small, operation, inputs, settings));
        if (!operation.reduces && !operation.rank) same('in place', inPlace(large, operation, inputs, settings));
        same('in wasm memory', resident(large, operation, inputs, settings, expected.length, first % 4));
      }
    }
  }
});

/** Over a copy of each input in turn, of which the last is the result. */
function inPlace(engine: Engine, operation: RowOperation, inputs: FloatArray[], options: ScaledOptions): FloatArray {
  const results = inputs.map((_, i) => {
    const copies = inputs.map((input) => input.slice());
    return call<FloatArray>(engine, operation, copies, { ...options, out: copies[i] });
  });
  for (const result of results) if (!sameBits(result, results[0])) return result;
  return results[0];
}

/** Everything in wasm memory, `offset` elements from where a block begins. */
function resident(
  engine: Engine,
  operation: RowOperation,
  inputs: FloatArray[],
  options: ScaledOptions,
  count: number,
  offset: number,
): FloatArray {
  const format = inputs[0] instanceof Float32Array ? 'float32' : 'float64';
  const buffers = [...inputs, { length: count }].map(({ length }) => engine.allocate(format, length + offset));
  const views = buffers.map(({ array }) => array.subarray(offset));
  for (const [i, input] of inputs.entries()) views[i].set(input);
  const result = call<FloatArray>(engine, operation, views.slice(0, -1), {
    ...options,
    out: views[inputs.length],
  }).slice();
  for (const buffer of buffers) buffer.free();
  return result;
}
