/// <reference lib="esnext.disposable" preserve="true" />

import type { DType, FloatArray } from '../types.ts';

/** Where buffers live: the arena of an engine, or plain JavaScript memory. */
export interface BufferOwner {
  /** False once the engine was disposed. */
  readonly alive: boolean;
  view(dtype: DType, byteOffset: number, length: number): FloatArray;
  free(byteOffset: number): void;
}

const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/**
 * An array in the memory of an engine, made by `engine.allocate`. It may stand wherever an array may; an operation
 * whose arguments all live there copies nothing.
 *
 * @example
 * const buffer = engine.allocate('float32', 3);
 * buffer.array.set([1, 2, 3]);
 * engine.softmax(buffer, { out: buffer });
 * buffer.array; // Float32Array [0.0900…, 0.2447…, 0.6652…]
 * buffer.free();
 */
export class WasmBuffer<T extends FloatArray = FloatArray> {
  /** Number of elements. */
  readonly length: number;
  /** Where the buffer begins in the memory, in bytes. */
  readonly byteOffset: number;
  readonly #dtype: DType;
  #owner: BufferOwner | null;
  #view: FloatArray;

  /** Use `engine.allocate`. */
  constructor(owner: BufferOwner, dtype: DType, byteOffset: number, length: number) {
    this.length = length;
    this.byteOffset = byteOffset;
    this.#dtype = dtype;
    this.#owner = owner;
    this.#view = owner.view(dtype, byteOffset, length);
  }

  /**
   * The elements. When the memory grows, earlier views of it become empty; so take this anew after calls that allocate.
   * @throws Error after `free()`, or when the engine was disposed.
   */
  get array(): T {
    if (!this.#owner?.alive) throw new Error(`WasmBuffer.array: ${FREED}`);
    if (this.#view.length !== this.length) this.#view = this.#owner.view(this.#dtype, this.byteOffset, this.length);
    return this.#view as T;
  }

  /** Whether the buffer can no longer be used: it was freed, or its engine was disposed. */
  get freed(): boolean {
    return !this.#owner?.alive;
  }

  /** Gives the memory back. A second call does nothing. */
  free(): void {
    if (this.#owner?.alive) this.#owner.free(this.byteOffset);
    this.#owner = null;
  }

  /** `using buffer = engine.allocate(…)` frees it at the end of the block. */
  [dispose](): void {
    this.free();
  }
}

/** The end of the message about a buffer that is no more. */
export const FREED = 'the WasmBuffer was freed, or its engine disposed; allocate another.';
