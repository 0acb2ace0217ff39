import {
  checkOptions,
  checkOverlap,
  checkSameType,
  checkShape,
  emptyLike,
  extentOf,
  floatArray,
  inFormOf,
  outArray,
  scaleOf,
} from '../check.ts';
import { crossEntropy as reference, crossEntropyHvp as referenceHvp } from '../reference/cross-entropy.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { Backward, CrossEntropyHvpOptions, CrossEntropyOptions, Loss, LossWithGradient } from '../types.ts';
import type * as kernels from '../wasm/losses.ts';
import { factorOf } from './derivative.ts';
import { factorsOf, type LossOperation, loss, reductionOf } from './loss.ts';
import { crossEntropies, crossEntropyGradients, crossEntropyProducts } from './options.ts';

export type Steps = typeof kernels.crossEntropy;
type HvpSteps = typeof kernels.crossEntropyHvp;

const operation: LossOperation = {
  name: 'crossEntropy',
  input: 'logits',
  options: crossEntropies,
  soft: true,
  withGradient: false,
  reference,
};

const withGradient: LossOperation = {
  name: 'crossEntropyWithGradient',
  input: 'logits',
  options: crossEntropyGradients,
  soft: true,
  withGradient: true,
  reference,
};

export const crossEntropy = (host: Host, steps?: Steps) =>
  ((logits: unknown, targets: unknown, options?: CrossEntropyOptions) =>
    loss(host(), steps, operation, logits, targets, options).loss) as Loss<CrossEntropyOptions>;

export const crossEntropyWithGradient = (host: Host, steps?: Steps) =>
  ((logits: unknown, targets: unknown, options?: CrossEntropyOptions) =>
    loss(host(), steps, withGradient, logits, targets, options)) as LossWithGradient<CrossEntropyOptions>;

function runHvp(
  runtime: Runtime,
  steps: HvpSteps | undefined,
  logits: unknown,
  vector: unknown,
  options: CrossEntropyHvpOptions = {},
): unknown {
  const name = 'crossEntropyHvp';
  checkAlive(name, runtime);
  checkOptions(name, options, crossEntropyProducts);
  const x = floatArray(name, 'logits', logits);
  const v = floatArray(name, 'vector', vector);
  checkSameType(name, 'logits', x, 'vector', v);
  const extent = extentOf(name, 'logits', logits, x.length, options.shape, options.axis);
  checkShape(name, 'vector', vector, v.length, extent.shape);
  const scale = scaleOf(name, options.temperature, undefined);
  const [reduction, gradOutput] = reductionOf(name, 'logits', x, extent, options);
  const { out } = options;
  const target = outArray(name, out, x.length, 'logits', x);
  if (target) checkOverlap(name, target, 'vector', v);

  const { outer, length, inner } = extent;
  const y = target ?? emptyLike(x, x.length);
  const squared = Math.min(factorOf(scale) ** 2, Number.MAX_VALUE); // 0 · ∞ is not 0
  const factors = factorsOf(reduction, gradOutput, outer * inner, outer * inner, squared);
  if (x.length > 0) runtime.run(steps, referenceHvp, name, x, v, y, factors, outer, length, inner, scale);
  return out ?? inFormOf(logits, y, extent.shape);
}

export const crossEntropyHvp = (host: Host, steps?: HvpSteps) =>
  ((logits: unknown, vector: unknown, options?: CrossEntropyHvpOptions) =>
    runHvp(host(), steps, logits, vector, options)) as Backward<CrossEntropyHvpOptions>;
