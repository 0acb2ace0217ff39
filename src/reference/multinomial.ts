// Draws from weights, with or without replacement: successive draws, each in proportion to the weights that are left.
//
// A binary tree of sums in float64: the leaves are the weights in the order of their indices, the least power of two that has room for them, and a node the sum of its two
// children. From a uniform number u, the first of the draw (random.ts), and the root's sum: at = u · Σ; going down, left where at < left or right is 0, else right
// with at − left. So a weight of 0 is never reached, whatever is rounded. A weight that was drawn becomes 0, and the sums above it are made again, not
// subtracted from: nothing of it remains.
//
// All weights are first multiplied by the power of two that brings the largest to [1, 2), so that sums do not overflow. Drawn without replacement, the largest that are
// left may be far below: where the root's sum falls below 2⁻⁵⁰⁰, the tree is made anew of the weights that are left, in the same way.

import type { Uniforms } from './random.ts';
import type { Numbers } from './slices.ts';

const FAINT = 2 ** -500;

/** Draws `count` from one row of `length` weights, from 1; the indices go to drawn[at, at + count). `name` and `row` begin the message of an error. */
export function multinomialRow(
  name: string,
  weights: Numbers,
  start: number,
  length: number,
  replacement: boolean,
  uniforms: Uniforms,
  count: number,
  row: number,
  drawn: Int32Array,
  at: number,
): void {
  checkWeights(name, weights, start, length, replacement, count, row);
  const leaves = 2 ** (32 - Math.clz32(length - 1));
  const tree = new Float64Array(2 * leaves); // node n has the children 2n and 2n + 1; the root is 1
  plant(tree, weights, start, length, drawn.subarray(at, at));
  for (let n = 0; n < count; n++) {
    uniforms.seek(row, n);
    let rest = uniforms.first * tree[1];
    let node = 1;
    while (node < leaves) {
      node *= 2;
      if (rest < tree[node] || tree[node + 1] === 0) continue;
      rest -= tree[node++];
    }
    drawn[at + n] = node - leaves;
    if (replacement) continue;
    tree[node] = 0;
    for (node >>= 1; node > 0; node >>= 1) tree[node] = tree[2 * node] + tree[2 * node + 1];
    if (tree[1] < FAINT && n + 1 < count) plant(tree, weights, start, length, drawn.subarray(at, at + n + 1));
  }
}

/** Makes the tree of the weights but those that were taken. */
function plant(tree: Float64Array, weights: Numbers, start: number, length: number, taken: Int32Array): void {
  const leaves = tree.length / 2;
  for (let i = 0; i < length; i++) tree[leaves + i] = weights[start + i];
  for (const i of taken) tree[leaves + i] = 0;
  let largest = 0;
  for (let i = 0; i < length; i++) if (tree[leaves + i] > largest) largest = tree[leaves + i];
  const factor = 2 ** -Math.min(Math.max(Math.floor(Math.log2(largest)), -1000), 1000); // to [1, 2), or as near as one may
  for (let i = 0; i < length; i++) tree[leaves + i] *= factor;
  for (let node = leaves - 1; node > 0; node--) tree[node] = tree[2 * node] + tree[2 * node + 1];
}

function checkWeights(
  name: string,
  weights: Numbers,
  start: number,
  length: number,
  replacement: boolean,
  count: number,
  row: number,
): void {
  let positive = 0;
  for (let i = 0; i < length; i++) {
    const weight = weights[start + i];
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`${name}: row ${row} has ${weight} at ${i}; allowed are finite numbers from 0.`);
    }
    if (weight > 0) positive++;
  }
  if (positive === 0) throw new RangeError(`${name}: row ${row} has only 0; allowed is one positive number or more.`);
  if (!replacement && count > positive) {
    throw new RangeError(
      `${name}: count is ${count} without replacement and row ${row} has ${positive} weights above 0; allowed are counts to ${positive}.`,
    );
  }
}
