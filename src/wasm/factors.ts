// Factors that the kernels cannot take.

import { isFloat32 } from '../check.ts';
import type { FloatArray } from '../types.ts';
import type { WasmRuntime } from './runtime.ts';

/**
 * Whether a factor would leave the element type, or all but its last digits, beside what a kernel multiplies it by: the scale of e^x, or
 * itself. Such a factor is multiplied by afterwards.
 */
export function isExtreme(like: FloatArray, factor: number): boolean {
  const size = Math.abs(factor);
  const limit = isFloat32(like) ? 2 ** 60 : 2 ** 500;
  return (size > 0 && size < 1 / limit) || (size > limit && size < Infinity);
}

/** Whether a scale of e^x is too large for the kernels: in two parts it would overflow, or the inverse of its temperature. The limit itself they know. */
export function isTooLarge(like: FloatArray, scale: number): boolean {
  const size = Math.abs(scale);
  return size > 2 ** 120 && size < Infinity && (isFloat32(like) || size > 2 ** 1000);
}

/** Multiplies what a kernel wrote. */
export function multiply(runtime: WasmRuntime, like: FloatArray, pointer: number, count: number, factor: number): void {
  const view = runtime.arena.viewLike(like, pointer, count);
  for (let i = 0; i < count; i++) view[i] *= factor;
}

/** The factors of rows as the kernels can take them, and what multiplies the rows of the others afterwards. */
export function factorsApart(
  runtime: WasmRuntime,
  like: FloatArray,
  factors: Float64Array,
): [Float64Array, (pointer: number, rows: number, first: number, length: number) => void] {
  if (!factors.some((factor) => isExtreme(like, factor))) return [factors, () => {}];
  const bytes = like.BYTES_PER_ELEMENT;
  return [
    factors.map((factor) => (isExtreme(like, factor) ? 1 : factor)),
    (pointer, rows, first, length) => {
      for (let n = 0; n < rows; n++) {
        const factor = factors[first + n];
        if (isExtreme(like, factor)) multiply(runtime, like, pointer + n * length * bytes, length, factor);
      }
    },
  ];
}
