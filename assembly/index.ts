// The ABI on one screen; README.md beside this file explains it. Pointers are bytes, counts are elements.

import { hardmax } from "./kernels/hardmax";
import { softmax } from "./kernels/softmax";

/** The first free byte after the kernels' constants and working memory. */
export const heap_base: usize = __heap_base;

export function softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmax<f32>(x, y, outer, length, inner, scale);
}
export function softmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void {
  softmax<f64>(x, y, outer, length, inner, scale);
}
export function hardmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  hardmax<f32>(x, y, outer, length, inner);
}
export function hardmax_f64(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  hardmax<f64>(x, y, outer, length, inner);
}
