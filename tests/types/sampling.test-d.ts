// The public types of sampling: what comes back for what goes in, and what does not compile. Checked by the compiler, never run.

import { expectTypeOf, test } from 'vitest';
import {
  createSampler,
  type Engine,
  multinomial,
  type Sampler,
  sample,
  topK,
  type WasmBuffer,
} from '../../src/index.ts';
import * as reference from '../../src/reference.ts';

declare const f32: Float32Array;
declare const f64: Float64Array;
declare const i32: Int32Array;
declare const buffer32: WasmBuffer<Float32Array>;
declare const buffer64: WasmBuffer<Float64Array>;
declare const engine: Engine;
declare const sampler: Sampler;

test('tokens are integers, whatever came', () => {
  expectTypeOf(sample(f32)).toEqualTypeOf<Int32Array>();
  expectTypeOf(
    sample(buffer64, { shape: [2, 3], temperature: 0.7, topK: 2, topP: 1, minP: 0 }),
  ).toEqualTypeOf<Int32Array>();
  expectTypeOf(sample([[1, 2]], { seed: 1, count: 2 })).toEqualTypeOf<Int32Array>();
  expectTypeOf(multinomial(f64, { seed: 1, count: 2, replacement: false })).toEqualTypeOf<Int32Array>();
  expectTypeOf(multinomial([[1, 2]])).toEqualTypeOf<Int32Array>();
});

test('topK: values of the type that came; plain arrays for plain arrays', () => {
  expectTypeOf(topK(f32, 2)).toEqualTypeOf<{ values: Float32Array; indices: Int32Array }>();
  expectTypeOf(topK(buffer64, 2).values).toEqualTypeOf<Float64Array>();
  expectTypeOf(topK(buffer32, 2).indices).toEqualTypeOf<Int32Array>();
  expectTypeOf(topK([1, 2], 1)).toEqualTypeOf<{ values: number[]; indices: number[] }>();
  expectTypeOf(topK([[1, 2]], 1, { shape: [1, 2] }).indices).toEqualTypeOf<number[][]>();
});

test('samplers', () => {
  expectTypeOf(createSampler()).toEqualTypeOf<Sampler>();
  expectTypeOf(
    createSampler({ topK: 5, repetitionPenalty: 1.1, frequencyPenalty: 0, presencePenalty: 0, seed: 1 }),
  ).toEqualTypeOf<Sampler>();
  expectTypeOf(sampler.next(f32)).toEqualTypeOf<number>();
  expectTypeOf(sampler.next([1, 2], { history: i32, logitBias: { 1: -Infinity } })).toEqualTypeOf<number>();
  expectTypeOf(sampler.next(buffer32, { history: [1], logitBias: new Map([[1, 2]]) })).toEqualTypeOf<number>();
  expectTypeOf(sampler.lastLogProbability).toEqualTypeOf<number>();
  expectTypeOf(sampler.reset(1)).toEqualTypeOf<void>();
});

test('the reference and an engine have the same functions', () => {
  expectTypeOf(reference.sample).toEqualTypeOf<typeof sample>();
  expectTypeOf(reference.multinomial).toEqualTypeOf<typeof multinomial>();
  expectTypeOf(reference.topK).toEqualTypeOf<typeof topK>();
  expectTypeOf(engine.createSampler).toEqualTypeOf<typeof createSampler>();
  expectTypeOf(engine.topK).toEqualTypeOf<typeof topK>();
});

test('what does not compile', () => {
  // @ts-expect-error integers are not logits
  sample(i32);
  // @ts-expect-error an option that is misspelt
  sample(f32, { top_k: 1 });
  // @ts-expect-error rows are the last axis
  sample(f32, { axis: 0 });
  // @ts-expect-error penalties need a history
  sample(f32, { repetitionPenalty: 2 });
  // @ts-expect-error a seed of text
  sample(f32, { seed: 'a' });
  // @ts-expect-error weights have no temperature
  multinomial(f32, { temperature: 1 });
  // @ts-expect-error k is missing
  topK(f32);
  // @ts-expect-error nothing is written to out
  topK(f32, 1, { out: f32 });
  // @ts-expect-error a sampler draws once at a time
  createSampler({ count: 2 });
  // @ts-expect-error the filters are the sampler's
  sampler.next(f32, { topK: 2 });
  // @ts-expect-error it is read only
  sampler.lastLogProbability = 0;
});
