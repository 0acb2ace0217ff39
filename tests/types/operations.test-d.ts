// The public types: what comes back for what goes in, and what does not compile. Checked by the compiler, never run.

import { describe, expectTypeOf, test } from 'vitest';
import {
  type Backend,
  createEngine,
  createEngineSync,
  type Engine,
  type FloatArray,
  getDefaultEngine,
  hardmax,
  type Input,
  logSoftmax,
  logSoftmaxBackward,
  logSumExp,
  setDefaultEngine,
  softmax,
  softmaxBackward,
  softmin,
  type WasmBuffer,
} from '../../src/index.ts';
import * as reference from '../../src/reference.ts';

declare const f32: Float32Array;
declare const f64: Float64Array;
declare const buffer32: WasmBuffer<Float32Array>;
declare const buffer64: WasmBuffer<Float64Array>;
declare const engine: Engine;

describe('what comes back', () => {
  test('the type that came, for typed arrays', () => {
    expectTypeOf(softmax(f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmax(f64)).toEqualTypeOf<Float64Array>();
    expectTypeOf(logSoftmax(f32, { shape: [3, 4], axis: 0 })).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmin(f64, { temperature: 2 })).toEqualTypeOf<Float64Array>();
    expectTypeOf(hardmax(f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(logSumExp(f32)).toEqualTypeOf<Float32Array>();
  });

  test('plain arrays of the depth that came; one less for log-sum-exp, but for a vector', () => {
    expectTypeOf(softmax([1, 2])).toEqualTypeOf<number[]>();
    expectTypeOf(softmax([[1], [2]])).toEqualTypeOf<number[][]>();
    expectTypeOf(softmax([[[1]], [[2]]])).toEqualTypeOf<number[][][]>();
    expectTypeOf(logSumExp([1, 2])).toEqualTypeOf<number[]>();
    expectTypeOf(logSumExp([[1], [2]])).toEqualTypeOf<number[]>();
    expectTypeOf(logSumExp([[[1]], [[2]]])).toEqualTypeOf<number[][]>();
    expectTypeOf(softmax([1, 2] as const)).toEqualTypeOf<number[]>();
  });

  test('a plain array for a buffer', () => {
    expectTypeOf(softmax(buffer32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(logSumExp(buffer64)).toEqualTypeOf<Float64Array>();
  });

  test('`out`, where one is given', () => {
    expectTypeOf(softmax(f32, { out: f32 })).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmax(f32, { out: buffer32 })).toEqualTypeOf<WasmBuffer<Float32Array>>();
    expectTypeOf(softmax(buffer64, { out: f64 })).toEqualTypeOf<Float64Array>();
    expectTypeOf(softmax([1, 2], { out: f64 })).toEqualTypeOf<Float64Array>();
    expectTypeOf(logSumExp(f32, { out: f32, temperature: 2 })).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmaxBackward(f32, f32, { out: buffer32 })).toEqualTypeOf<WasmBuffer<Float32Array>>();
  });

  test('the type of gradOutput, for gradients', () => {
    expectTypeOf(softmaxBackward(f32, f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(logSoftmaxBackward([[1]], [[0]], { base: 2 })).toEqualTypeOf<number[][]>();
  });

  test('one of several, where it is not known which came', () => {
    expectTypeOf<FloatArray>().toExtend<Input>();
    expectTypeOf(softmax(f32 as FloatArray)).toEqualTypeOf<FloatArray>();
  });
});

test('the reference and an engine have the same functions', () => {
  expectTypeOf(reference.softmax).toEqualTypeOf<typeof softmax>();
  expectTypeOf(reference.logSumExp).toEqualTypeOf<typeof logSumExp>();
  expectTypeOf(reference.logSoftmaxBackward).toEqualTypeOf<typeof logSoftmaxBackward>();
  expectTypeOf(engine.softmax).toEqualTypeOf<typeof softmax>();
  expectTypeOf(engine.hardmax).toEqualTypeOf<typeof hardmax>();
  expectTypeOf(engine.softmaxBackward).toEqualTypeOf<typeof softmaxBackward>();
});

test('engines', () => {
  expectTypeOf(createEngine({ backend: 'auto' })).toEqualTypeOf<Promise<Engine>>();
  expectTypeOf(createEngineSync({ maxMemoryBytes: 1 })).toEqualTypeOf<Engine>();
  expectTypeOf(getDefaultEngine()).toEqualTypeOf<Engine>();
  expectTypeOf(setDefaultEngine(engine)).toEqualTypeOf<void>();
  expectTypeOf(engine.backend).toEqualTypeOf<Backend>();
  expectTypeOf<Backend>().toEqualTypeOf<'relaxed' | 'simd' | 'js'>();
  expectTypeOf(engine.allocate('float32', 3)).toEqualTypeOf<WasmBuffer<Float32Array>>();
  expectTypeOf(engine.allocate('float64', 3).array).toEqualTypeOf<Float64Array>();
  expectTypeOf(buffer32[Symbol.dispose]).toEqualTypeOf<() => void>();
});

test('what does not compile', () => {
  // @ts-expect-error integers are not logits
  softmax(new Int32Array(2));
  // @ts-expect-error nor are strings
  softmax('12');
  // @ts-expect-error nor numbers
  softmax(1);
  // @ts-expect-error an option that is misspelt
  softmax(f32, { temprature: 1 });
  // @ts-expect-error hardmax has no temperature
  hardmax(f32, { temperature: 1 });
  // @ts-expect-error log-sum-exp has no base
  logSumExp(f32, { base: 2 });
  // @ts-expect-error out of another type
  softmax(f32, { out: f64 });
  // @ts-expect-error out of another type, in wasm memory
  softmax(f64, { out: buffer32 });
  // @ts-expect-error plain arrays are float64
  softmax([1, 2], { out: f32 });
  // @ts-expect-error out is never a plain array
  softmax(f32, { out: [1] });
  // @ts-expect-error the output is missing
  softmaxBackward(f32);
  // @ts-expect-error a backend that there is not
  createEngineSync({ backend: 'gpu' });
  // @ts-expect-error a type that there is not
  engine.allocate('int8', 1);
  // @ts-expect-error the backend of an engine is fixed
  engine.backend = 'js';
  // @ts-expect-error so is the length of a buffer
  buffer32.length = 3;
});
