// Are the gradients that the training follows those of the loss? Before the first step, in float64.

import { gradCheck } from 'softmax-simd';
import { CLASSES, PIXELS } from './data.mjs';
import { computeGradient } from './model.mjs';

const ROWS = 8;

/**
 * Compares the gradients with respect to weights, bias and features, at weights that are not 0, with central differences of the loss.
 *
 * @param {import('./data.mjs').Digits} digits  of which the first eight are taken
 * @returns {import('softmax-simd').GradCheckResult & { entries: number }}
 */
export function checkGradients({ features, labels }) {
  const parameters = Float64Array.from({ length: CLASSES * (PIXELS + 1) }, (_, i) => Math.sin(i));
  const input = Float64Array.of(...parameters, ...features.subarray(0, ROWS * PIXELS));
  const gradientsAt = (x) => {
    const model = { weight: x.subarray(0, CLASSES * PIXELS), bias: x.subarray(CLASSES * PIXELS, parameters.length) };
    const digits = { rows: ROWS, features: x.subarray(parameters.length), labels: labels.subarray(0, ROWS) };
    return computeGradient(model, digits);
  };
  const result = gradCheck({
    forward: (x) => gradientsAt(x).loss,
    backward(x) {
      const { gradWeight, gradBias, gradFeatures } = gradientsAt(x);
      return Float64Array.of(...gradWeight, ...gradBias, ...gradFeatures);
    },
    input,
  });
  return { ...result, entries: input.length };
}
