// What an operation runs on. Operations check their arguments and then hand arrays to a runtime: the JavaScript one
// below, which calls the reference, or the one of src/wasm/runtime.ts, which brings the arrays to the kernels.

import { emptyLike } from './check.ts';
import { Candidates } from './reference/candidates.ts';
import { crossEntropy, crossEntropyHvp, type LossTerms } from './reference/cross-entropy.ts';
import { type LinearGradients, type LinearLayer, linearCrossEntropy } from './reference/linear-cross-entropy.ts';
import { type Draws, type Filters, sampleRows } from './reference/sample.ts';
import type { MutableNumbers, Numbers } from './reference/slices.ts';
import { topKRows } from './reference/top-k.ts';
import type { DType, FloatArray } from './types.ts';
import { type BufferOwner, WasmBuffer } from './wasm/buffer.ts';

/** 'relaxed' and 'simd' are builds of the kernels, 'js' is the reference. */
export type Backend = 'relaxed' | 'simd' | 'js';

/** An operation with one input: its public name, its kernel, and the same in JavaScript. */
export interface UnaryOperation {
  readonly name: string;
  readonly kernel: 'softmax' | 'log_softmax' | 'log_sum_exp' | 'hardmax';
  readonly reference: (
    x: Numbers,
    y: MutableNumbers,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ) => void;
}

/** An operation with two inputs. */
export interface BinaryOperation {
  readonly name: string;
  readonly kernel: 'softmax_backward' | 'log_softmax_backward';
  readonly reference: (
    a: Numbers,
    b: Numbers,
    y: MutableNumbers,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ) => void;
}

/** An operation whose kernel knows contiguous rows only, with one input or more of one shape. */
export interface RowOperation {
  readonly name: string;
  /** Without one, the reference runs on every backend: a few multiplications for each number that is written. */
  readonly kernel: 'log_softmax_jvp' | 'softmax_hvp' | 'log_softmax_hvp' | undefined;
  /** For a Jacobian that takes more than multiplications: the backward kernel that gives it row by row, from unit vectors. */
  readonly backward?: 'log_softmax_backward';
  /** Axes that the result has in place of the one: where more than one, they are moved last. */
  readonly axes: 1 | 2 | 3;
  readonly reference: (
    inputs: readonly Numbers[],
    y: MutableNumbers,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ) => void;
}

/** The arrays of one call are of one element type, and no count is 0. Without y, the result is a new array of `count` elements. */
export interface Runtime {
  readonly backend: Backend;
  readonly disposed: boolean;
  unary(
    operation: UnaryOperation,
    x: FloatArray,
    y: FloatArray | undefined,
    count: number,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): FloatArray;
  binary(
    operation: BinaryOperation,
    a: FloatArray,
    b: FloatArray,
    y: FloatArray | undefined,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): FloatArray;
  rows(
    operation: RowOperation,
    inputs: readonly FloatArray[],
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void;
  /** The loss of each row; its gradient, if one is given to be written, may be the logits. Targets are of the logits' type. */
  crossEntropy(
    name: string,
    logits: FloatArray,
    gradient: FloatArray | undefined,
    terms: LossTerms,
    losses: Float64Array,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void;
  crossEntropyHvp(
    name: string,
    logits: FloatArray,
    vector: FloatArray,
    y: FloatArray,
    factors: Float64Array,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void;
  linearCrossEntropy(
    name: string,
    layer: LinearLayer<FloatArray>,
    terms: LossTerms,
    losses: Float64Array,
    gradients: LinearGradients<FloatArray>,
    scale: number,
  ): void;
  /** Rows of `length` entries, from 1; tokens [rows, draws.count]. */
  sample(
    name: string,
    logits: FloatArray,
    rows: number,
    length: number,
    filters: Filters,
    draws: Draws,
    tokens: Int32Array,
  ): void;
  /** values, indices: [rows, k]. */
  topK(x: FloatArray, rows: number, length: number, k: number, values: FloatArray, indices: Int32Array): void;
  allocate(name: string, dtype: DType, length: number): WasmBuffer;
  dispose(): void;
}

/** Gives the runtime to use: that of one engine, or the default one, which is made on first use. */
export type Host = () => Runtime;

/** @throws Error if the engine behind the runtime was disposed */
export function checkAlive(name: string, runtime: Runtime): void {
  if (runtime.disposed)
    throw new Error(`${name}: the engine was disposed; allowed is one that was not: create another.`);
}

export class JsRuntime implements Runtime {
  readonly backend = 'js';
  disposed = false;
  readonly #candidates = new Candidates();

  unary(
    operation: UnaryOperation,
    x: FloatArray,
    y: FloatArray | undefined,
    count: number,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): FloatArray {
    const result = y ?? emptyLike(x, count);
    operation.reference(x, result, outer, length, inner, scale);
    return result;
  }

  binary(
    operation: BinaryOperation,
    a: FloatArray,
    b: FloatArray,
    y: FloatArray | undefined,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): FloatArray {
    const result = y ?? emptyLike(a, a.length);
    operation.reference(a, b, result, outer, length, inner, scale);
    return result;
  }

  rows(
    operation: RowOperation,
    inputs: readonly FloatArray[],
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    operation.reference(inputs, y, outer, length, inner, scale);
  }

  crossEntropy(
    _name: string,
    logits: FloatArray,
    gradient: FloatArray | undefined,
    terms: LossTerms,
    losses: Float64Array,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    crossEntropy(logits, gradient, terms, losses, outer, length, inner, scale);
  }

  crossEntropyHvp(
    _name: string,
    logits: FloatArray,
    vector: FloatArray,
    y: FloatArray,
    factors: Float64Array,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    crossEntropyHvp(logits, vector, y, factors, outer, length, inner, scale);
  }

  linearCrossEntropy(
    _name: string,
    layer: LinearLayer<FloatArray>,
    terms: LossTerms,
    losses: Float64Array,
    gradients: LinearGradients<FloatArray>,
    scale: number,
  ): void {
    linearCrossEntropy(layer, terms, losses, gradients, scale);
  }

  sample(
    name: string,
    logits: FloatArray,
    rows: number,
    length: number,
    filters: Filters,
    draws: Draws,
    tokens: Int32Array,
  ): void {
    sampleRows(this.#candidates, name, logits, rows, length, filters, draws, tokens);
  }

  topK(x: FloatArray, rows: number, length: number, k: number, values: FloatArray, indices: Int32Array): void {
    topKRows(this.#candidates, x, rows, length, k, values, indices);
  }

  /** There is no wasm memory here: the buffer is an ordinary array of its own. */
  allocate(_name: string, dtype: DType, length: number): WasmBuffer {
    const array = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
    const runtime = this;
    const owner: BufferOwner = {
      get alive() {
        return !runtime.disposed;
      },
      view: () => array,
      free: () => {},
    };
    return new WasmBuffer(owner, dtype, 0, length);
  }

  dispose(): void {
    this.disposed = true;
  }
}
