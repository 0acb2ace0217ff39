// The binaries as another host would use them: pointers and counts, no engine.

import { readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { type Abi, checkAbi } from '../../src/wasm/abi.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';
import { loadSync } from '../../src/wasm/load.ts';
import type { Format } from './ulp.ts';

export type Build = 'simd' | 'relaxed';

/** The bytes of a build as compiled. */
export function binaryOf(build: Build): Buffer<ArrayBuffer> {
  return Buffer.from(readFileSync(new URL(`../../build/softmax.${build}.wasm`, import.meta.url)));
}

/** A suite per build that the host runs; backends.ts says so where one is missing. */
export function onEachBuild(suite: (create: () => Abi) => void): void {
  const builds: [Build, boolean][] = [
    ['simd', hasSimd()],
    ['relaxed', hasRelaxedSimd()],
  ];
  for (const [build, isSupported] of builds) {
    if (isSupported) describe(build, () => suite(() => checkAbi('test', loadSync(binaryOf(build)))));
  }
}

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
