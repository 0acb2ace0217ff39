// Cross-entropy of contiguous rows and its gradient, z = scale · (x − max), p = softmax, y the label, t the targets:
//
//   loss       c (−log p_y) + Σ_j t_j (−log p_j),  −log p_j = log Σ e^z − z_j; a target of 0 contributes 0, also where that is ∞
//   gradient   factor · ((c + Σ t) p_j − c δ_jy − t_j), 0 where a logit is −∞
//
// With u_j = c δ_jy + t_j and U = Σ u, the gradient is (U − u_j) p_j − u_j (1 − p_j); 1 − p_j of the maximum is Σ_others / Σ: p_y − 1 does
// not cancel. A NaN or a +∞ in a row, or nothing but −∞: all of it is NaN. The last pass reads a logit before it writes the gradient.

import { add, added, clear, get, put } from "../core/accumulate";

/** scale · (x − max) for x ≤ max. At the limits of the scale as in softmax: one-hot of the first maximum, and uniform. */
function exponent(x: f64, max: f64, scale: f64): f64 {
  if (x == -Infinity || scale == Infinity) return -Infinity;
  if (scale == 5e-324) return 0;
  const difference = x - max;
  return isFinite(difference) ? difference * scale : (x / 2 - max / 2) * scale * 2;
}

function target<T>(targets: usize, j: usize, label: usize, coefficient: f64): f64 {
  return (targets ? get<T>(targets, j) : 0.0) + (j == label ? coefficient : 0.0);
}

function fill<T>(gradient: usize, length: usize, value: T): void {
  for (let j: usize = 0; j < length; j++) store<T>(gradient + j * sizeof<T>(), value);
}

/** The loss of one row. A label of `length` is none; gradient 0: none is wanted. */
function row<T>(x: usize, gradient: usize, targets: usize, label: usize, coefficient: f64, factor: f64, length: usize, scale: f64): f64 {
  let best: usize = 0;
  let max = get<T>(x, 0);
  for (let j: usize = 1; j < length && !isNaN(max); j++) {
    const value = get<T>(x, j);
    if (isNaN(value) || value > max) {
      best = j;
      max = value;
    }
  }
  if (!isFinite(max)) {
    if (gradient) fill<T>(gradient, length, <T>NaN);
    return NaN;
  }

  clear();
  for (let j: usize = 0; j < length; j++) if (j != best) add(NativeMath.exp(exponent(get<T>(x, j), max, scale)));
  const others = added();
  const logTotal = NativeMath.log1p(others);
  clear();
  for (let j: usize = 0; j < length; j++) {
    const t = target<T>(targets, j, label, coefficient);
    if (t != 0) add(t * (logTotal - (j == best ? 0.0 : exponent(get<T>(x, j), max, scale))));
  }
  const loss = added();
  if (!gradient) return loss;

  clear();
  for (let j: usize = 0; j < length; j++) add(target<T>(targets, j, label, coefficient));
  const total = added();
  for (let j: usize = 0; j < length; j++) {
    const t = target<T>(targets, j, label, coefficient);
    const value = get<T>(x, j);
    const z = j == best ? 0.0 : exponent(value, max, scale);
    const p = NativeMath.exp(z) / (1 + others);
    const rest = j == best ? others / (1 + others) : 1 - p;
    put<T>(gradient, j, (value == -Infinity ? 0.0 : (total - t) * p - t * rest) * factor);
  }
  return loss;
}

export function crossEntropy<T>(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  const bytes = length * sizeof<T>();
  for (let n: usize = 0; n < rows; n++) {
    const label = labels ? load<i32>(labels + (n << 2)) : <i32>length;
    const to = gradient ? gradient + n * bytes : 0;
    let loss = 0.0;
    if (label < 0) {
      if (to) fill<T>(to, length, <T>0);
    } else {
      const coefficient = coefficients ? get<f64>(coefficients, n) : 1.0;
      const factor = to ? get<f64>(factors, n) : 0.0;
      loss = row<T>(logits + n * bytes, to, targets ? targets + n * targetStride : 0, label, coefficient, factor, length, scale);
    }
    put<f64>(losses, n, loss);
  }
}
