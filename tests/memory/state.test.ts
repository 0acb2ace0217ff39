// The kernels keep what they work with at fixed places; nothing of it may reach the next call. Nor may an error.

import { assert, describe, expect, test } from 'vitest';
import type { Engine, FloatArray, ScaledOptions } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { onEachBuild } from '../tools/builds.ts';
import { createRandom } from '../tools/inputs.ts';
import { kernelOf, rowKernels, takesInner } from '../tools/kernels.ts';
import {
  call,
  createRows,
  derivatives,
  formats,
  operationOf,
  operations,
  sameBits,
  textOf,
} from '../tools/operations.ts';

interface Call {
  readonly text: string;
  run(engine: Engine): FloatArray;
}

const random = createRandom(5);

const products = derivatives.filter(({ rank }) => rank === undefined);

/** Every operation in both types, with short and long rows, rows and columns, scaled and not, at both limits. */
const unary: Call[] = formats.flatMap((format) =>
  [...operations, ...products].flatMap((operation) =>
    [3, 40, 300].flatMap((length) => {
      const row = createRows(operation, random, format, length * 18, random.below(8) + 1).at(-1)!;
      const scalings: ScaledOptions[] =
        operation.scales.length > 0 ? [{}, { temperature: 0.3 }, { temperature: 0 }, { temperature: Infinity }] : [{}];
      return scalings.flatMap((scaling) =>
        [
          { shape: [18, length], axis: 1 },
          { shape: [length, 18], axis: 0 },
        ].map((extent) => {
          const options = { ...scaling, ...extent };
          return {
            text: `${operation.name} ${format}, ${textOf(options)}`,
            run: (engine: Engine) => call<FloatArray>(engine, operation, row, options),
          };
        }),
      );
    }),
  ),
);

const losses: Call[] = formats.flatMap((format) =>
  [3, 40, 300].flatMap((length) => {
    const logits = createRows(operationOf('softmax'), random, format, length * 18, 1)[0][0];
    const labels = Int32Array.from({ length: 18 }, () => random.below(length));
    return [{}, { labelSmoothing: 0.2 }, { temperature: 0.3 }, { temperature: 0.7, labelSmoothing: 0.1 }].flatMap(
      (more) =>
        [
          { shape: [18, length], axis: 1 },
          { shape: [length, 18], axis: 0 },
        ].map((extent) => {
          const options = { ...more, ...extent };
          return {
            text: `crossEntropyWithGradient ${format}, ${textOf(options)}`,
            run: (engine: Engine) => engine.crossEntropyWithGradient(logits, labels, options).gradient as FloatArray,
          };
        }),
    );
  }),
);

const calls = [...unary, ...losses];

onEachBackend((_, create) => {
  test('no call depends on the one before', () => {
    const fresh = calls.map((one) => one.run(create()));
    const engine = create();
    for (let i = 0; i < 2000; i++) {
      const [before, after] = [random.below(calls.length), random.below(calls.length)];
      calls[before].run(engine);
      if (!sameBits(calls[after].run(engine), fresh[after]))
        assert.fail(`${calls[after].text} after ${calls[before].text}`);
    }
  });

  describe('after an error', () => {
    const wrong: [string, (engine: Engine) => unknown][] = [
      ['of type', (engine) => engine.softmax('abc' as never)],
      ['of shape', (engine) => engine.softmax(new Float32Array(6), { shape: [4] })],
      ['of axis', (engine) => engine.logSumExp(new Float32Array(6), { axis: 1 })],
      ['of options', (engine) => engine.logSoftmax(new Float32Array(6), { temperature: -1 })],
      ['of out', (engine) => engine.softmax(new Float32Array(6), { out: new Float32Array(5) })],
      ['of the second input', (engine) => engine.softmaxBackward(new Float32Array(6), new Float32Array(5))],
      ['of an empty axis', (engine) => engine.hardmax(new Float32Array(0))],
      ['of allocation', (engine) => engine.allocate('float32', -1)],
    ];

    test.each(wrong)('%s, everything works as before', (_, fail) => {
      const engine = create();
      const buffer = engine.allocate('float32', 4);
      buffer.array.set([1, 2, 3, 4]);
      const before = calls.map((one) => one.run(engine));
      expect(() => fail(engine)).toThrow();
      expect([...buffer.array]).toEqual([1, 2, 3, 4]);
      calls.forEach((one, i) => {
        if (!sameBits(one.run(engine), before[i])) assert.fail(one.text);
      });
    });
  });
});

onEachBuild((create) => {
  test('a kernel that trapped works again', () => {
    const abi = create();
    const end = abi.memory.buffer.byteLength;
    const kernels = [
      ...operations.map((operation) => ({ operation, name: operation.kernel as string })),
      ...derivatives.flatMap((operation) => {
        const name = rowKernels[operation.name];
        return name === undefined ? [] : [{ operation, name }];
      }),
    ];
    for (const format of formats) {
      const size = format === 'float32' ? 4 : 8;
      for (const { operation, name } of kernels) {
        const kernel = kernelOf(abi, name, format);
        const extents = [
          [1, 50, 1],
          [20, 5, 1],
          [1, 20, 20],
        ].filter(([, , inner]) => inner === 1 || takesInner(name, format));
        for (const [outer, length, inner] of extents) {
          const count = outer * length * inner;
          const row = createRows(operation, createRandom(length), format, count, 1)[0];
          const pointers = [...row, row[0]].map((_, i) => end - 8192 * (i + 1));
          const load = () => {
            row.forEach((input, i) => {
              new Uint8Array(abi.memory.buffer).set(new Uint8Array(input.buffer), pointers[i]);
            });
          };
          const result = () => {
            load();
            kernel(pointers, outer, length, inner);
            return new Uint8Array(abi.memory.buffer, pointers.at(-1), count * size).slice();
          };
          const expected = result();
          const outside = pointers.map((pointer, i) => (i === 0 ? end - size * (count - 1) : pointer));
          expect(() => kernel(outside, outer, length, inner), name).toThrow(WebAssembly.RuntimeError);
          expect(result(), name).toEqual(expected);
        }
      }
    }
  });
});
