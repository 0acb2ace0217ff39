// Cross-entropy and its second derivative on the kernels.

import {
  type LossTerms,
  crossEntropy as reference,
  crossEntropyHvp as referenceHvp,
} from '../reference/cross-entropy.ts';
import { isLimit } from '../reference/slices.ts';
import type { FloatArray } from '../types.ts';
import type { Operand } from './chunks.ts';
import { factorsApart, isTooLarge } from './factors.ts';
import type { WasmRuntime } from './runtime.ts';

/** The loss of each row; its gradient, if one is given to be written, may be the logits. Targets are of the logits' type. */
export function crossEntropy(
  runtime: WasmRuntime,
  name: string,
  logits: FloatArray,
  gradient: FloatArray | undefined,
  terms: LossTerms,
  losses: Float64Array,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  if (isLimit(scale) || isTooLarge(logits, scale)) {
    reference(logits, gradient, terms, losses, outer, length, inner, scale);
    return;
  }
  const { labels, coefficients, targets, sharesTargets } = terms;
  const [factors, apart] = factorsApart(runtime, logits, terms.factors);
  const kernel = runtime.kernels(logits).cross_entropy;
  const operands: Operand[] = [];
  /** The number of an operand, or -1 where there is none. */
  const add = (
    array: Operand['array'] | undefined,
    width: number,
    role: Operand['role'],
    more: Partial<Operand> = {},
  ) => (array ? operands.push({ array, width, role, sliced: false, ...more }) - 1 : -1);
  const x = add(logits, length, 'read', { sliced: true });
  // The loss of labels alone is computed as the loss with the gradient is, which goes nowhere then: one number, whoever asks.
  const g =
    gradient || targets ? add(gradient, length, 'write', { sliced: true, over: [x] }) : add(logits, length, 'work');
  const t = add(targets, length, sharesTargets ? 'share' : 'read', { sliced: !sharesTargets });
  const [y, c, f] = [add(labels, 1, 'read'), add(coefficients, 1, 'read'), add(g < 0 ? undefined : factors, 1, 'read')];
  const l = add(losses, 1, 'write');
  const stride = sharesTargets ? 0 : length * logits.BYTES_PER_ELEMENT;
  runtime.stageRows(name, operands, outer, inner, (p, rows, first) => {
    const at = (i: number) => (i < 0 ? 0 : p[i]);
    kernel(at(x), at(g), at(t), stride, at(y), at(c), at(f), at(l), rows, length, scale);
    if (gradient) apart(p[g], rows, first, length);
  });
}

export function crossEntropyHvp(
  runtime: WasmRuntime,
  name: string,
  logits: FloatArray,
  vector: FloatArray,
  y: FloatArray,
  rowFactors: Float64Array,
  outer: number,
  length: number,
  inner: number,
  scale: number,
): void {
  if (isTooLarge(logits, scale)) {
    referenceHvp(logits, vector, y, rowFactors, outer, length, inner, scale);
    return;
  }
  const [factors, apart] = factorsApart(runtime, logits, rowFactors);
  const { softmax, softmax_backward } = runtime.kernels(logits);
  const operands: Operand[] = [
    { array: logits, width: length, role: 'read', sliced: true },
    { array: vector, width: length, role: 'read', sliced: true },
    { array: y, width: length, role: 'write', sliced: true, over: [1] },
    { array: logits, width: length, role: 'work', sliced: false },
  ];
  const bytes = length * logits.BYTES_PER_ELEMENT;
  const uniform = factors.every((factor) => factor === factors[0]);
  runtime.stageRows(name, operands, outer, inner, ([x, v, to, p], rows, first) => {
    softmax(x, p, rows, length, 1, scale);
    if (uniform) softmax_backward(v, p, to, rows, length, 1, factors[0]);
    else {
      for (let n = 0; n < rows; n++) {
        softmax_backward(v + n * bytes, p + n * bytes, to + n * bytes, 1, length, 1, factors[first + n]);
      }
    }
    apart(to, rows, first, length);
  });
}
