import { emptyLike, isFloat32 } from '../check.ts';
import type { Backend, Runtime, Steps, UnaryOperation } from '../runtime.ts';
import type { DType, FloatArray } from '../types.ts';
import { type Abi, type Kernels, kernelNames, type RowPasses, rowPassNames } from './abi.ts';
import { Arena } from './arena.ts';
import { WasmBuffer } from './buffer.ts';
import { type Operand, operandsOf } from './chunks.ts';
import { isTooLarge } from './factors.ts';
import { stageRows } from './rows.ts';
import { stage } from './staging.ts';

/** Runs the kernels of one instance. */
export class WasmRuntime implements Runtime {
  readonly backend: Backend;
  readonly arena: Arena;
  disposed = false;
  /** The kernels by name, per element type. */
  #f32: Kernels;
  #f64: Kernels;
  /** Passes over rows of float32. */
  readonly passes: RowPasses;

  constructor(name: string, backend: Backend, abi: Abi, maxMemoryBytes: number) {
    this.backend = backend;
    this.arena = new Arena(name, abi.memory, abi.heap_base.value, maxMemoryBytes);
    this.#f32 = Object.fromEntries(kernelNames.map((kernel) => [kernel, abi[`${kernel}_f32`]])) as unknown as Kernels;
    this.#f64 = Object.fromEntries(kernelNames.map((kernel) => [kernel, abi[`${kernel}_f64`]])) as unknown as Kernels;
    this.passes = Object.fromEntries(rowPassNames.map((pass) => [pass, abi[`${pass}_f32`]])) as unknown as RowPasses;
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
    const kernel = this.kernels(x)[operation.kernel];
    // The limit of log-sum-exp is the maximum · ∞ nearly everywhere: not worth a kernel.
    if (isTooLarge(x, scale) || (operation.kernel === 'log_sum_exp' && !Number.isFinite(scale))) {
      const result = y ?? emptyLike(x, count);
      operation.reference(x, result, outer, length, inner, scale);
      return result;
    }
    const turns = turnsAxis(x, inner);
    const px = arena.pointerTo(x);
    const py = y === undefined ? 0 : arena.pointerTo(y);

    if (!turns && y !== undefined && px !== 0 && py !== 0) {
      kernel(px, py, outer, length, inner, scale);
      return y;
    }
    const bytes = px === 0 ? x.byteLength : count * x.BYTES_PER_ELEMENT;
    if (!turns && arena.hasRoom(bytes)) {
      const block = arena.borrow(operation.name, bytes);
      try {
        if (px === 0) arena.write(x, 0, block, x.length);
        kernel(px === 0 ? block : px, py === 0 ? block : py, outer, length, inner, scale);
        if (y === undefined) return arena.take(block, x, count);
        if (py === 0) arena.read(block, y, 0, count);
        return y;
      } finally {
        arena.giveBack(block);
      }
    }
    const result = y ?? emptyLike(x, count);
    const width = count / (outer * inner);
    this.stage(operation.name, [x], result, width, outer, length, inner, (p, o, l, i) =>
      kernel(p[0], p[1], o, l, i, scale),
    );
    return result;
  }

  run<A extends readonly unknown[], R>(
    steps: Steps<A, R> | undefined,
    reference: (...rest: A) => R,
    name: string,
    ...rest: A
  ): R {
    return steps ? steps(this, name, ...rest) : reference(...rest);
  }

  allocate(name: string, dtype: DType, length: number): WasmBuffer {
    const bytes = length * (dtype === 'float32' ? 4 : 8);
    // Made before the first view is handed out, the staging block does not grow the memory under it later, where there is room for both.
    this.arena.reserveStaging(name);
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

  /** Calls a kernel that knows any axis in chunks, for a result of `width` elements a slice. */
  stage(
    name: string,
    inputs: readonly FloatArray[],
    result: FloatArray,
    width: number,
    outer: number,
    length: number,
    inner: number,
    call: (pointers: readonly number[], outer: number, length: number, inner: number) => void,
  ): void {
    const operands = operandsOf(inputs, result, length, width);
    if (turnsAxis(result, inner)) this.stageRows(name, operands, outer, inner, (p, rows) => call(p, rows, length, 1));
    else stage(this.arena, name, operands, outer, length, inner, call);
  }

  /** {@link stageRows} in this memory. */
  stageRows(
    name: string,
    operands: readonly Operand[],
    outer: number,
    inner: number,
    call: (pointers: readonly number[], rows: number, first: number) => void,
  ): void {
    stageRows(this.arena, name, (array) => this.kernels(array).transpose, operands, outer, inner, call);
  }

  /** The kernels for the element type of an array. */
  kernels(array: FloatArray): Kernels {
    return isFloat32(array) ? this.#f32 : this.#f64;
  }
}

/** Whether slices become rows on the way to a kernel that knows any axis in float32: in float64 it knows contiguous rows only. */
export function turnsAxis(like: FloatArray, inner: number): boolean {
  return inner > 1 && !isFloat32(like);
}
