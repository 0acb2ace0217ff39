// Errors of derivatives, losses and gradCheck, row by row: the class, the whole message, and that `out` was not touched.

import { describe, expect, test } from 'vitest';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { expectError } from '../tools/errors.ts';

type Functions = typeof reference;
type Row = [what: string, call: (f: Functions) => unknown, error: new (m: string) => Error, message: string];

const f32 = (n: number) => new Float32Array(n);
const f64 = (n: number) => new Float64Array(n);
const wrong = (value: unknown) => value as never;
const shared = f32(12).fill(7);
const out = shared.subarray(0, 6);

const floats = 'allowed are Float32Array, Float64Array, WasmBuffer and (nested) arrays of numbers.';
const targets = 'allowed are labels in an integer typed array or an array of numbers';
const logits = f32(6);
const shape = [2, 3];
const labels = [0, 1];
const layer = { features: f32(4), weight: f32(6), targets: labels, batch: 2, inFeatures: 2, classes: 3 };
const quiet = { forward: () => 1, backward: () => [0], input: [1] };

const rows: Row[] = [
  // derivatives
  ['no tangent', (f) => f.softmaxJvp(wrong(undefined), f32(3)), TypeError, `softmaxJvp: tangent is undefined; ${floats}`],
  ['no output', (f) => f.logSoftmaxJvp(f32(3), wrong(null)), TypeError, `logSoftmaxJvp: output is null; ${floats}`],
  ['no vector', (f) => f.softmaxHvp(f32(3), f32(3), wrong(1)), TypeError, `softmaxHvp: vector is 1; ${floats}`],
  ['a vector of another type', (f) => f.logSoftmaxHvp(f32(3), f32(3), wrong(f64(3)), wrong({ out })), TypeError,
    'logSoftmaxHvp: gradOutput is float32 and vector is float64; allowed is one type for both.'],
  ['a vector of another length', (f) => f.softmaxHvp(f32(6), f32(6), f32(5), { out }), RangeError,
    'softmaxHvp: shape [6] has 6 elements and vector has 5; allowed is as many.'],
  ['an option of a product', (f) => f.softmaxJvp(f32(3), f32(3), wrong({ scale: 1 })), TypeError,
    'softmaxJvp: option scale is unknown; allowed are shape, axis, out, temperature, base.'],
  ['temperature of a product', (f) => f.softmaxHvp(f32(6), f32(6), f32(6), { out, temperature: -1 }), RangeError,
    'softmaxHvp: temperature is -1; allowed are numbers from 0 to Infinity.'],
  ['out over the vector', (f) => f.softmaxHvp(f32(4), f32(4), shared.subarray(2, 6), { out: shared.subarray(0, 4) }), RangeError,
    'softmaxHvp: out overlaps vector in part; allowed are the same elements or none of them.'],
  ['no output of a Jacobian', (f) => f.softmaxJacobian(wrong('s')), TypeError, `softmaxJacobian: output is "s"; ${floats}`],
  ['temperature of a Jacobian', (f) => f.softmaxJacobian(f32(3), wrong({ temperature: 2 })), TypeError,
    'softmaxJacobian: option temperature is unknown; allowed are shape, axis, out.'],
  ['axis of a Jacobian', (f) => f.logSoftmaxJacobian(f32(6), { shape, axis: 2 }), RangeError,
    'logSoftmaxJacobian: axis 2 is out of range for shape [2, 3]; allowed are -2 to 1.'],
  ['out of a Jacobian', (f) => f.logSoftmaxJacobian(f32(3), { out }), RangeError,
    'logSoftmaxJacobian: out has length 6; allowed is 9, the length of the result.'],
  ['out of a Hessian', (f) => f.softmaxHessian(f32(2), { out }), RangeError,
    'softmaxHessian: out has length 6; allowed is 8, the length of the result.'],
  ['out over the output', (f) => f.softmaxJacobian(shared.subarray(0, 3), { out: shared.subarray(0, 9) }), RangeError,
    'softmaxJacobian: out overlaps output in part; allowed are the same elements or none of them.'],
  ['cross-entropy HVP, types', (f) => f.crossEntropyHvp(f32(6), wrong(f64(6)), { out }), TypeError,
    'crossEntropyHvp: logits is float32 and vector is float64; allowed is one type for both.'],
  ['cross-entropy HVP, options', (f) => f.crossEntropyHvp(f32(6), f32(6), wrong({ weight: [1] })), TypeError,
    'crossEntropyHvp: option weight is unknown; allowed are shape, axis, out, temperature, reduction, gradOutput.'],
  ['cross-entropy HVP, gradOutput', (f) => f.crossEntropyHvp(f32(6), f32(6), { out, gradOutput: f32(1) }), TypeError,
    "crossEntropyHvp: gradOutput is given with reduction 'mean'; allowed is reduction 'none'."],

  // targets
  ['no logits', (f) => f.crossEntropy(wrong(undefined), labels), TypeError, `crossEntropy: logits is undefined; ${floats}`],
  ['no targets', (f) => f.crossEntropy(logits, wrong(undefined), { shape }), TypeError,
    `crossEntropy: targets is undefined; ${targets}, and probabilities in a float array.`],
  ['a number as targets', (f) => f.crossEntropyWithGradient(f32(6), wrong(2), { out }), TypeError,
    `crossEntropyWithGradient: targets is 2; ${targets}, and probabilities in a float array.`],
  ['a label of the wrong type', (f) => f.crossEntropy(logits, wrong([0, 'a']), { shape }), TypeError,
    'crossEntropy: targets[1] is "a"; allowed are numbers.'],
  ['a label out of range', (f) => f.crossEntropyWithGradient(logits, [0, 3], { shape, out }), RangeError,
    'crossEntropyWithGradient: the label of row 1 is 3; allowed are integers from 0 to 2, and ignoreIndex -100.'],
  ['a negative label', (f) => f.nllLossWithGradient(logits, Int8Array.of(-1, 0), { shape, out }), RangeError,
    'nllLossWithGradient: the label of row 0 is -1; allowed are integers from 0 to 2, and ignoreIndex -100.'],
  ['a label that is no integer', (f) => f.crossEntropy(logits, [0.5, 1], { shape, ignoreIndex: 2 }), RangeError,
    'crossEntropy: the label of row 0 is 0.5; allowed are integers from 0 to 2, and ignoreIndex 2.'],
  ['a label NaN', (f) => f.crossEntropy(logits, [0, NaN], { shape }), RangeError,
    'crossEntropy: the label of row 1 is NaN; allowed are integers from 0 to 2, and ignoreIndex -100.'],
  ['a bigint label out of range', (f) => f.crossEntropy(logits, BigInt64Array.of(0n, 3n), { shape }), RangeError,
    'crossEntropy: the label of row 1 is 3; allowed are integers from 0 to 2, and ignoreIndex -100.'],
  ['too few labels', (f) => f.crossEntropy(logits, Uint8Array.of(0), { shape }), RangeError,
    'crossEntropy: targets has length 1; allowed is [2] for labels.'],
  ['neither labels nor probabilities', (f) => f.crossEntropy(logits, [0, 1, 2], { shape }), RangeError,
    'crossEntropy: targets has length 3; allowed is [2] for labels or [2, 3] for probabilities.'],
  ['nested otherwise', (f) => f.crossEntropy(logits, [[0], [1]], { shape }), RangeError,
    'crossEntropy: targets is nested as [2, 1]; allowed is [2] for labels or [2, 3] for probabilities.'],
  ['ragged', (f) => f.crossEntropy(logits, [[0, 1, 0], [1]], { shape }), RangeError,
    'crossEntropy: targets[1] has length 1; allowed is length 3, as in the entries before it.'],
  ['float labels', (f) => f.crossEntropy(logits, f32(2), { shape }), RangeError,
    'crossEntropy: targets has length 2 and is a Float32Array; allowed is [2, 3] for probabilities.'],
  ['probabilities for nllLoss', (f) => f.nllLoss(logits, wrong(f32(6)), { shape }), TypeError, `nllLoss: targets is a Float32Array; ${targets}.`],
  ['plain probabilities for nllLoss', (f) => f.nllLoss(logits, [[1, 0, 0], [0, 1, 0]], { shape }), RangeError,
    'nllLoss: targets is nested as [2, 3]; allowed is [2] for labels.'],
  ['ignoreIndex and probabilities', (f) => f.crossEntropyWithGradient(logits, f32(6), { shape, out, ignoreIndex: 1 }), TypeError,
    'crossEntropyWithGradient: ignoreIndex is 1 and targets are probabilities; allowed is ignoreIndex with labels.'],

  // options of losses
  ['an unknown option', (f) => f.crossEntropy(logits, labels, wrong({ shape, smoothing: 0.1 })), TypeError,
    'crossEntropy: option smoothing is unknown; allowed are shape, axis, weight, ignoreIndex, reduction, emptyMean, labelSmoothing, temperature.'],
  ['out without a gradient', (f) => f.crossEntropy(logits, labels, wrong({ shape, out })), TypeError,
    'crossEntropy: option out is unknown; allowed are shape, axis, weight, ignoreIndex, reduction, emptyMean, labelSmoothing, temperature.'],
  ['smoothing of nllLoss', (f) => f.nllLoss(logits, labels, wrong({ shape, labelSmoothing: 0.1 })), TypeError,
    'nllLoss: option labelSmoothing is unknown; allowed are shape, axis, weight, ignoreIndex, reduction, emptyMean.'],
  ['labelSmoothing', (f) => f.crossEntropyWithGradient(logits, labels, { shape, out, labelSmoothing: 1.5 }), RangeError,
    'crossEntropyWithGradient: labelSmoothing is 1.5; allowed are numbers from 0 to 1.'],
  ['labelSmoothing NaN', (f) => f.crossEntropy(logits, labels, { shape, labelSmoothing: NaN }), RangeError,
    'crossEntropy: labelSmoothing is NaN; allowed are numbers from 0 to 1.'],
  ['labelSmoothing a string', (f) => f.crossEntropy(logits, labels, wrong({ shape, labelSmoothing: '0' })), TypeError,
    'crossEntropy: labelSmoothing is "0"; allowed are numbers from 0 to 1.'],
  ['ignoreIndex', (f) => f.nllLoss(logits, labels, { shape, ignoreIndex: 0.5 }), RangeError, 'nllLoss: ignoreIndex is 0.5; allowed are integers.'],
  ['ignoreIndex null', (f) => f.nllLoss(logits, labels, wrong({ shape, ignoreIndex: null })), TypeError,
    'nllLoss: ignoreIndex is null; allowed are integers.'],
  ['reduction', (f) => f.crossEntropyWithGradient(logits, labels, wrong({ shape, out, reduction: 'max' })), TypeError,
    "crossEntropyWithGradient: reduction is \"max\"; allowed are 'mean', 'sum' and 'none'."],
  ['emptyMean', (f) => f.nllLoss(logits, labels, wrong({ shape, emptyMean: 0 })), TypeError,
    "nllLoss: emptyMean is 0; allowed are 'nan' and 'zero'."],
  ['temperature', (f) => f.crossEntropy(logits, labels, { shape, temperature: -1 }), RangeError,
    'crossEntropy: temperature is -1; allowed are numbers from 0 to Infinity.'],
  ['weight', (f) => f.crossEntropyWithGradient(logits, labels, { shape, out, weight: [1, 2] }), RangeError,
    'crossEntropyWithGradient: shape [3] has 3 elements and weight has 2; allowed is as many.'],
  ['weight of integers', (f) => f.crossEntropy(logits, labels, wrong({ shape, weight: new Int32Array(3) })), TypeError,
    `crossEntropy: weight is an Int32Array; ${floats}`],
  ['gradOutput of a mean', (f) => f.nllLossWithGradient(logits, labels, wrong({ shape, out, gradOutput: f32(2) })), TypeError,
    "nllLossWithGradient: gradOutput is given with reduction 'mean'; allowed is reduction 'none'."],
  ['gradOutput of another type', (f) => f.crossEntropyWithGradient(logits, labels, { shape, out, reduction: 'none', gradOutput: [1, 1] }), TypeError,
    'crossEntropyWithGradient: logits is float32 and gradOutput is float64; allowed is one type for both.'],
  ['gradOutput of another length', (f) => f.crossEntropyWithGradient(logits, labels, { shape, out, reduction: 'none', gradOutput: f32(3) }), RangeError,
    'crossEntropyWithGradient: shape [2] has 2 elements and gradOutput has 3; allowed is as many.'],
  ['out of another length', (f) => f.crossEntropyWithGradient(f32(3), [0], { out }), RangeError,
    'crossEntropyWithGradient: out has length 6; allowed is 3, the length of the result.'],
  ['out of another type', (f) => f.nllLossWithGradient(f64(6), labels, wrong({ shape, out })), TypeError,
    'nllLossWithGradient: logProbabilities is float64 and out is float32; allowed is one type for both.'],
  ['out over the logits', (f) => f.crossEntropyWithGradient(shared.subarray(1, 7), labels, { shape, out }), RangeError,
    'crossEntropyWithGradient: out overlaps logits in part; allowed are the same elements or none of them.'],
  ['out over the targets', (f) => f.crossEntropyWithGradient(logits, out, { shape, out }), RangeError,
    'crossEntropyWithGradient: out is the memory of targets; allowed is another.'],

  // the linear layer
  ['no problem', (f) => f.linearCrossEntropy(wrong(undefined)), TypeError,
    'linearCrossEntropy: options is undefined; allowed is an object with features, weight, bias, targets, batch, inFeatures, classes, classWeight, ' +
      'ignoreIndex, labelSmoothing, reduction, temperature, emptyMean, gradOutput.'],
  ['batch', (f) => f.linearCrossEntropy({ ...layer, batch: -1 }), RangeError, 'linearCrossEntropy: batch is -1; allowed are integers from 0.'],
  ['inFeatures', (f) => f.linearCrossEntropy({ ...layer, inFeatures: 0 }), RangeError, 'linearCrossEntropy: inFeatures is 0; allowed are integers from 1.'],
  ['classes', (f) => f.linearCrossEntropy(wrong({ ...layer, classes: undefined })), TypeError,
    'linearCrossEntropy: classes is undefined; allowed are integers from 1.'],
  ['features', (f) => f.linearCrossEntropy({ ...layer, features: f32(5) }), RangeError,
    'linearCrossEntropy: shape [2, 2] has 4 elements and features has 5; allowed is as many.'],
  ['nested weight', (f) => f.linearCrossEntropy({ ...layer, features: [1, 2, 3, 4], weight: [[1, 2, 3], [4, 5, 6]] }), RangeError,
    'linearCrossEntropy: shape is [3, 2] and weight is nested as [2, 3]; allowed is the same.'],
  ['weight of another type', (f) => f.linearCrossEntropy({ ...layer, weight: f64(6) }), TypeError,
    'linearCrossEntropy: features is float32 and weight is float64; allowed is one type for both.'],
  ['bias', (f) => f.linearCrossEntropy({ ...layer, bias: f32(2) }), RangeError,
    'linearCrossEntropy: shape [3] has 3 elements and bias has 2; allowed is as many.'],
  ['bias of another type', (f) => f.linearCrossEntropy({ ...layer, bias: [1, 2, 3] }), TypeError,
    'linearCrossEntropy: features is float32 and bias is float64; allowed is one type for both.'],
  ['classWeight', (f) => f.linearCrossEntropy({ ...layer, classWeight: [1] }), RangeError,
    'linearCrossEntropy: shape [3] has 3 elements and classWeight has 1; allowed is as many.'],
  ['a label of the layer', (f) => f.linearCrossEntropy({ ...layer, targets: [0, 7] }), RangeError,
    'linearCrossEntropy: the label of row 1 is 7; allowed are integers from 0 to 2, and ignoreIndex -100.'],

  // gradCheck
  ['gradCheck of nothing', (f) => f.gradCheck(wrong(undefined)), TypeError,
    'gradCheck: options is undefined; allowed is an object with forward, backward, input, gradOutput, epsilon, seed.'],
  ['no forward', (f) => f.gradCheck(wrong({ ...quiet, forward: 1 })), TypeError, 'gradCheck: forward is 1; allowed is a function.'],
  ['no backward', (f) => f.gradCheck(wrong({ ...quiet, backward: undefined })), TypeError, 'gradCheck: backward is undefined; allowed is a function.'],
  ['no input', (f) => f.gradCheck(wrong({ ...quiet, input: undefined })), TypeError, `gradCheck: input is undefined; ${floats}`],
  ['epsilon', (f) => f.gradCheck({ ...quiet, epsilon: 0 }), RangeError, 'gradCheck: epsilon is 0; allowed are positive numbers.'],
  ['seed', (f) => f.gradCheck({ ...quiet, seed: -1 }), RangeError, 'gradCheck: seed is -1; allowed are integers from 0 to 4294967295.'],
  ['the result of forward', (f) => f.gradCheck(wrong({ ...quiet, forward: () => 'a' })), TypeError, `gradCheck: the result of forward is "a"; ${floats}`],
  ['the result of backward', (f) => f.gradCheck(wrong({ ...quiet, backward: () => 1 })), TypeError, `gradCheck: the result of backward is 1; ${floats}`],
  ['the length of the gradient', (f) => f.gradCheck({ ...quiet, backward: () => [1, 2] }), RangeError,
    'gradCheck: the result of backward has 2 elements; allowed is 1, as many as input has.'],
  ['the length of gradOutput', (f) => f.gradCheck({ ...quiet, gradOutput: [1, 2] }), RangeError,
    'gradCheck: gradOutput has 2 elements; allowed is 1, as many as the result of forward has.'],
  ['a forward that changes its mind', (f) => f.gradCheck({ ...quiet, forward: (x) => (x[0] > 1 ? [1] : [1, 2]) }), RangeError,
    'gradCheck: forward gave 2 elements, then 1; allowed is always as many.'],
]; // biome-ignore format: a table

function checkRows(functions: () => Functions): void {
  test.each(rows)('%s', (_, call, error, message) => {
    expectError(() => call(functions()), error, message);
    expect([...shared]).toEqual(new Array(12).fill(7));
  });
}

onEachBackend((_, create) => {
  const engine = create();
  checkRows(() => engine as unknown as Functions);

  test('a disposed engine', () => {
    const gone = create();
    gone.dispose();
    const disposed = 'the engine was disposed; allowed is one that was not: create another.';
    for (const [name, ...args] of [
      ['softmaxJacobian', [1]],
      ['softmaxHvp', [1], [1], [1]],
      ['crossEntropy', [1], [0]],
      ['crossEntropyHvp', [1], [1]],
      ['nllLoss', [1], [0]],
      ['linearCrossEntropy', layer],
    ] as const) {
      expect(() => (gone[name] as (...args: unknown[]) => unknown)(...args)).toThrow(new Error(`${name}: ${disposed}`));
    }
  });
});

describe('softmax-simd/reference', () => checkRows(() => reference));
