// The kernels as another host would call them: pointers and counts, no engine.

import type { Abi } from '../../src/wasm/abi.ts';
import type { Format } from './ulp.ts';

/** The kernels of derivatives, by operation. They know contiguous rows only. */
export const rowKernels: Readonly<Record<string, string>> = {
  logSoftmaxJvp: 'log_softmax_jvp',
  softmaxHvp: 'softmax_hvp',
  logSoftmaxHvp: 'log_softmax_hvp',
};

/** Whether a kernel knows slices of other axes than the last. */
export const takesInner = (name: string, format: Format): boolean =>
  name === 'hardmax' || (format === 'float32' && !Object.values(rowKernels).includes(name));

/** An export, by its name without the element type. */
export function exportOf(abi: Abi, name: string, format: Format): (...args: number[]) => void {
  return (abi as unknown as Record<string, (...args: number[]) => void>)[
    `${name}_${format === 'float32' ? 'f32' : 'f64'}`
  ];
}

/** The kernel of an operation: its pointers (inputs, then output), its extent and its scale. */
export function kernelOf(abi: Abi, name: string, format: Format) {
  const kernel = exportOf(abi, name, format);
  const hasInner = !Object.values(rowKernels).includes(name);
  return (pointers: readonly number[], outer: number, length: number, inner: number, scale = 1): void => {
    if (name === 'hardmax') kernel(...pointers, outer, length, inner);
    else if (hasInner) kernel(...pointers, outer, length, inner, scale);
    else kernel(...pointers, outer, length, scale);
  };
}
