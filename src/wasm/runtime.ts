import { emptyLike, isFloat32 } from '../check.ts';
import type { Backend, BinaryOperation, RowOperation, Runtime, Steps, UnaryOperation } from '../runtime.ts';
import type { DType, FloatArray } from '../types.ts';
import { type Abi, type Kernels, kernelNames, type RowPasses, rowPassNames } from './abi.ts';
import { Arena, STAGING_BYTES } from './arena.ts';
import { WasmBuffer } from './buffer.ts';
import { isExtreme } from './factors.ts';
import { type RowOperand, stageRows } from './rows.ts';
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
    const width = count / (outer * inner);
    if (operation.kernel === 'log_sum_exp' && !Number.isFinite(scale)) {
      const result = y ?? emptyLike(x, count); // a limit that is the maximum · ∞ nearly everywhere: not worth a kernel
      operation.reference(x, result, outer, length, inner, scale);
      return result;
    }
    if (inner > 1 && !isFloat32(x)) {
      const result = y ?? emptyLike(x, count);
      const operands: RowOperand[] = [
        { array: x, width: length, role: 'read', sliced: true },
        { array: result, width, role: 'write', sliced: width === length, over: width === length ? 0 : undefined },
      ];
      this.stageRows(operation.name, operands, outer, inner, (p, rows) => kernel(p[0], p[1], rows, length, 1, scale));
      return result;
    }
    const px = arena.pointerTo(x);
    const py = y === undefined ? 0 : arena.pointerTo(y);

    if (y !== undefined && px !== 0 && py !== 0) {
      kernel(px, py, outer, length, inner, scale);
      return y;
    }
    const bytes = px === 0 ? x.byteLength : count * x.BYTES_PER_ELEMENT;
    if (arena.hasRoom(bytes)) {
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
    const operands = [
      { array: x, rows: length, written: false },
      { array: result, rows: width, written: true },
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
    const plain = this.kernels(a)[operation.kernel];
    const kernel: typeof plain = isExtreme(a, scale)
      ? (g, s, to, o, l, i) => {
          plain(g, s, to, o, l, i, 1);
          this.multiply(a, to, o * l * i, scale);
        }
      : plain;
    if (inner > 1 && !isFloat32(a)) {
      const result = y ?? emptyLike(a, a.length);
      const operands: RowOperand[] = [
        { array: a, width: length, role: 'read', sliced: true },
        { array: b, width: length, role: 'read', sliced: true },
        { array: result, width: length, role: 'write', sliced: true, over: 0 },
      ];
      this.stageRows(operation.name, operands, outer, inner, (p, rows) =>
        kernel(p[0], p[1], p[2], rows, length, 1, scale),
      );
      return result;
    }
    const pa = arena.pointerTo(a);
    const pb = arena.pointerTo(b);
    const py = y === undefined ? 0 : arena.pointerTo(y);
    if (y !== undefined && pa !== 0 && pb !== 0 && py !== 0) {
      kernel(pa, pb, py, outer, length, inner, scale);
      return y;
    }
    const bytes = Math.ceil(a.byteLength / 16) * 16;
    const needed = pa === 0 && pb === 0 ? 2 * bytes : bytes;
    if (arena.hasRoom(needed)) {
      const block = arena.borrow(operation.name, needed);
      const second = block + needed - bytes; // where the only operand to be copied, or the second of two, has its place
      try {
        if (pa === 0) arena.write(a, 0, block, a.length);
        if (pb === 0) arena.write(b, 0, second, b.length);
        kernel(pa === 0 ? block : pa, pb === 0 ? second : pb, py === 0 ? block : py, outer, length, inner, scale);
        if (y === undefined) return arena.take(block, a, a.length);
        if (py === 0) arena.read(block, y, 0, y.length);
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

  rows(
    operation: RowOperation,
    inputs: readonly FloatArray[],
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    const { name, kernel: kernelName, backward } = operation;
    if (kernelName === undefined && backward === undefined) {
      operation.reference(inputs, y, outer, length, inner, scale);
      return;
    }
    const operands: RowOperand[] = inputs.map((array) => ({ array, width: length, role: 'read', sliced: true }));
    if (kernelName === undefined) {
      this.#jacobian(name, this.kernels(y)[backward!], operands, y, outer, length, inner);
      return;
    }
    const kernel = this.kernels(y)[kernelName] as (...args: number[]) => void;
    operands.push({ array: y, width: length, role: 'write', sliced: true, over: 0 });
    const power = kernelName === 'log_softmax_jvp' ? 1 : 2;
    const apart = isExtreme(y, scale) || isExtreme(y, scale ** power);
    this.stageRows(name, operands, outer, inner, (pointers, rows) => {
      kernel(...pointers, rows, length, apart ? 1 : scale);
      for (let i = 0; apart && i < power; i++) this.multiply(y, pointers[pointers.length - 1], rows * length, scale);
    });
  }

  /** Row i of a Jacobian J is the backward pass of unit vector i, Jᵀ being what that multiplies by. */
  #jacobian(
    name: string,
    backward: Kernels['log_softmax_backward'],
    operands: RowOperand[],
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
  ): void {
    const units = emptyLike(y, 2 * length - 1); // from element K − 1 − i on, unit vector i
    units[length - 1] = 1;
    operands.push({ array: y, width: length * length, role: 'write', sliced: false });
    operands.push({ array: units, width: units.length, role: 'share', sliced: false });
    const size = y.BYTES_PER_ELEMENT;
    this.stageRows(name, operands, outer, inner, ([output, to, unit], rows) => {
      for (let n = 0; n < rows; n++) {
        for (let i = 0; i < length; i++) {
          const [vector, row] = [unit + (length - 1 - i) * size, to + (n * length + i) * length * size];
          backward(vector, output + n * length * size, row, 1, length, 1, 1);
        }
      }
      const matrices = this.arena.viewLike(y, to, rows * length * length);
      for (let row = 0; row < rows * length; row++) {
        const entries = matrices.subarray(row * length, (row + 1) * length);
        const at = row % length;
        let others = 0;
        for (let j = 0; j < length; j++) if (j !== at) others -= entries[j];
        if (!Number.isNaN(entries[at])) entries[at] = others; // 1 − s is the share of the others: it keeps its digits where s is close to 1
      }
    });
  }

  run<A extends readonly unknown[]>(
    steps: Steps<A> | undefined,
    _reference: (...rest: A) => void,
    name: string,
    ...rest: A
  ): void {
    steps!(this, name, ...rest);
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

  /** Multiplies what a kernel wrote. */
  multiply(like: FloatArray, pointer: number, count: number, factor: number): void {
    const view = this.arena.viewLike(like, pointer, count);
    for (let i = 0; i < count; i++) view[i] *= factor;
  }

  /** {@link stageRows} in this memory. */
  stageRows(
    name: string,
    operands: readonly RowOperand[],
    outer: number,
    inner: number,
    call: (pointers: readonly number[], rows: number, first: number) => void,
  ): void {
    stageRows(this.arena, name, (array) => this.kernels(array).transpose, operands, outer, inner, call);
  }

  /** The kernels for the element type of an array. */
  kernels(array: FloatArray): Kernels {
    return array.BYTES_PER_ELEMENT === 4 ? this.#f32 : this.#f64;
  }
}
