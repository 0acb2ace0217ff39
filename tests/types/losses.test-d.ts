// The public types of derivatives and losses: what comes back for what goes in, and what does not compile. Checked by the compiler,
// never run.

import { describe, expectTypeOf, test } from 'vitest';
import {
  crossEntropy,
  crossEntropyHvp,
  crossEntropyWithGradient,
  type Engine,
  type GradCheckResult,
  gradCheck,
  type LossReduction,
  linearCrossEntropy,
  logSoftmaxHvp,
  logSoftmaxJacobian,
  logSoftmaxJvp,
  nllLoss,
  nllLossWithGradient,
  softmaxHessian,
  softmaxHvp,
  softmaxJacobian,
  softmaxJvp,
  type WasmBuffer,
} from '../../src/index.ts';
import * as reference from '../../src/reference.ts';

declare const f32: Float32Array;
declare const f64: Float64Array;
declare const i32: Int32Array;
declare const buffer32: WasmBuffer<Float32Array>;
declare const engine: Engine;
declare const reduction: LossReduction;

describe('derivatives', () => {
  test('the type of the first argument', () => {
    expectTypeOf(softmaxJvp(f32, f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(logSoftmaxJvp([[1]], [[0]], { base: 2 })).toEqualTypeOf<number[][]>();
    expectTypeOf(softmaxHvp(f64, f64, f64, { temperature: 2 })).toEqualTypeOf<Float64Array>();
    expectTypeOf(logSoftmaxHvp(buffer32, f32, f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmaxHvp(f32, f32, f32, { out: buffer32 })).toEqualTypeOf<WasmBuffer<Float32Array>>();
    expectTypeOf(crossEntropyHvp(f32, f32, { reduction: 'sum' })).toEqualTypeOf<Float32Array>();
    expectTypeOf(crossEntropyHvp(f32, f32, { out: f32 })).toEqualTypeOf<Float32Array>();
  });

  test('one or two levels more for matrices of plain arrays, none for flat ones with a shape', () => {
    expectTypeOf(softmaxJacobian(f32)).toEqualTypeOf<Float32Array>();
    expectTypeOf(softmaxJacobian([1, 2])).toEqualTypeOf<number[][]>();
    expectTypeOf(logSoftmaxJacobian([[1, 2]], { axis: 0 })).toEqualTypeOf<number[][][]>();
    expectTypeOf(softmaxHessian([1, 2])).toEqualTypeOf<number[][][]>();
    expectTypeOf(softmaxHessian(f64, { shape: [1, 2] })).toEqualTypeOf<Float64Array>();
    expectTypeOf(softmaxJacobian([1, 2], { shape: [1, 2] })).toEqualTypeOf<number[]>();
    expectTypeOf(softmaxJacobian([[1, 2]], { shape: [1, 2] })).toEqualTypeOf<number[][][]>();
    expectTypeOf(softmaxJacobian([1], { out: f64 })).toEqualTypeOf<Float64Array>();
  });
});

describe('losses', () => {
  test('a number, or an array for none', () => {
    expectTypeOf(crossEntropy(f32, i32)).toEqualTypeOf<number>();
    expectTypeOf(crossEntropy(f32, f64, { reduction: 'sum', labelSmoothing: 0.1 })).toEqualTypeOf<number>();
    expectTypeOf(crossEntropy(f32, [1], { reduction: 'none' })).toEqualTypeOf<Float32Array>();
    expectTypeOf(crossEntropy([[1]], [1], { reduction: 'none' })).toEqualTypeOf<number[]>();
    expectTypeOf(nllLoss([[[1]]], [[1]], { reduction: 'none' })).toEqualTypeOf<number[][]>();
    expectTypeOf(nllLoss(f64, i32, { reduction })).toEqualTypeOf<number | Float64Array>();
  });

  test('and the gradient', () => {
    const { loss, gradient } = crossEntropyWithGradient(f32, i32);
    expectTypeOf(loss).toEqualTypeOf<number>();
    expectTypeOf(gradient).toEqualTypeOf<Float32Array>();
    const rows = crossEntropyWithGradient(f32, f32, { reduction: 'none', gradOutput: f32 });
    expectTypeOf(rows.loss).toEqualTypeOf<Float32Array>();
    expectTypeOf(crossEntropyWithGradient(f32, i32, { out: buffer32 }).gradient).toEqualTypeOf<
      WasmBuffer<Float32Array>
    >();
    const placed = nllLossWithGradient(f64, i32, { reduction: 'none', out: f64 });
    expectTypeOf(placed.loss).toEqualTypeOf<Float64Array>();
    expectTypeOf(placed.gradient).toEqualTypeOf<Float64Array>();
    expectTypeOf(nllLossWithGradient([[1]], [0]).gradient).toEqualTypeOf<number[][]>();
  });

  test('of a linear layer', () => {
    const sizes = { batch: 1, inFeatures: 1, classes: 2 };
    const typed = linearCrossEntropy({ features: f32, weight: f32, targets: i32, ...sizes });
    expectTypeOf(typed.loss).toEqualTypeOf<number>();
    expectTypeOf(typed.gradWeight).toEqualTypeOf<Float32Array>();
    const plain = linearCrossEntropy({
      features: [[1]],
      weight: [[1], [2]],
      targets: [0],
      reduction: 'none',
      ...sizes,
    });
    expectTypeOf(plain.loss).toEqualTypeOf<number[]>();
    expectTypeOf(plain.gradWeight).toEqualTypeOf<number[][]>();
    expectTypeOf(plain.gradBias).toEqualTypeOf<number[]>();
    expectTypeOf(plain.gradFeatures).toEqualTypeOf<number[][]>();
  });
});

test('gradCheck', () => {
  const forward = (x: Float64Array) => x[0];
  expectTypeOf(gradCheck({ forward, backward: () => [1], input: f32 })).toEqualTypeOf<GradCheckResult>();
  expectTypeOf(gradCheck({ forward: (x) => x, backward: (_, g) => g, input: [1] }).passed).toEqualTypeOf<boolean>();
});

test('the reference and an engine have the same functions', () => {
  expectTypeOf(reference.softmaxHessian).toEqualTypeOf<typeof softmaxHessian>();
  expectTypeOf(reference.linearCrossEntropy).toEqualTypeOf<typeof linearCrossEntropy>();
  expectTypeOf(engine.crossEntropyWithGradient).toEqualTypeOf<typeof crossEntropyWithGradient>();
  expectTypeOf(engine.gradCheck).toEqualTypeOf<typeof gradCheck>();
});

test('what does not compile', () => {
  // @ts-expect-error the output is missing
  softmaxJvp(f32);
  // @ts-expect-error the vector is missing
  softmaxHvp(f32, f32);
  // @ts-expect-error a Jacobian has no temperature
  softmaxJacobian(f32, { temperature: 2 });
  // @ts-expect-error out of another type
  softmaxJacobian(f32, { out: f64 });
  // @ts-expect-error the targets are missing
  crossEntropy(f32);
  // @ts-expect-error a reduction that there is not
  crossEntropy(f32, i32, { reduction: 'max' });
  // @ts-expect-error without a gradient there is nothing for out
  crossEntropy(f32, i32, { out: f32 });
  // @ts-expect-error an option that is misspelt
  crossEntropyWithGradient(f32, i32, { smoothing: 0.1 });
  // @ts-expect-error negative log-likelihood takes labels
  nllLoss(f32, f32);
  // @ts-expect-error and no smoothing
  nllLoss(f32, i32, { labelSmoothing: 0.1 });
  // @ts-expect-error the sizes are missing
  linearCrossEntropy({ features: f32, weight: f32, targets: i32 });
  // @ts-expect-error the gradient is missing
  gradCheck({ forward: () => 1, input: f32 });
});
