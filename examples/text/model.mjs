// Softmax regression on the characters before: p = softmax(z), z = Σ W[c] over the contexts c that the place ends in, the last
// 0, 1, 2, … characters. A log-linear model with n-gram features (Rosenfeld 1996, "A maximum entropy approach to adaptive
// statistical language modelling"), fitted by minimising the cross-entropy −log p[next character].

import { mulberry32, shuffle } from '../shared/random.mjs';

// Mini-batches by AdaGrad (Duchi, Hazan and Singer 2011), whose step for a weight falls with the gradients that it has met: weights
// of rare contexts learn as fast as those of frequent ones. The step falls linearly to 0 besides.
// Order and step are the best of the grid {4, 5, 6} × {0.05, 0.1, 0.2} by the loss on the eighth tenth of the text after
// training on the seven before it.
export const SETTINGS = { order: 6, batch: 128, step: 0.1 };
const ACCUMULATED = 1e-8; // what AdaGrad starts with: nothing to divide by 0
const ROWS_AT_ONCE = 1024;

/**
 * @typedef {import('softmax-simd').Engine} Engine
 *
 * @typedef {object} Model
 * @property {number} classes            how many characters there are
 * @property {Map<string, number>} rows  a context's row in the weights
 * @property {Float32Array} weight       [rows, classes]
 */

/**
 * The rows of the contexts that end before a place, the shortest first. One that training has not met has none, nor has a longer one.
 *
 * @param {Model} model
 * @param {ArrayLike<number>} ids
 * @param {number} place  0 to ids.length
 * @returns {number[]}
 */
export function findRows({ rows }, ids, place) {
  const found = [];
  let context = '';
  for (let length = 0; length <= SETTINGS.order && length <= place; length++) {
    if (length > 0) context += String.fromCharCode(ids[place - length]);
    const row = rows.get(context);
    if (row === undefined) break;
    found.push(row);
  }
  return found;
}

/**
 * @param {Model} model
 * @param {readonly number[][]} places  rows of contexts, per place
 * @returns {Float32Array} [places.length, classes]
 */
export function computeLogits({ classes, weight }, places) {
  const logits = new Float32Array(places.length * classes);
  places.forEach((rows, place) => {
    for (const row of rows) {
      for (let k = 0; k < classes; k++) logits[place * classes + k] += weight[row * classes + k];
    }
  });
  return logits;
}

/**
 * @param {Engine} engine
 * @param {Model} model
 * @param {Uint16Array} ids
 * @param {number[][]} contexts  of the places `from` to `from` + contexts.length − 1
 * @param {number} from
 * @returns {number} the mean of −log₂ p of the characters there: bits per character
 */
function meanBits(engine, model, ids, contexts, from) {
  let sum = 0;
  for (let start = 0; start < contexts.length; start += ROWS_AT_ONCE) {
    const places = contexts.slice(start, start + ROWS_AT_ONCE);
    const targets = ids.subarray(from + start, from + start + places.length);
    const shape = [places.length, model.classes];
    sum += engine.crossEntropy(computeLogits(model, places), targets, { shape, reduction: 'sum' });
  }
  return sum / contexts.length / Math.LN2;
}

/**
 * Trains from zero weights: the loss is convex.
 *
 * @param {Engine} engine
 * @param {import('./data.mjs').Text} text
 * @param {object} options
 * @param {number} options.epochs
 * @param {number} options.seed  decides the order of the places
 * @param {(epoch: number, trainBits: number, heldOutBits: number) => void} options.onEpoch
 * @returns {Model}
 */
export function train(engine, { characters, ids, split }, { epochs, seed, onEpoch }) {
  const { batch, step } = SETTINGS;
  const classes = characters.length;
  const rows = collectContexts(ids, split);
  const weight = new Float32Array(rows.size * classes);
  const squares = new Float32Array(rows.size * classes).fill(ACCUMULATED);
  const model = { classes, rows, weight };
  const contexts = Array.from(ids, (_, place) => findRows(model, ids, place));
  const order = Uint32Array.from({ length: split }, (_, place) => place);
  const random = mulberry32(seed);

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const epochStep = step * (1 - (epoch - 1) / epochs);
    shuffle(order, random);
    for (let start = 0; start < split; start += batch) {
      const places = order.subarray(start, start + batch);
      const rowsOf = Array.from(places, (place) => contexts[place]);
      const targets = Uint16Array.from(places, (place) => ids[place]);
      const { gradient } = engine.crossEntropyWithGradient(computeLogits(model, rowsOf), targets, {
        shape: [places.length, classes],
        reduction: 'sum',
      });
      // z is a sum of rows, so each of them has the gradient of z.
      rowsOf.forEach((rowsHere, place) => {
        for (const row of rowsHere) {
          for (let k = 0; k < classes; k++) {
            const g = gradient[place * classes + k];
            const i = row * classes + k;
            squares[i] += g * g;
            weight[i] -= (epochStep * g) / Math.sqrt(squares[i]);
          }
        }
      });
    }
    onEpoch(
      epoch,
      meanBits(engine, model, ids, contexts.slice(0, split), 0),
      meanBits(engine, model, ids, contexts.slice(split), split),
    );
  }
  return model;
}

/** @returns {Map<string, number>} every context of the places before `split`, numbered as they come */
function collectContexts(ids, split) {
  const rows = new Map();
  for (let place = 0; place < split; place++) {
    let context = '';
    for (let length = 0; length <= SETTINGS.order && length <= place; length++) {
      if (length > 0) context += String.fromCharCode(ids[place - length]);
      if (!rows.has(context)) rows.set(context, rows.size);
    }
  }
  return rows;
}
