// ONNX's own tests of its loss operators, on every backend: onnx.py writes onnx.json, NOTICE says whose it is. Their results were
// computed in float32 by NumPy; inputs and results are read as the float32 they are.

import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import onnx from './onnx.json' with { type: 'json' };

interface Case {
  readonly name: string;
  readonly op: 'SoftmaxCrossEntropyLoss' | 'NegativeLogLikelihoodLoss';
  readonly shape: number[];
  readonly reduction: 'mean' | 'sum' | 'none';
  readonly ignoreIndex?: number;
  /** For NegativeLogLikelihoodLoss what counts as log-probabilities. */
  readonly logits: number[];
  readonly labels: number[];
  readonly weight?: number[];
  readonly loss: number[];
  readonly logProbabilities?: number[];
}

const cases = onnx as Case[];

/** NumPy's sum of a few float32 terms, of which none is above 5. */
const TOLERANCE = 16 * 2 ** -24;

onEachBackend((_, create) => {
  const { crossEntropy, logSoftmax, nllLoss } = create();

  test.each(cases.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
    const { op, shape, reduction, ignoreIndex } = entry;
    const x = Float32Array.from(entry.logits);
    const labels = BigInt64Array.from(entry.labels, BigInt); // ONNX's int64
    const options = {
      shape,
      axis: 1,
      reduction,
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
      ...(entry.weight ? { weight: Float32Array.from(entry.weight) } : {}),
    };
    const loss = op === 'SoftmaxCrossEntropyLoss' ? crossEntropy(x, labels, options) : nllLoss(x, labels, options);
    expectClose(typeof loss === 'number' ? [loss] : loss, entry.loss);
    if (entry.logProbabilities) expectClose(logSoftmax(x, { shape, axis: 1 }), entry.logProbabilities);
  });
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const allowed = TOLERANCE * Math.max(1, Math.abs(value));
    expect(Math.abs(actual[i] - value), `[${i}]: ${actual[i]} for ${value}`).toBeLessThanOrEqual(allowed);
  });
}

describe('the selection', () => {
  test('has both operators, each reduction, weights and ignored labels', () => {
    for (const op of ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss']) {
      const own = cases.filter((entry) => entry.op === op);
      expect(new Set(own.map(({ reduction }) => reduction)).size, op).toBe(3);
      expect(
        own.some(({ weight, ignoreIndex }) => weight && ignoreIndex !== undefined),
        op,
      ).toBe(true);
    }
  });
});
