// Softmax regression: p = softmax(z), z = x Wᵀ + b, fitted by minimising the cross-entropy −log p[label].

import { crossEntropy, linearCrossEntropy } from 'softmax-simd';
import { mulberry32, shuffle } from '../shared/random.mjs';
import { CLASSES, PIXELS } from './data.mjs';

/**
 * @typedef {import('./data.mjs').Digits} Digits
 * @typedef {{ weight: Float32Array, bias: Float32Array }} Model  weight is [10, 64], bias [10]
 * @typedef {Float32Array | Float64Array} FloatArray
 */

// Mini-batches with momentum, a step that falls linearly to 0, and a little weight decay (L2, not on the bias).
// Step and weight decay are, in a tie, the best of the grid {0.1, 0.2, 0.5} × {0, 1e-4, 1e-3} by the accuracy on rows 1077
// to 1436 after training on rows 0 to 1076.
export const SETTINGS = { batch: 64, step: 0.2, momentum: 0.9, weightDecay: 1e-4 };

/**
 * @param {Model} model
 * @param {Digits} digits
 * @returns {Float32Array} [rows, 10]
 */
export function computeLogits({ weight, bias }, { features, rows }) {
  const logits = new Float32Array(rows * CLASSES);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < CLASSES; k++) {
      let sum = bias[k];
      for (let i = 0; i < PIXELS; i++) sum += features[row * PIXELS + i] * weight[k * PIXELS + i];
      logits[row * CLASSES + k] = sum;
    }
  }
  return logits;
}

/**
 * The mean cross-entropy of the model on the digits, and its gradients: with d = (p − y) / rows, y one-hot, dᵀ x for the weights,
 * Σ d for the bias and d W for the features. The logits of a batch never exist at once.
 *
 * @param {{ weight: FloatArray, bias: FloatArray }} model
 * @param {{ rows: number, features: FloatArray, labels: Uint8Array }} digits
 * @returns {{ loss: number, gradWeight: FloatArray, gradBias: FloatArray, gradFeatures: FloatArray }}
 */
export function computeGradient({ weight, bias }, { features, labels, rows }) {
  const size = { batch: rows, inFeatures: PIXELS, classes: CLASSES };
  return linearCrossEntropy({ ...size, features, weight, bias, targets: labels });
}

/** @returns {number} the mean of −log softmax(logits)[label]; `logits` is [labels.length, 10] */
export function meanLoss(logits, labels) {
  return crossEntropy(logits, labels, { shape: [labels.length, CLASSES] });
}

/** @returns {Uint8Array} the class of the largest logit, row by row */
export function predict(logits) {
  return Uint8Array.from({ length: logits.length / CLASSES }, (_, row) => {
    const scores = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
    return scores.indexOf(Math.max(...scores));
  });
}

/** @returns {number} how many of the predictions equal the labels */
export function countCorrect(predictions, labels) {
  return predictions.reduce((count, digit, row) => count + Number(digit === labels[row]), 0);
}

/**
 * Trains from zero weights (the loss is convex: nothing to gain from random ones); the seed decides the order of the rows.
 *
 * @param {Digits} digits
 * @param {{ epochs: number, seed: number, onEpoch: (epoch: number, model: Model) => void }} options
 * @returns {Model}
 */
export function train(digits, { epochs, seed, onEpoch }) {
  const { batch, step, momentum, weightDecay } = SETTINGS;
  const model = { weight: new Float32Array(CLASSES * PIXELS), bias: new Float32Array(CLASSES) };
  const velocity = { weight: new Float32Array(CLASSES * PIXELS), bias: new Float32Array(CLASSES) };
  const order = Uint16Array.from({ length: digits.rows }, (_, row) => row);
  const random = mulberry32(seed);

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const epochStep = step * (1 - (epoch - 1) / epochs);
    shuffle(order, random);
    for (let start = 0; start < order.length; start += batch) {
      const { gradWeight, gradBias } = computeGradient(model, pick(digits, order.subarray(start, start + batch)));
      for (let i = 0; i < gradWeight.length; i++) {
        velocity.weight[i] =
          momentum * velocity.weight[i] - epochStep * (gradWeight[i] + weightDecay * model.weight[i]);
        model.weight[i] += velocity.weight[i];
      }
      for (let k = 0; k < CLASSES; k++) {
        velocity.bias[k] = momentum * velocity.bias[k] - epochStep * gradBias[k];
        model.bias[k] += velocity.bias[k];
      }
    }
    onEpoch(epoch, model);
  }
  return model;
}

/** @returns {Digits} a copy of the rows at `indices` */
function pick(digits, indices) {
  const features = new Float32Array(indices.length * PIXELS);
  indices.forEach((index, row) => {
    features.set(digits.features.subarray(index * PIXELS, (index + 1) * PIXELS), row * PIXELS);
  });
  return { rows: indices.length, features, labels: Uint8Array.from(indices, (index) => digits.labels[index]) };
}
