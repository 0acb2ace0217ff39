import {
  checkOptions,
  checkOverlap,
  checkSameType,
  checkShape,
  extentOf,
  floatArray,
  inFormOf,
  outArray,
  resultLike,
  scaleOf,
} from '../check.ts';
import { isLimit, type Numbers } from '../reference/slices.ts';
import { checkAlive, type Reference, type Runtime, type Steps } from '../runtime.ts';
import type { FloatArray, ScaledOptions } from '../types.ts';
import { plain, scaled } from './options.ts';

/** A derivative of a forward operation: of arrays of one shape, the forward operation's output among them. */
export interface DerivativeOperation {
  readonly name: string;
  /** The names of the arguments. */
  readonly inputs: readonly string[];
  /** Axes that the result has in place of the one: where more than one, they are moved last. */
  readonly axes: 1 | 2 | 3;
  readonly reference: Reference<readonly Numbers[]>;
}

/** No count is 0. Without y, the result is a new array of `count` elements. */
export type DerivativeSteps = Steps<
  [
    inputs: readonly FloatArray[],
    y: FloatArray | undefined,
    count: number,
    outer: number,
    length: number,
    inner: number,
    scale: number,
  ],
  FloatArray
>;

/** Check, stage, call, return: the same for every derivative. */
export function derivative(
  runtime: Runtime,
  steps: DerivativeSteps | undefined,
  { name, inputs, axes, reference }: DerivativeOperation,
  values: readonly unknown[],
  options: ScaledOptions = {},
): unknown {
  const [first] = values;
  checkAlive(name, runtime);
  checkOptions(name, options, axes === 1 ? scaled : plain);
  const arrays = inputs.map((label, i) => floatArray(name, label, values[i]));
  const [a] = arrays;
  for (let i = 1; i < arrays.length; i++) checkSameType(name, inputs[0], a, inputs[i], arrays[i]);
  const extent = extentOf(name, inputs[0], first, a.length, options.shape, options.axis);
  for (let i = 1; i < arrays.length; i++) checkShape(name, inputs[i], values[i], arrays[i].length, extent.shape);
  const factor = factorOf(scaleOf(name, options.temperature, options.base));
  const { outer, length, inner } = extent;
  const { out } = options;
  const count = outer * inner * length ** axes;
  const target = outArray(name, out, count, inputs[0], a);
  if (target !== undefined) {
    for (let i = 1; i < arrays.length; i++) checkOverlap(name, target, inputs[i], arrays[i]);
  }
  const result = () => target ?? resultLike(name, a, count);
  const refer = (): FloatArray => {
    const y = result();
    reference(arrays, y, outer, length, inner, factor);
    return y;
  };
  const y = count > 0 ? runtime.run(steps, refer, name, arrays, target, count, outer, length, inner, factor) : result();

  if (out !== undefined) return out;
  const { shape, axis } = extent;
  if (axes === 1) return inFormOf(first, y, shape);
  const expanded = [...shape.filter((_, i) => i !== axis), ...new Array<number>(axes).fill(length)];
  return inFormOf(first, y, expanded, options.shape === undefined);
}

/** The factor of a derivative: 0 at both limits of the temperature, where the output does not move with its input. */
export function factorOf(scale: number): number {
  return isLimit(scale) ? 0 : scale;
}
