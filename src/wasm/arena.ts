// The memory of one engine.
//
//   0            heap_base    scratch                first                                         byteLength
//   ├─────────────┼────────────┼──────────────────────┼──────────────────────────────────────────────┤
//   │ static data │ to 16      │ small calls          │ blocks: the staging block, WasmBuffers, gaps │ → grows
//   └─────────────┴────────────┴──────────────────────┴──────────────────────────────────────────────┘
//
// Blocks are 16-byte aligned, first fit from a list of gaps that is sorted by address and in which no two gaps touch.
// The lists live in JavaScript. When the memory grows every view of it becomes empty: nobody else keeps one.

import { emptyLike, isFloat32 } from '../check.ts';
import type { DType, FloatArray } from '../types.ts';
import type { BufferOwner } from './buffer.ts';

/** Calls whose operands fit in this much need no block. */
export const SCRATCH_BYTES = 16 * 1024;

/** Size of the block through which larger operands pass in chunks: they should stay in the processor's cache. */
export const STAGING_BYTES = 256 * 1024;

/** The memory grows by at least this much. */
const GROWTH_BYTES = 1024 * 1024;

const PAGE_BYTES = 64 * 1024;

/** Up to here a loop beats the fixed cost of `set` and `subarray`. */
const LOOP_LENGTH = 48;

/** What can be copied to the memory. */
type Elements = FloatArray | Int32Array;

interface Gap {
  start: number;
  end: number;
}

export class Arena implements BufferOwner {
  /** Byte offset of the scratch area. */
  readonly scratch: number;
  alive = true;
  #memory: WebAssembly.Memory | null;
  #buffer!: ArrayBuffer;
  /** The whole memory, in each element type. */
  #f32!: Float32Array;
  #f64!: Float64Array;
  #i32!: Int32Array;
  readonly #maxBytes: number;
  #gaps: Gap[];
  /** Sizes of the blocks in use, by byte offset. */
  readonly #blocks = new Map<number, number>();
  #staging = 0;

  /** @throws RangeError if the memory is larger than `maxBytes` from the start. */
  constructor(name: string, memory: WebAssembly.Memory, heapBase: number, maxBytes: number) {
    const bytes = memory.buffer.byteLength;
    if (maxBytes < bytes)
      throw new RangeError(`${name}: maxMemoryBytes is ${maxBytes}; allowed are ${bytes} and more.`);
    this.#memory = memory;
    this.#maxBytes = maxBytes;
    this.scratch = align(heapBase);
    this.#gaps = [{ start: this.scratch + SCRATCH_BYTES, end: bytes }];
    this.#look(memory.buffer);
  }

  /** Size of the memory. */
  get bytes(): number {
    return this.#buffer.byteLength;
  }

  /** Bytes in blocks. */
  get usedBytes(): number {
    let sum = 0;
    for (const bytes of this.#blocks.values()) sum += bytes;
    return sum;
  }

  /**
   * The byte offset of an array that lives in this memory, or 0. At 0 lies static data, so no array of ours begins there;
   * and `buffer` is asked only where it must be: V8 makes it on demand for small arrays, which costs more than a small softmax.
   */
  pointerTo(array: Elements): number {
    const offset = array.byteOffset;
    return offset !== 0 && array.buffer === this.#buffer ? offset : 0;
  }

  /** Copies array[start, start + count) to the memory at `pointer`. */
  write(array: Elements, start: number, pointer: number, count: number): void {
    const memory = array instanceof Int32Array ? this.#i32 : this.#like(array);
    copy(array, start, memory, pointer / array.BYTES_PER_ELEMENT, count);
  }

  /** Copies the memory at `pointer` to array[start, start + count). */
  read(pointer: number, array: FloatArray, start: number, count: number): void {
    copy(this.#like(array), pointer / array.BYTES_PER_ELEMENT, array, start, count);
  }

  /** A new array with `count` elements at `pointer`, of the type of `array`. A copy of a view is not filled with zeros first. */
  take(pointer: number, array: FloatArray, count: number): FloatArray {
    if (count > LOOP_LENGTH) {
      const view = this.viewLike(array, pointer, count);
      return isFloat32(array) ? new Float32Array(view) : new Float64Array(view);
    }
    const result = emptyLike(array, count);
    this.read(pointer, result, 0, count);
    return result;
  }

  view(dtype: DType, byteOffset: number, length: number): FloatArray {
    return this.viewLike(dtype === 'float32' ? this.#f32 : this.#f64, byteOffset, length);
  }

  /** A view in the element type of `array`. */
  viewLike(array: FloatArray, byteOffset: number, length: number): FloatArray {
    const start = byteOffset / array.BYTES_PER_ELEMENT;
    return this.#like(array).subarray(start, start + length);
  }

  /**
   * A block of `bytes`, to be given back with {@link free}. Its content is undefined.
   * @throws RangeError if it does not fit within the limit. `name` begins the message.
   */
  allocate(name: string, bytes: number): number {
    const size = align(Math.max(bytes, 1));
    const staging = this.#staging;
    if (staging !== 0 && this.largestBytes() < size) {
      this.free(staging); // a call that allocates does not stage
      this.#staging = 0;
    }
    let gap = this.#gaps.find(({ start, end }) => end - start >= size);
    try {
      gap ??= this.#grow(name, size);
    } catch (error) {
      if (staging !== this.#staging) this.reserveStaging(name); // given up in vain
      throw error;
    }
    const { start } = gap;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(this.#gaps.indexOf(gap), 1);
    this.#blocks.set(start, size);
    return start;
  }

  free(start: number): void {
    const size = this.#blocks.get(start);
    if (size === undefined) return;
    this.#blocks.delete(start);
    this.#addGap(start, start + size);
  }

  /** Whether {@link borrow} gives that much without making a block for the call. */
  hasRoom(bytes: number): boolean {
    return bytes <= SCRATCH_BYTES || bytes <= this.stagingBytes();
  }

  /** Size of the largest block that {@link borrow} can give without making one for the call. */
  stagingBytes(): number {
    return this.#staging !== 0 ? STAGING_BYTES : Math.min(STAGING_BYTES, this.largestBytes());
  }

  /**
   * A block for the length of one call, to be given back with {@link giveBack}: the scratch area, or the standing staging
   * block, made here on first use, unless `bytes` is more or there is no room for it.
   * @throws RangeError as {@link allocate}
   */
  borrow(name: string, bytes: number): number {
    if (bytes <= SCRATCH_BYTES) return this.scratch;
    if (bytes <= STAGING_BYTES) this.reserveStaging(name);
    return bytes <= STAGING_BYTES && this.#staging !== 0 ? this.#staging : this.allocate(name, bytes);
  }

  giveBack(start: number): void {
    if (start !== this.#staging) this.free(start); // which passes over the scratch area
  }

  /**
   * Makes the staging block if there is none and room for it.
   * @throws RangeError if the host refuses it. `name` begins the message.
   */
  reserveStaging(name: string): void {
    if (this.#staging === 0 && this.largestBytes() >= STAGING_BYTES) this.#staging = this.allocate(name, STAGING_BYTES);
  }

  /** Lets go of the memory; whoever still holds a buffer of it finds `alive` false. */
  dispose(): void {
    this.alive = false;
    this.#memory = null;
    this.#look(new ArrayBuffer(0));
  }

  /** Size of the largest block that {@link allocate} could give beside the staging block. */
  largestBytes(): number {
    return this.#gaps.reduce((largest, { start, end }) => Math.max(largest, end - start), this.#limit() - this.#tail());
  }

  /** Where the last gap begins, if it reaches to the end of the memory; else that end. */
  #tail(): number {
    const last = this.#gaps.at(-1);
    return last?.end === this.bytes ? last.start : this.bytes;
  }

  /** The limit, in whole pages. */
  #limit(): number {
    return Math.floor(this.#maxBytes / PAGE_BYTES) * PAGE_BYTES;
  }

  /** Grows the memory so that its last gap has `size` bytes, and returns that gap. */
  #grow(name: string, size: number): Gap {
    const needed = this.#tail() + size;
    const limit = this.#limit();
    if (needed > limit) {
      throw new RangeError(
        `${name}: ${size} bytes of wasm memory are needed in one piece, the largest left is ${this.largestBytes()} of maxMemoryBytes ${this.#maxBytes}; ` +
          `free buffers, or create an engine with a larger maxMemoryBytes.`,
      );
    }
    const before = this.bytes;
    const target = Math.min(Math.max(needed, before + GROWTH_BYTES), limit);
    try {
      this.#memory!.grow(Math.ceil((target - before) / PAGE_BYTES));
    } catch (cause) {
      throw new RangeError(`${name}: the host refused to grow the wasm memory from ${before} to ${target} bytes.`, {
        cause,
      });
    }
    this.#look(this.#memory!.buffer);
    return this.#addGap(before, this.bytes);
  }

  #like(array: FloatArray): FloatArray {
    return isFloat32(array) ? this.#f32 : this.#f64;
  }

  #look(buffer: ArrayBuffer): void {
    this.#buffer = buffer;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
  }

  /** Adds a gap, joined with those that it touches. */
  #addGap(start: number, end: number): Gap {
    const before = this.#gaps.find((gap) => gap.end === start);
    const after = this.#gaps.find((gap) => gap.start === end);
    const joined = { start: before?.start ?? start, end: after?.end ?? end };
    const others = this.#gaps.filter((gap) => gap !== before && gap !== after);
    this.#gaps = [...others, joined].sort((a, b) => a.start - b.start);
    return joined;
  }
}

function copy(from: Elements, fromStart: number, to: Elements, toStart: number, count: number): void {
  if (count <= LOOP_LENGTH) {
    for (let i = 0; i < count; i++) to[toStart + i] = from[fromStart + i];
  } else {
    to.set(count === from.length ? from : from.subarray(fromStart, fromStart + count), toStart);
  }
}

/** The next multiple of 16. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
