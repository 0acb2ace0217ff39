// What an operation runs on. Operations check their arguments and then hand arrays to a runtime: the JavaScript one
// below, which calls the reference, or the one of src/wasm/runtime.ts, which brings the arrays to the kernels.

import { emptyLike } from './check.ts';
import type { MutableNumbers, Numbers } from './reference/slices.ts';
import type { DType, FloatArray } from './types.ts';
import { type BufferOwner, WasmBuffer } from './wasm/buffer.ts';
import type { WasmRuntime } from './wasm/runtime.ts';

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

/**
 * The steps of an operation around the kernels, where one call of one kernel is not all. The entries that have kernels hand them to the
 * operation: so they are left out of a program that does without it, and the reference stands alone.
 */
export type Steps<A extends readonly unknown[]> = (runtime: WasmRuntime, name: string, ...rest: A) => void;

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
  /** Either of the two, with the same arguments. */
  run<A extends readonly unknown[]>(
    steps: Steps<A> | undefined,
    reference: (...rest: A) => void,
    name: string,
    ...rest: A
  ): void;
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

  run<A extends readonly unknown[]>(
    _steps: Steps<A> | undefined,
    reference: (...rest: A) => void,
    _name: string,
    ...rest: A
  ): void {
    reference(...rest);
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
