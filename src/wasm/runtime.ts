import { emptyLike } from '../check.ts';
import type { LossTerms } from '../reference/cross-entropy.ts';
import type { LinearGradients, LinearLayer } from '../reference/linear-cross-entropy.ts';
import type { Backend, BinaryOperation, RowOperation, Runtime, UnaryOperation } from '../runtime.ts';
import type { DType, FloatArray } from '../types.ts';
import { type Abi, type Kernels, kernelNames } from './abi.ts';
import { Arena, STAGING_BYTES } from './arena.ts';
import { WasmBuffer } from './buffer.ts';
import { linearCrossEntropy } from './linear.ts';
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

  rows(
    operation: RowOperation,
    inputs: readonly FloatArray[],
    y: FloatArray,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    const { name, axes } = operation;
    const kernel = this.#kernels(y)[operation.kernel] as (...args: number[]) => void;
    const operands: RowOperand[] = inputs.map((array) => ({ array, width: length, role: 'read', sliced: true }));
    if (axes === 1) operands.push({ array: y, width: length, role: 'write', sliced: true, over: 0 });
    else operands.push({ array: y, width: length ** axes, role: 'write', sliced: false });
    this.#stageRows(name, operands, outer, inner, (pointers, rows) => kernel(...pointers, rows, length, scale));
  }

  crossEntropy(
    name: string,
    logits: FloatArray,
    gradient: FloatArray | undefined,
    { labels, coefficients, targets, sharesTargets, factors }: LossTerms,
    losses: Float64Array,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ): void {
    const kernel = this.#kernels(logits).cross_entropy;
    const operands: RowOperand[] = [];
    /** The number of an operand, or -1 where there is none. */
    const add = (
      array: RowOperand['array'] | undefined,
      width: number,
      role: RowOperand['role'],
      more: Partial<RowOperand> = {},
    ) => (array ? operands.push({ array, width, role, sliced: false, ...more }) - 1 : -1);
    const x = add(logits, length, 'read', { sliced: true });
    const g = add(gradient, length, 'write', { sliced: true, over: x });
    const t = add(targets, length, sharesTargets ? 'share' : 'read', { sliced: !sharesTargets });
    const [y, c, f] = [add(labels, 1, 'read'), add(coefficients, 1, 'read'), add(gradient && factors, 1, 'read')];
    const l = add(losses, 1, 'write');
    const stride = sharesTargets ? 0 : length * logits.BYTES_PER_ELEMENT;
    this.#stageRows(name, operands, outer, inner, (p, rows) => {
      const at = (i: number) => (i < 0 ? 0 : p[i]);
      kernel(at(x), at(g), at(t), stride, at(y), at(c), at(f), at(l), rows, length, scale);
    });
  }

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
  ): void {
    const { softmax, softmax_backward } = this.#kernels(logits);
    const operands: RowOperand[] = [
      { array: logits, width: length, role: 'read', sliced: true },
      { array: vector, width: length, role: 'read', sliced: true },
      { array: y, width: length, role: 'write', sliced: true, over: 1 },
      { array: logits, width: length, role: 'work', sliced: false },
    ];
    const bytes = length * logits.BYTES_PER_ELEMENT;
    const uniform = factors.every((factor) => factor === factors[0]);
    this.#stageRows(name, operands, outer, inner, ([x, v, to, p], rows, first) => {
      softmax(x, p, rows, length, 1, scale);
      if (uniform) softmax_backward(v, p, to, rows, length, 1, factors[0]);
      else {
        for (let n = 0; n < rows; n++) {
          softmax_backward(v + n * bytes, p + n * bytes, to + n * bytes, 1, length, 1, factors[first + n]);
        }
      }
    });
  }

  linearCrossEntropy(
    name: string,
    layer: LinearLayer<FloatArray>,
    terms: LossTerms,
    losses: Float64Array,
    gradients: LinearGradients<FloatArray>,
    scale: number,
  ): void {
    linearCrossEntropy(this.arena, name, this.#kernels(layer.features), layer, terms, losses, gradients, scale);
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

  #stageRows(
    name: string,
    operands: readonly RowOperand[],
    outer: number,
    inner: number,
    call: (pointers: readonly number[], rows: number, first: number) => void,
  ): void {
    stageRows(this.arena, name, (array) => this.#kernels(array).transpose, operands, outer, inner, call);
  }

  #kernels(array: FloatArray): Kernels {
    return array.BYTES_PER_ELEMENT === 4 ? this.#f32 : this.#f64;
  }
}
