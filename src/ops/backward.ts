import {
  checkExtent,
  checkOptions,
  checkOverlap,
  checkSameType,
  emptyLike,
  extentOf,
  floatArray,
  outArray,
  plainLike,
  scaleOf,
} from '../check.ts';
import { type BinaryOperation, checkAlive, type Runtime } from '../runtime.ts';
import type { ScaledOptions } from '../types.ts';
import { scaled } from './options.ts';

/** Check, stage, call, return: the same for every gradient of a forward operation. */
export function backward(
  runtime: Runtime,
  operation: BinaryOperation,
  gradOutput: unknown,
  output: unknown,
  options: ScaledOptions = {},
): unknown {
  const { name } = operation;
  checkAlive(name, runtime);
  checkOptions(name, options, scaled);
  const g = floatArray(name, 'gradOutput', gradOutput);
  const s = floatArray(name, 'output', output);
  checkSameType(name, 'gradOutput', g, 'output', s);
  const extent = extentOf(name, 'gradOutput', gradOutput, g.length, options.shape, options.axis);
  checkExtent(name, 'output', output, s.length, extent);
  const factor = factorOf(scaleOf(name, options.temperature, options.base));
  const { out } = options;
  const target = out === undefined ? undefined : outArray(name, out, g.length, 'gradOutput', g);
  if (target !== undefined) checkOverlap(name, target, 'output', s);
  const y =
    g.length > 0
      ? runtime.binary(operation, g, s, target, extent.outer, extent.length, extent.inner, factor)
      : (target ?? emptyLike(g, 0));

  if (out !== undefined) return out;
  return Array.isArray(gradOutput) ? plainLike(gradOutput, y, extent.shape) : y;
}

/** The gradient's factor: 0 at both limits of the temperature, where the output does not move with its input. */
function factorOf(scale: number): number {
  return Number.isFinite(scale) && scale !== Number.MIN_VALUE ? scale : 0;
}
