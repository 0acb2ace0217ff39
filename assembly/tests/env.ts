// ../index as a module of its own sees it: AssemblyScript imports what is declared here from the module `env`, this file's name.

/** Set when the binary is instantiated, and not changed from then on; but what imports it must call it mutable, as the binary does. */
export declare let heap_base: usize;

export declare function softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function softmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function log_softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function log_softmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function log_sum_exp_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function log_sum_exp_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function hardmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize): void;
export declare function hardmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize): void;
export declare function softmax_backward_f32(
  gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void;
export declare function softmax_backward_f64(
  gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void;
export declare function log_softmax_backward_f32(
  gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void;
export declare function log_softmax_backward_f64(
  gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void;
export declare function log_softmax_jvp_f32(tangent: usize, output: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function log_softmax_jvp_f64(tangent: usize, output: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function softmax_hvp_f32(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function softmax_hvp_f64(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function log_softmax_hvp_f32(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function log_softmax_hvp_f64(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void;
export declare function cross_entropy_f32(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void;
export declare function cross_entropy_f64(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void;
export declare function matmul_f32(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void;
export declare function matmul_f64(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void;
export declare function transpose_f32(x: usize, y: usize, rows: usize, columns: usize): void;
export declare function transpose_f64(x: usize, y: usize, rows: usize, columns: usize): void;
export declare function block_maxima_f32(x: usize, maxima: usize, length: usize): f32;
export declare function weigh_f32(x: usize, weights: usize, masses: usize, length: usize, max: f32, scale: f32, unit: f64): void;
export declare function mass_from_f32(x: usize, weights: usize, length: usize, threshold: f32, unit: f64): f64;
