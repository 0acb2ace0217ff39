import { emptyLike } from '../check.ts';
import { type Backend, type BinaryOperation, JsRuntime, type Runtime, type UnaryOperation } from '../runtime.ts';
import type { DType, FloatArray } from '../types.ts';
import { type Abi, type Kernels, kernelNames } from './abi.ts';
import { Arena, STAGING_BYTES } from './arena.ts';
import { WasmBuffer } from './buffer.ts';
import { stage } from './staging.ts';

/** Runs the kernels of one instance. */
export class WasmRuntime implements Runtime {
  readonly backend: Backend;
  readonly arena: Arena;
  disposed = false;
  /** The kernels by name, per element type. */
  #f32: Kernels;
  #f64: Kernels;

  constructor(name: string, backend: Backend, abi: Abi, maxMemoryBytes: number) {
    this.backend = backend;
    this.arena = new Arena(name, abi.memory, abi.heap_base.value, maxMemoryBytes);
    this.#f32 = Object.fromEntries(kernelNames.map((kernel) => [kernel, abi[`${kernel}_f32`]])) as unknown as Kernels;
    this.#f64 = Object.fromEntries(kernelNames.map((kernel) => [kernel, abi[`${kernel}_f64`]])) as unknown as Kernels;
  }

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
    const { arena } = this;
    const kernel = this.#kernels(x)[operation.kernel];
    const px = arena.pointerTo(x);
    const py = y === undefined ? 0 : arena.pointerTo(y);

    if (y !== undefined && px !== 0 && py !== 0) {
      kernel(px, py, outer, length, inner, scale);
      return y;
    }
    if (px === 0 && py === 0 && arena.hasRoom(x.byteLength)) {
      const block = arena.borrow(operation.name, x.byteLength);
      try {
        arena.write(x, 0, block, x.length);
        kernel(block, block, outer, length, inner, scale);
        if (y === undefined) return arena.take(block, x, count);
        arena.read(block, y, 0, count);
        return y;
      } finally {
        arena.giveBack(block);
      }
    }
    const result = y ?? emptyLike(x, count);
    const operands = [
      { array: x, rows: length, written: false },
      { array: result, rows: count / (outer * inner), written: true },
    ];
    stage(arena, operation.name, operands, outer, length, inner, (p, o, l, i) => kernel(p[0], p[1], o, l, i, scale));
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
    const { arena } = this;
    const kernel = this.#kernels(a)[operation.kernel];
    const pa = arena.pointerTo(a);
    const pb = arena.pointerTo(b);
    const py = y === undefined ? 0 : arena.pointerTo(y);
    const bytes = Math.ceil(a.byteLength / 16) * 16;

    if (y !== undefined && pa !== 0 && pb !== 0 && py !== 0) {
      kernel(pa, pb, py, outer, length, inner, scale);
      return y;
    }
    if (pa === 0 && pb === 0 && py === 0 && arena.hasRoom(2 * bytes)) {
      const block = arena.borrow(operation.name, 2 * bytes);
      try {
        arena.write(a, 0, block, a.length);
        arena.write(b, 0, block + bytes, b.length);
        kernel(block, block + bytes, block, outer, length, inner, scale);
        if (y === undefined) return arena.take(block, a, a.length);
        arena.read(block, y, 0, y.length);
        return y;
      } finally {
        arena.giveBack(block);
      }
    }
    const result = y ?? emptyLike(a, a.length);
    const operands = [
      { array: a, rows: length, written: false },
      { array: b, rows: length, written: false },
      { array: result, rows: length, written: true },
    ];
    stage(arena, operation.name, operands, outer, length, inner, (p, o, l, i) =>
      kernel(p[0], p[1], p[2], o, l, i, scale),
    );
    return result;
  }

  // In plain JavaScript until their kernels are there.
  readonly #js = new JsRuntime();
  rows: Runtime['rows'] = (...args) => this.#js.rows(...args);
  crossEntropy: Runtime['crossEntropy'] = (...args) => this.#js.crossEntropy(...args);
  crossEntropyHvp: Runtime['crossEntropyHvp'] = (...args) => this.#js.crossEntropyHvp(...args);
  linearCrossEntropy: Runtime['linearCrossEntropy'] = (...args) => this.#js.linearCrossEntropy(...args);

  allocate(name: string, dtype: DType, length: number): WasmBuffer {
    const bytes = length * (dtype === 'float32' ? 4 : 8);
    // Made before the first view is handed out, the staging block does not grow the memory under it later.
    this.arena.reserveStaging(STAGING_BYTES + bytes);
    const pointer = this.arena.allocate(name, bytes);
    const buffer = new WasmBuffer(this.arena, dtype, pointer, length);
    buffer.array.fill(0);
    return buffer;
  }

  dispose(): void {
    this.disposed = true;
    this.arena.dispose();
    this.#f32 = this.#f64 = {} as Kernels;
  }

  #kernels(array: FloatArray): Kernels {
    return array.BYTES_PER_ELEMENT === 4 ? this.#f32 : this.#f64;
  }
}
