// The ABI on one screen; README.md beside this file explains it. Pointers are bytes, counts are elements: a tensor of shape
// [outer, length, inner], the operation over `length`.

import { transpose } from "./core/transpose";
import { crossEntropy } from "./kernels/cross-entropy";
import { logSoftmaxHvp, logSoftmaxJvp, softmaxHvp } from "./kernels/derivatives";
import { hardmax } from "./kernels/hardmax";
import { logSoftmax, logSoftmaxBackward } from "./kernels/log-softmax";
import { logSumExp } from "./kernels/log-sum-exp";
import { matmul } from "./kernels/matmul";
import { blockMaxima, massFrom, weigh } from "./kernels/sample";
import { softmax, softmaxBackward } from "./kernels/softmax";

/** The first free byte after the kernels' constants and working memory. */
export const heap_base: usize = __heap_base;
/** Whether this is the build with relaxed multiply-adds. */
export const relaxed: bool = ASC_FEATURE_RELAXED_SIMD;

export function softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmax<f32>(x, y, outer, length, inner, scale);
}
export function softmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmax<f64>(x, y, outer, length, inner, scale);
}
export function log_softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSoftmax<f32>(x, y, outer, length, inner, scale);
}
export function log_softmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSoftmax<f64>(x, y, outer, length, inner, scale);
}
export function log_sum_exp_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSumExp<f32>(x, y, outer, length, inner, scale);
}
export function log_sum_exp_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSumExp<f64>(x, y, outer, length, inner, scale);
}
export function hardmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  hardmax<f32>(x, y, outer, length, inner);
}
export function hardmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  hardmax<f64>(x, y, outer, length, inner);
}
export function softmax_backward_f32(gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmaxBackward<f32>(gradOutput, output, gradInput, outer, length, inner, scale);
}
export function softmax_backward_f64(gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmaxBackward<f64>(gradOutput, output, gradInput, outer, length, inner, scale);
}
export function log_softmax_backward_f32(gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSoftmaxBackward<f32>(gradOutput, output, gradInput, outer, length, inner, scale);
}
export function log_softmax_backward_f64(gradOutput: usize, output: usize, gradInput: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  logSoftmaxBackward<f64>(gradOutput, output, gradInput, outer, length, inner, scale);
}
export function log_softmax_jvp_f32(tangent: usize, output: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  logSoftmaxJvp<f32>(tangent, output, y, rows, length, scale);
}
export function log_softmax_jvp_f64(tangent: usize, output: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  logSoftmaxJvp<f64>(tangent, output, y, rows, length, scale);
}
export function softmax_hvp_f32(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  softmaxHvp<f32>(gradOutput, output, vector, y, rows, length, scale);
}
export function softmax_hvp_f64(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  softmaxHvp<f64>(gradOutput, output, vector, y, rows, length, scale);
}
export function log_softmax_hvp_f32(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  logSoftmaxHvp<f32>(gradOutput, output, vector, y, rows, length, scale);
}
export function log_softmax_hvp_f64(gradOutput: usize, output: usize, vector: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  logSoftmaxHvp<f64>(gradOutput, output, vector, y, rows, length, scale);
}
export function cross_entropy_f32(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  crossEntropy<f32>(logits, gradient, targets, targetStride, labels, coefficients, factors, losses, rows, length, scale);
}
export function cross_entropy_f64(
  logits: usize, gradient: usize, targets: usize, targetStride: usize, labels: usize, coefficients: usize, factors: usize, losses: usize,
  rows: usize, length: usize, scale: f64,
): void {
  crossEntropy<f64>(logits, gradient, targets, targetStride, labels, coefficients, factors, losses, rows, length, scale);
}
export function matmul_f32(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void {
  matmul<f32>(a, aRowStride, aColumnStride, b, c, m, n, k, accumulate);
}
export function matmul_f64(
  a: usize, aRowStride: usize, aColumnStride: usize, b: usize, c: usize, m: usize, n: usize, k: usize, accumulate: bool,
): void {
  matmul<f64>(a, aRowStride, aColumnStride, b, c, m, n, k, accumulate);
}
export function transpose_f32(x: usize, y: usize, rows: usize, columns: usize): void {
  transpose<f32>(x, y, rows, columns);
}
export function transpose_f64(x: usize, y: usize, rows: usize, columns: usize): void {
  transpose<f64>(x, y, rows, columns);
}
export function block_maxima_f32(x: usize, maxima: usize, length: usize): f32 {
  return blockMaxima(x, maxima, length);
}
export function weigh_f32(x: usize, weights: usize, masses: usize, length: usize, max: f32, scale: f32, unit: f64): void {
  weigh(x, weights, masses, length, max, scale, unit);
}
export function mass_from_f32(x: usize, weights: usize, length: usize, threshold: f32, unit: f64): f64 {
  return massFrom(x, weights, length, threshold, unit);
}
