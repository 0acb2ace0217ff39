// The ABI on one screen; README.md beside this file explains it. Pointers are bytes, counts are elements: a tensor of shape
// [outer, length, inner], the operation over `length`.

import { hardmax } from "./kernels/hardmax";
import { logSoftmax, logSoftmaxBackward } from "./kernels/log-softmax";
import { logSumExp } from "./kernels/log-sum-exp";
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
