// Cross-entropy of a slice of logits: c · (−log p_y) + Σ_j t_j · (−log p_j),  p = softmax(s x), y the label, t the targets.
// −log p_j = log Σ_k e^(z_k) − z_j,  z = s (x − m), m, s and log Σ as in log-softmax.ts: both terms are ≥ 0, nothing cancels, and
// the loss of a confident right answer keeps its digits. A target of 0 contributes 0, also where −log p_j is ∞.
//
// Its derivative with respect to s x is U p_j − u_j,  u_j = c δ_jy + t_j,  U = Σ u. Written as (U − u_j) p_j − u_j (1 − p_j), and
// 1 − p_j of the maximum as Σ_others / Σ, p_y − 1 does not cancel either. 0 where a logit is −∞, as in log-softmax.ts.
// A NaN or a +∞ in a slice, or nothing but −∞: the loss and the whole gradient are NaN.

import {
  combineSlices,
  eachSlice,
  exponent,
  firstMaximum,
  load,
  type MutableNumbers,
  magnitude,
  type Numbers,
  store,
  sum,
} from './slices.ts';

/** What the losses of the rows are of; row n is slice n in the order of [outer, inner]. */
export interface LossTerms {
  /** y for each row; −1: the row counts for nothing, whatever its logits. */
  readonly labels: Int32Array | undefined;
  /** c for each row; 1 without. */
  readonly coefficients: Float64Array | undefined;
  /** t, of the shape of the logits; or one slice for all. */
  readonly targets: Float32Array | Float64Array | undefined;
  readonly sharesTargets: boolean;
  /** What the gradient of each row is multiplied by. */
  readonly factors: Float64Array;
}

/** The loss of each slice of [outer, length, inner], and its gradient, which may be the logits. */
export function crossEntropy(
  logits: Numbers,
  gradient: MutableNumbers | undefined,
  terms: LossTerms,
  losses: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const { targets, sharesTargets, factors } = terms;
  const z = new Float64Array(length);
  const t = new Float64Array(length);
  if (targets && sharesTargets) load(targets, 0, 1, t);
  eachSlice(outer, length, inner, (start, row) => {
    const label = terms.labels ? terms.labels[row] : length;
    if (targets && !sharesTargets) load(targets, start, inner, t);
    load(logits, start, inner, z);
    losses[row] = label < 0 ? 0 : sliceLoss(z, magnitude(scale), label, terms.coefficients?.[row] ?? 1, t);
    if (!gradient) return;
    if (label < 0) z.fill(0);
    else for (let k = 0; k < length; k++) z[k] = z[k] * factors[row] + 0; // + 0 makes −0 a 0
    store(z, gradient, start, inner);
  });
}

/** The loss of one slice of logits, which becomes its derivative with respect to s z. A label of z.length is none. */
function sliceLoss(z: Float64Array, s: number, label: number, coefficient: number, t: Float64Array): number {
  const { length } = z;
  if (length === 0) return 0;
  const best = firstMaximum(z);
  const m = z[best];
  if (!Number.isFinite(m)) {
    z.fill(NaN);
    return NaN;
  }
  const masked = Array.from(z, (x) => x === -Infinity); // not all that are so far below the maximum that z overflows
  for (let k = 0; k < length; k++) z[k] = k === best ? 0 : s === Infinity ? -Infinity : exponent(z[k], m, s);
  const others = sum(length, (k) => (k === best ? 0 : Math.exp(z[k])));
  const logTotal = Math.log1p(others);

  const target = (k: number) => t[k] + (k === label ? coefficient : 0);
  const loss = sum(length, (k) => (target(k) === 0 ? 0 : target(k) * (logTotal - z[k])));

  const total = sum(length, target);
  for (let k = 0; k < length; k++) {
    const p = Math.exp(z[k]) / (1 + others);
    const rest = k === best ? others / (1 + others) : 1 - p;
    z[k] = masked[k] ? 0 : (total - target(k)) * p - target(k) * rest;
  }
  return loss;
}

/** y = factor · (diag(p) − p pᵀ) v for each slice, p = softmax(scale · logits), v being vector; y may be either. */
export function crossEntropyHvp(
  logits: Numbers,
  vector: Numbers,
  y: MutableNumbers,
  factors: Float64Array,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  const s = magnitude(scale);
  combineSlices([logits, vector], y, outer, length, inner, ([z, v], row) => {
    const best = firstMaximum(z);
    const m = z[best];
    const p = z.map((x, k) => (k === best ? 1 : s === Infinity ? 0 : Math.exp(exponent(x, m, s))));
    const total = Number.isFinite(m) ? sum(length, (k) => p[k]) : NaN;
    const mean = sum(length, (k) => (p[k] / total) * v[k]);
    for (let k = 0; k < length; k++) z[k] = (p[k] / total) * (v[k] - mean) * factors[row] + 0;
  });
}
