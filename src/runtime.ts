// What an operation runs on. Operations check their arguments and then hand arrays to a runtime: the JavaScript one
// below, which calls the reference, or the one of src/wasm/runtime.ts, which brings the arrays to the kernels.

import { emptyLike, made } from './check.ts';
import type { MutableNumbers, Numbers } from './reference/slices.ts';
import type { DType, FloatArray } from './types.ts';
import { type BufferOwner, WasmBuffer } from './wasm/buffer.ts';
import type { WasmRuntime } from './wasm/runtime.ts';

/** 'relaxed' and 'simd' are builds of the kernels, 'js' is the reference. */
export type Backend = 'relaxed' | 'simd' | 'js';

/** What an operation does in JavaScript. */
export type Reference<X> = (
  x: X,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
) => void;

/** An operation with one input: its public name, its kernel, and the same in JavaScript. */
export interface UnaryOperation {
  readonly name: string;
  readonly kernel: 'softmax' | 'log_softmax' | 'log_sum_exp' | 'hardmax';
  readonly reference: Reference<Numbers>;
}

/**
 * The steps of an operation around the kernels, where they are more than one call of one on one tensor. The entries that have kernels hand them to the
 * operation: so they are left out of a program that does without it, and the reference stands alone.
 */
export type Steps<A extends readonly unknown[], R = void> = (runtime: WasmRuntime, name: string, ...rest: A) => R;

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
  /** Either of the two, with the same arguments: without steps the reference, on every backend. */
  run<A extends readonly unknown[], R>(
    steps: Steps<A, R> | undefined,
    reference: (...rest: A) => R,
    name: string,
    ...rest: A
  ): R;
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

  run<A extends readonly unknown[], R>(
    _steps: Steps<A, R> | undefined,
    reference: (...rest: A) => R,
    _name: string,
    ...rest: A
  ): R {
    return reference(...rest);
  }

  /** There is no wasm memory here: the buffer is an ordinary array of its own. */
  allocate(name: string, dtype: DType, length: number): WasmBuffer {
    const array = made(name, length, () => (dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)));
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
