import { checkOptions, emptyLike, extentOf, floatArray, inFormOf, outArray, targetsOf } from '../check.ts';
import { nllLoss as reference } from '../reference/nll-loss.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { GradientOptions, Labels, Loss, LossOptions, LossWithGradient } from '../types.ts';
import { lossOf } from './loss.ts';
import { lossGradients, losses as options } from './options.ts';

/** A gather and a fill, on every backend: there is nothing for a kernel to do. */
function run(
  runtime: Runtime,
  name: string,
  withGradient: boolean,
  logProbabilities: unknown,
  targets: unknown,
  settings: LossOptions & GradientOptions = {},
): { loss: unknown; gradient: unknown } {
  checkAlive(name, runtime);
  checkOptions(name, settings, withGradient ? lossGradients : options);
  const x = floatArray(name, 'logProbabilities', logProbabilities);
  const extent = extentOf(name, 'logProbabilities', logProbabilities, x.length, settings.shape, settings.axis);
  const checked = targetsOf(name, targets, extent, false);
  const { terms, reduce } = lossOf(name, 'logProbabilities', x, extent, checked, settings, 1);
  const { out } = settings;
  const target = outArray(name, out, x.length, 'logProbabilities', x);

  const { outer, length, inner } = extent;
  const losses = new Float64Array(outer * inner);
  const gradient = withGradient ? (target ?? emptyLike(x, x.length)) : undefined;
  reference(x, gradient, terms, losses, outer, length, inner);
  return {
    loss: reduce(losses, logProbabilities),
    gradient: out ?? (gradient && inFormOf(logProbabilities, gradient, extent.shape)),
  };
}

export const nllLoss = (host: Host) =>
  ((logProbabilities: unknown, targets: unknown, settings?: LossOptions) =>
    run(host(), 'nllLoss', false, logProbabilities, targets, settings).loss) as Loss<LossOptions, Labels>;

export const nllLossWithGradient = (host: Host) =>
  ((logProbabilities: unknown, targets: unknown, settings?: LossOptions) =>
    run(host(), 'nllLossWithGradient', true, logProbabilities, targets, settings)) as unknown as LossWithGradient<
    LossOptions,
    Labels
  >;
