// Cross-entropy of a linear layer in chunks of the batch. For R rows with K classes and F features, in one block of wasm memory:
//
//   zᵀ [K, R] = weight · featuresᵀ + bias, transposed to z [R, K], which cross_entropy turns into d, its gradient
//   gradFeatures [R, F] = d · weight,  gradWeight [K, F] += dᵀ · features,  gradBias [K] += 1ᵀ · d
//
// Weights that live elsewhere pass through in groups of classes, twice per chunk, gradWeight with them: it adds up in the array of the
// result. So a chunk is as large as those, within limits, and [batch, K] logits never exist at once.

import type { LossTerms } from '../reference/cross-entropy.ts';
import {
  type LinearGradients,
  type LinearLayer,
  linearCrossEntropy as reference,
} from '../reference/linear-cross-entropy.ts';
import { isLimit } from '../reference/slices.ts';
import type { FloatArray } from '../types.ts';
import { align } from './arena.ts';
import { isExtreme } from './factors.ts';
import type { WasmRuntime } from './runtime.ts';

/** The most that a call takes of the wasm memory. */
const MOST_BYTES = 24 * 2 ** 20;

/** Rows of a chunk come in groups of this many, where there are as many: what fills the lanes of a matrix product. */
const ROWS = 16;

export function linearCrossEntropy(
  runtime: WasmRuntime,
  name: string,
  layer: LinearLayer<FloatArray>,
  terms: LossTerms,
  losses: Float64Array,
  gradients: LinearGradients<FloatArray>,
  scale: number,
): void {
  const { features, weight, bias, batch, inFeatures, classes } = layer;
  if (isLimit(scale) || isExtreme(features, scale)) {
    reference(layer, terms, losses, gradients, scale);
    return;
  }
  const { labels, coefficients, targets, sharesTargets, factors } = terms;
  const { arena } = runtime;
  const { matmul, transpose, cross_entropy } = runtime.kernels(features);
  const size = features.BYTES_PER_ELEMENT;
  // Asked before the block is made: the memory may grow then, and the views of what lives there become empty.
  const home = (array: FloatArray | undefined) => (array ? arena.pointerTo(array) : 0);
  const homes = { features: home(features), weight: home(weight), bias: home(bias), targets: home(targets) };
  const softRows = targets !== undefined && !sharesTargets;

  const [rows, group] = sizesOf();
  let bytes = 0;
  const take = (count: number, elementBytes = size): number => {
    const start = bytes;
    bytes += align(count * elementBytes);
    return start;
  };
  const places = {
    ones: take(rows),
    bias: take(classes),
    gradBias: take(classes),
    weights: take(group * inFeatures),
    features: take(rows * inFeatures),
    turnedFeatures: take(rows * inFeatures), // and then gradFeatures
    turnedLogits: take(rows * classes), // and then the targets
    logits: take(rows * classes),
    sharedTargets: take(targets && sharesTargets ? classes : 0),
    labels: take(rows, 4),
    coefficients: take(rows, 8),
    factors: take(rows, 8),
    losses: take(rows, 8),
  };
  const block = arena.borrow(name, bytes);
  try {
    for (const key of Object.keys(places) as (keyof typeof places)[]) places[key] += block;
    arena.viewLike(features, places.ones, rows).fill(1);
    if (bias) places.bias = put(bias, 0, places.bias, classes, homes.bias);
    if (targets && sharesTargets) put(targets, 0, places.sharedTargets, classes, 0);
    for (let n = 0; n < batch; n += rows) chunk(n, Math.min(rows, batch - n));
    arena.read(places.gradBias, gradients.bias, 0, classes);
  } finally {
    arena.giveBack(block);
  }

  /** How many rows a chunk has, and how many classes a group. */
  function sizesOf(): [number, number] {
    const perRow = size * (2 * inFeatures + 2 * classes + 1) + 4 + 3 * 8;
    const fixed = size * (2 * classes + (targets && sharesTargets ? classes : 0)) + 16 * 13; // each place begins at a multiple of 16
    const perClass = size * inFeatures;
    const wanted = Math.max(arena.stagingBytes(), Math.min(2 * classes * perClass + fixed, MOST_BYTES));
    const room = Math.min(wanted, Math.max(arena.stagingBytes(), arena.largestBytes())) - fixed;
    const group = clamp(Math.floor(room / 4 / perClass), 1, classes);
    const fitting = clamp(Math.floor((room - group * perClass) / perRow), 1, batch);
    return [fitting < batch && fitting > ROWS ? fitting - (fitting % ROWS) : fitting, group];
  }

  /** Where array[start, start + count) is: in this memory already, or at `to`, copied. */
  function put(array: FloatArray, start: number, to: number, count: number, home: number): number {
    if (home !== 0) return home + start * size;
    arena.write(array, start, to, count);
    return to;
  }

  function chunk(n: number, rows: number): void {
    const isFirst = n === 0;
    const x = put(features, n * inFeatures, places.features, rows * inFeatures, homes.features);
    transpose(x, places.turnedFeatures, rows, inFeatures);
    if (bias) matmul(places.bias, size, 0, places.ones, places.turnedLogits, classes, rows, 1, 0);
    eachGroup((k, count) => {
      const w = put(weight, k * inFeatures, places.weights, count * inFeatures, homes.weight);
      const z = places.turnedLogits + k * rows * size;
      matmul(w, inFeatures * size, size, places.turnedFeatures, z, count, rows, inFeatures, bias ? 1 : 0);
    });
    transpose(places.turnedLogits, places.logits, classes, rows);
    loss(n, rows);

    const d = places.logits;
    const gradFeatures = places.turnedFeatures;
    matmul(places.ones, 0, size, d, places.gradBias, 1, classes, rows, isFirst ? 0 : 1);
    eachGroup((k, count) => {
      const start = k * inFeatures;
      const length = count * inFeatures;
      const w = put(weight, start, places.weights, length, homes.weight);
      matmul(d + k * size, classes * size, size, w, gradFeatures, rows, inFeatures, count, k === 0 ? 0 : 1);
      if (!isFirst) arena.write(gradients.weight, start, places.weights, length);
      matmul(d + k * size, size, classes * size, x, places.weights, count, inFeatures, rows, isFirst ? 0 : 1);
      arena.read(places.weights, gradients.weight, start, length);
    });
    arena.read(gradFeatures, gradients.features, n * inFeatures, rows * inFeatures);
  }

  function loss(n: number, rows: number): void {
    let t = 0;
    if (targets && sharesTargets) t = places.sharedTargets;
    else if (targets) t = put(targets, n * classes, places.turnedLogits, rows * classes, homes.targets);
    if (labels) arena.write(labels, n, places.labels, rows);
    if (coefficients) arena.write(coefficients, n, places.coefficients, rows);
    arena.write(factors, n, places.factors, rows);
    cross_entropy(
      places.logits,
      places.logits,
      t,
      softRows ? classes * size : 0,
      labels ? places.labels : 0,
      coefficients ? places.coefficients : 0,
      places.factors,
      places.losses,
      rows,
      classes,
      scale,
    );
    arena.read(places.losses, losses, n, rows);
  }

  function eachGroup(visit: (k: number, count: number) => void): void {
    for (let k = 0; k < classes; k += group) visit(k, Math.min(group, classes - k));
  }
}

function clamp(x: number, least: number, most: number): number {
  return Math.min(Math.max(x, least), most);
}
