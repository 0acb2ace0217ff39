// What the losses share: targets and options become the terms of each row, and the losses of the rows one.

import {
  type CheckedTargets,
  checkDistinct,
  checkInteger,
  checkOptions,
  checkPart,
  checkSameType,
  checkShape,
  checkWord,
  type Extent,
  emptyLike,
  extentOf,
  floatArray,
  inFormOf,
  labelArray,
  outArray,
  rowShape,
  scaleOf,
  targetsOf,
} from '../check.ts';
import type { LossTerms, crossEntropy as reference } from '../reference/cross-entropy.ts';
import { sum } from '../reference/slices.ts';
import { checkAlive, type Runtime } from '../runtime.ts';
import type { CrossEntropyOptions, FloatArray, GradientOptions, Input, LossReduction } from '../types.ts';
import type { crossEntropy as kernels } from '../wasm/losses.ts';
import { factorOf } from './derivative.ts';

/** A loss of one tensor. */
export interface LossOperation {
  readonly name: string;
  /** The name of the tensor. */
  readonly input: string;
  /** The names of its options. */
  readonly options: readonly string[];
  /** Whether targets may be probabilities. */
  readonly soft: boolean;
  readonly withGradient: boolean;
  readonly reference: typeof reference;
}

const IGNORE_INDEX = -100;
const reductions = ['mean', 'sum', 'none'] as const;

/** A loss whose arguments are checked. */
export interface CheckedLoss {
  readonly terms: LossTerms;
  /** The losses of the rows in the form asked for. `x` is the argument that decides it. */
  reduce(losses: Float64Array, x: unknown): unknown;
}

/** The options of {@link lossOf}. */
export type LossSettings = Omit<CrossEntropyOptions & GradientOptions, 'shape' | 'axis' | 'out' | 'temperature'>;

/** Check, stage, call, return: the same for every loss of one tensor. */
export function loss(
  runtime: Runtime,
  steps: typeof kernels | undefined,
  { name, input, options: allowed, soft, withGradient, reference }: LossOperation,
  value: unknown,
  targets: unknown,
  options: CrossEntropyOptions & GradientOptions = {},
): { loss: unknown; gradient: unknown } {
  checkAlive(name, runtime);
  checkOptions(name, options, allowed);
  const x = floatArray(name, input, value);
  const extent = extentOf(name, input, value, x.length, options.shape, options.axis);
  const checked = targetsOf(name, targets, extent, soft);
  const scale = allowed.includes('temperature') ? scaleOf(name, options.temperature, undefined) : 1;
  const { terms, reduce } = lossOf(name, input, x, extent, checked, options, factorOf(scale));
  const { out } = options;
  const target = outArray(name, out, x.length, input, x);
  if (target && terms.targets) checkDistinct(name, target, 'targets', terms.targets);

  const { outer, length, inner } = extent;
  const losses = new Float64Array(outer * inner);
  const gradient = withGradient ? (target ?? emptyLike(x, x.length)) : undefined;
  if (x.length > 0) runtime.run(steps, reference, name, x, gradient, terms, losses, outer, length, inner, scale);
  return {
    loss: reduce(losses, value),
    gradient: out ?? (gradient && inFormOf(value, gradient, extent.shape)),
  };
}

/**
 * Checks targets and options.
 * @param like the array whose element type is that of the loss; `label` is its name
 * @param factor what each row's gradient is multiplied by, besides what the reduction asks for
 * @param weightLabel the name of the option with a factor for each class
 */
export function lossOf(
  name: string,
  label: string,
  like: FloatArray,
  extent: Extent,
  targets: CheckedTargets,
  settings: LossSettings,
  factor: number,
  weightLabel = 'weight',
): CheckedLoss {
  const { outer, length: classes, inner } = extent;
  const rows = outer * inner;
  const { labelSmoothing: smoothing = 0, ignoreIndex = IGNORE_INDEX, emptyMean = 'nan' } = settings;
  checkPart(name, 'labelSmoothing', smoothing);
  checkInteger(name, 'ignoreIndex', ignoreIndex, -Infinity, Infinity, 'integers');
  checkWord(name, 'emptyMean', emptyMean, ['nan', 'zero']);
  const weight = vector(name, weightLabel, settings.weight, classes);
  const [reduction, gradOutput] = reductionOf(name, label, like, extent, settings);
  const weightOf = (k: number) => weight?.[k] ?? 1;
  const spread = (k: number) => (smoothing / classes) * weightOf(k);

  let labels: Int32Array | undefined;
  let coefficients: Float64Array | undefined;
  let soft: FloatArray | undefined;
  let divisor = rows;
  if (targets.labels) {
    const checked = labelArray(name, targets.labels, classes, ignoreIndex);
    labels = checked;
    divisor = sum(rows, (n) => (checked[n] < 0 ? 0 : weightOf(checked[n])));
    if (weight || smoothing > 0) {
      coefficients = Float64Array.from(checked, (k) => (k < 0 ? 0 : (1 - smoothing) * weightOf(k)));
    }
    if (smoothing > 0) {
      soft = emptyLike(like, classes);
      for (let k = 0; k < classes; k++) soft[k] = spread(k);
    }
  } else {
    const { probabilities } = targets;
    if (ignoreIndex >= 0) {
      throw new TypeError(
        `${name}: ignoreIndex is ${ignoreIndex} and targets are probabilities; allowed is ignoreIndex with labels.`,
      );
    }
    soft = probabilities;
    if (weight || smoothing > 0 || soft.BYTES_PER_ELEMENT !== like.BYTES_PER_ELEMENT) {
      soft = emptyLike(like, probabilities.length);
      for (let i = 0; i < soft.length; i++) {
        const k = Math.floor(i / inner) % classes;
        soft[i] = weightOf(k) * (1 - smoothing) * probabilities[i] + spread(k);
      }
    }
  }

  return {
    terms: {
      labels,
      coefficients,
      targets: soft,
      sharesTargets: labels !== undefined,
      factors: factorsOf(reduction, gradOutput, rows, divisor, factor),
    },
    reduce(losses, x) {
      if (reduction === 'none') {
        const result = emptyLike(like, rows);
        result.set(losses);
        return inFormOf(x, result, rowShape(extent));
      }
      const total = sum(rows, (n) => losses[n]);
      if (reduction === 'sum') return total;
      if (divisor === 0) return emptyMean === 'zero' ? 0 : NaN;
      return total / divisor;
    },
  };
}

/** What each row's gradient is multiplied by: of a mean of nothing, 0. */
export function factorsOf(
  reduction: LossReduction,
  gradOutput: FloatArray | undefined,
  rows: number,
  divisor: number,
  factor: number,
): Float64Array {
  if (gradOutput) return Float64Array.from(gradOutput, (g) => g * factor);
  return new Float64Array(rows).fill(reduction !== 'mean' ? factor : divisor === 0 ? 0 : factor / divisor);
}

/** `reduction`, and `gradOutput`, which only goes with 'none'. */
export function reductionOf(
  name: string,
  label: string,
  like: FloatArray,
  extent: Extent,
  settings: { reduction?: LossReduction | undefined; gradOutput?: Input | undefined },
): [LossReduction, FloatArray | undefined] {
  const { reduction: wanted = 'mean' } = settings;
  const reduction = checkWord(name, 'reduction', wanted, reductions);
  if (settings.gradOutput === undefined) return [reduction, undefined];
  if (reduction !== 'none') {
    throw new TypeError(`${name}: gradOutput is given with reduction '${reduction}'; allowed is reduction 'none'.`);
  }
  const gradOutput = floatArray(name, 'gradOutput', settings.gradOutput);
  checkSameType(name, label, like, 'gradOutput', gradOutput);
  checkShape(name, 'gradOutput', settings.gradOutput, gradOutput.length, rowShape(extent));
  return [reduction, gradOutput];
}

/** An optional argument with one number for each class. */
export function vector(name: string, label: string, value: unknown, classes: number): FloatArray | undefined {
  if (value === undefined) return undefined;
  const array = floatArray(name, label, value);
  checkShape(name, label, value, array.length, [classes]);
  return array;
}
