import type { Backend, BinaryOperation, Runtime, UnaryOperation } from '../runtime.ts';
import type { DType, FloatArray } from '../types.ts';
import { type Abi, type Kernels, kernelNames } from './abi.ts';
import { Arena, SCRATCH_BYTES, STAGING_BYTES } from './arena.ts';
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
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    const { arena } = this;
    const kernel = this.#kernels(x)[operation.kernel];
    const px = arena.pointerTo(x);
    const py = arena.pointerTo(y);

    if (px !== 0 && py !== 0) {
      kernel(px, py, outer, length, inner, scale);
    } else if (px === 0 && py === 0 && x.byteLength <= SCRATCH_BYTES) {
      const { scratch } = arena;
      arena.write(x, 0, scratch, x.length);
      kernel(scratch, scratch, outer, length, inner, scale);
      arena.read(scratch, y, 0, y.length);
    } else {
      const operands = [
        { array: x, rows: length, written: false },
        { array: y, rows: y.length / (outer * inner), written: true },
      ];
      stage(arena, operation.name, operands, outer, length, inner, (p, o, l, i) => kernel(p[0], p[1], o, l, i, scale));
    }
  }

  binary(
    operation: BinaryOperation,
    a: FloatArray,
    b: FloatArray,
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    const { arena } = this;
    const kernel = this.#kernels(a)[operation.kernel];
    const pa = arena.pointerTo(a);
    const pb = arena.pointerTo(b);
    const py = arena.pointerTo(y);

    if (pa !== 0 && pb !== 0 && py !== 0) {
      kernel(pa, pb, py, outer, length, inner, scale);
    } else if (pa === 0 && pb === 0 && py === 0 && a.byteLength <= SCRATCH_BYTES / 2) {
      const { scratch } = arena;
      const second = scratch + SCRATCH_BYTES / 2;
      arena.write(a, 0, scratch, a.length);
      arena.write(b, 0, second, b.length);
      kernel(scratch, second, scratch, outer, length, inner, scale);
      arena.read(scratch, y, 0, y.length);
    } else {
      const operands = [
        { array: a, rows: length, written: false },
        { array: b, rows: length, written: false },
        { array: y, rows: length, written: true },
      ];
      stage(arena, operation.name, operands, outer, length, inner, (p, o, l, i) =>
        kernel(p[0], p[1], p[2], o, l, i, scale),
      );
    }
  }

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
