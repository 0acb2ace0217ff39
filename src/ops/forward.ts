import { checkOptions, extentOf, floatArray, inFormOf, outArray, resultLike, rowShape, scaleOf } from '../check.ts';
import { checkAlive, type Runtime, type UnaryOperation } from '../runtime.ts';
import type { ScaledOptions } from '../types.ts';

/** An operation on one tensor. */
export interface ForwardOperation extends UnaryOperation {
  /** The names of its options. */
  readonly options: readonly (keyof ScaledOptions)[];
  /** -1: of −x. */
  readonly sign: 1 | -1;
  /** Whether the result has lost the axis. */
  readonly reduces: boolean;
  /** The fewest entries that the axis may have. */
  readonly minLength: 0 | 1;
}

/** Check, stage, call, return: the same for every operation on one tensor. */
export function forward(runtime: Runtime, operation: ForwardOperation, x: unknown, options?: ScaledOptions): unknown {
  const { name, reduces } = operation;
  checkAlive(name, runtime);

  // One vector and no options, with nothing to resolve: the way of the smallest calls.
  if (options === undefined && (x instanceof Float32Array || x instanceof Float64Array) && x.length > 0) {
    return runtime.unary(operation, x, undefined, reduces ? 1 : x.length, 1, x.length, 1, operation.sign);
  }

  if (options !== undefined) checkOptions(name, options, operation.options);
  const { shape, axis, temperature, base, out } = options ?? {};
  const array = floatArray(name, 'x', x);
  const extent = extentOf(name, 'x', x, array.length, shape, axis, operation.minLength);
  const { outer, length, inner } = extent;
  const scale = operation.sign * scaleOf(name, temperature, base);
  const count = reduces ? outer * inner : array.length;
  const target = outArray(name, out, count, 'x', array);
  const y =
    array.length > 0
      ? runtime.unary(operation, array, target, count, outer, length, inner, scale)
      : (target ?? resultLike(name, array, count)).fill(-Infinity); // the logarithm of an empty sum; any other result is empty, too

  if (!Array.isArray(x)) return out ?? y;
  return out ?? inFormOf(x, y, reduces ? rowShape(extent) : extent.shape);
}
