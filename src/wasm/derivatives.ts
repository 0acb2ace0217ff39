// Derivatives of the forward operations on the kernels.

import { emptyLike, resultLike } from '../check.ts';
import type { DerivativeSteps } from '../ops/derivative.ts';
import { align } from './arena.ts';
import { type Operand, operandsOf } from './chunks.ts';
import { isExtreme, multiply } from './factors.ts';
import { turnsAxis } from './runtime.ts';

type BackwardKernel = 'softmax_backward' | 'log_softmax_backward';

/** A kernel that knows any axis, with two inputs. */
const backward =
  (kernelName: BackwardKernel): DerivativeSteps =>
  (runtime, name, [a, b], y, _count, outer, length, inner, scale) => {
    const { arena } = runtime;
    const plain = runtime.kernels(a)[kernelName];
    const kernel: typeof plain = isExtreme(a, scale)
      ? (g, s, to, o, l, i) => {
          plain(g, s, to, o, l, i, 1);
          multiply(runtime, a, to, o * l * i, scale);
        }
      : plain;
    const turns = turnsAxis(a, inner);
    const pa = arena.pointerTo(a);
    const pb = arena.pointerTo(b);
    const py = y === undefined ? 0 : arena.pointerTo(y);
    if (!turns && y !== undefined && pa !== 0 && pb !== 0 && py !== 0) {
      kernel(pa, pb, py, outer, length, inner, scale);
      return y;
    }
    const bytes = align(a.byteLength);
    const needed = pa === 0 && pb === 0 ? 2 * bytes : bytes;
    if (!turns && arena.hasRoom(needed)) {
      const block = arena.borrow(name, needed);
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
    runtime.stage(name, [a, b], result, length, outer, length, inner, (p, o, l, i) =>
      kernel(p[0], p[1], p[2], o, l, i, scale),
    );
    return result;
  };

/** A kernel that knows contiguous rows only and multiplies by scale^power, with one input or more of one shape. */
const rows =
  (kernelName: 'log_softmax_jvp' | 'softmax_hvp' | 'log_softmax_hvp', power: 1 | 2): DerivativeSteps =>
  (runtime, name, inputs, y, count, outer, length, inner, scale) => {
    const result = y ?? resultLike(name, inputs[0], count);
    const kernel = runtime.kernels(result)[kernelName] as (...args: number[]) => void;
    const apart = isExtreme(result, scale) || isExtreme(result, scale ** power);
    runtime.stageRows(name, operandsOf(inputs, result, length, length), outer, inner, (pointers, n) => {
      kernel(...pointers, n, length, apart ? 1 : scale);
      for (let i = 0; apart && i < power; i++)
        multiply(runtime, result, pointers[pointers.length - 1], n * length, scale);
    });
    return result;
  };

/** Row i of a Jacobian J is the backward pass of unit vector i, Jᵀ being what that multiplies by. */
const jacobian =
  (kernelName: BackwardKernel): DerivativeSteps =>
  (runtime, name, [output], y, count, outer, length, inner) => {
    const result = y ?? resultLike(name, output, count);
    const kernel = runtime.kernels(result)[kernelName];
    const units = emptyLike(result, 2 * length - 1); // from element K − 1 − i on, unit vector i
    units[length - 1] = 1;
    const operands: Operand[] = [
      { array: output, width: length, role: 'read', sliced: true },
      { array: result, width: length * length, role: 'write', sliced: false },
      { array: units, width: units.length, role: 'share', sliced: false },
    ];
    const size = result.BYTES_PER_ELEMENT;
    runtime.stageRows(name, operands, outer, inner, ([from, to, unit], n) => {
      for (let slice = 0; slice < n; slice++) {
        for (let i = 0; i < length; i++) {
          const [vector, row] = [unit + (length - 1 - i) * size, to + (slice * length + i) * length * size];
          kernel(vector, from + slice * length * size, row, 1, length, 1, 1);
        }
      }
      const matrices = runtime.arena.viewLike(result, to, n * length * length);
      for (let row = 0; row < n * length; row++) {
        const entries = matrices.subarray(row * length, (row + 1) * length);
        const at = row % length;
        let others = 0;
        for (let j = 0; j < length; j++) if (j !== at) others -= entries[j];
        if (!Number.isNaN(entries[at])) entries[at] = others; // 1 − s is the share of the others: it keeps its digits where s is close to 1
      }
    });
    return result;
  };

export const softmaxBackward: DerivativeSteps = /* @__PURE__ */ backward('softmax_backward');
export const logSoftmaxBackward: DerivativeSteps = /* @__PURE__ */ backward('log_softmax_backward');
export const logSoftmaxJvp: DerivativeSteps = /* @__PURE__ */ rows('log_softmax_jvp', 1);
export const softmaxHvp: DerivativeSteps = /* @__PURE__ */ rows('softmax_hvp', 2);
export const logSoftmaxHvp: DerivativeSteps = /* @__PURE__ */ rows('log_softmax_hvp', 2);
export const logSoftmaxJacobian: DerivativeSteps = /* @__PURE__ */ jacobian('log_softmax_backward');
