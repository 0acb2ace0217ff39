// The TypeScript face of assembly/index.ts. Pointers are byte offsets, aligned to the element size; counts are elements;
// a tensor is [outer, length, inner], row-major, each at least 1. What the arguments mean: assembly/README.md.

type Pointer = number;

/** The kernels; the binary exports each with the suffix _f32 and with _f64. */
export interface Kernels {
  softmax(x: Pointer, y: Pointer, outer: number, length: number, inner: number, scale: number): void;
  log_softmax(x: Pointer, y: Pointer, outer: number, length: number, inner: number, scale: number): void;
  log_sum_exp(x: Pointer, y: Pointer, outer: number, length: number, inner: number, scale: number): void;
  hardmax(x: Pointer, y: Pointer, outer: number, length: number, inner: number): void;
  softmax_backward(
    gradOutput: Pointer,
    output: Pointer,
    gradInput: Pointer,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void;
  log_softmax_backward(
    gradOutput: Pointer,
    output: Pointer,
    gradInput: Pointer,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void;
  // From here on, on contiguous rows.
  log_softmax_jvp(tangent: Pointer, output: Pointer, y: Pointer, rows: number, length: number, scale: number): void;
  softmax_hvp(
    gradOutput: Pointer,
    output: Pointer,
    vector: Pointer,
    y: Pointer,
    rows: number,
    length: number,
    scale: number,
  ): void;
  log_softmax_hvp(
    gradOutput: Pointer,
    output: Pointer,
    vector: Pointer,
    y: Pointer,
    rows: number,
    length: number,
    scale: number,
  ): void;
  cross_entropy(
    logits: Pointer,
    gradient: Pointer,
    targets: Pointer,
    targetStride: number,
    labels: Pointer,
    coefficients: Pointer,
    factors: Pointer,
    losses: Pointer,
    rows: number,
    length: number,
    scale: number,
  ): void;
  matmul(
    a: Pointer,
    aRowStride: number,
    aColumnStride: number,
    b: Pointer,
    c: Pointer,
    m: number,
    n: number,
    k: number,
    accumulate: 0 | 1,
  ): void;
  transpose(x: Pointer, y: Pointer, rows: number, columns: number): void;
}

/** Passes over one row of float32, for sampling; the binary exports each with the suffix _f32. */
export interface RowPasses {
  block_maxima(x: Pointer, maxima: Pointer, length: number): number;
  weigh(x: Pointer, weights: Pointer, masses: Pointer, length: number, max: number, scale: number, unit: number): void;
  mass_from(x: Pointer, weights: Pointer, length: number, threshold: number, unit: number): number;
}

export type KernelName = keyof Kernels;

/** Everything the binary exports. */
export type Abi = {
  readonly memory: WebAssembly.Memory;
  /** The first byte that the kernels leave free. */
  readonly heap_base: WebAssembly.Global;
  /** Not 0 in the relaxed build. */
  readonly relaxed: WebAssembly.Global;
} & { readonly [K in KernelName as `${K}_f32` | `${K}_f64`]: Kernels[K] } & {
  readonly [K in keyof RowPasses as `${K}_f32`]: RowPasses[K];
};

/** The names of {@link Kernels}; one that is missing here, or not there, does not compile. */
export const kernelNames = Object.keys({
  softmax: true,
  log_softmax: true,
  log_sum_exp: true,
  hardmax: true,
  softmax_backward: true,
  log_softmax_backward: true,
  log_softmax_jvp: true,
  softmax_hvp: true,
  log_softmax_hvp: true,
  cross_entropy: true,
  matmul: true,
  transpose: true,
} satisfies Record<KernelName, true>) as KernelName[];

/** The names of {@link RowPasses}, as above. */
export const rowPassNames = Object.keys({
  block_maxima: true,
  weigh: true,
  mass_from: true,
} satisfies Record<keyof RowPasses, true>) as (keyof RowPasses)[];

/** @throws TypeError if the module is not one of ours. `name` begins the message. */
export function checkAbi(name: string, exports: WebAssembly.Exports): Abi {
  const needed = [
    'memory',
    'heap_base',
    'relaxed',
    ...kernelNames.flatMap((kernel) => [`${kernel}_f32`, `${kernel}_f64`]),
    ...rowPassNames.map((pass) => `${pass}_f32`),
  ];
  const missing = needed.filter((key) => !(key in exports));
  if (missing.length > 0) {
    throw new TypeError(
      `${name}: module lacks the exports ${missing.join(', ')}; allowed are softmax.simd.wasm and softmax.relaxed.wasm of this version.`,
    );
  }
  return exports as unknown as Abi;
}
