import { nllLoss as reference } from '../reference/nll-loss.ts';
import type { Host } from '../runtime.ts';
import type { Labels, Loss, LossOptions, LossWithGradient } from '../types.ts';
import { type LossOperation, loss } from './loss.ts';
import { losses, lossGradients } from './options.ts';

const operation: LossOperation = {
  name: 'nllLoss',
  input: 'logProbabilities',
  options: losses,
  soft: false,
  withGradient: false,
  reference,
};

const withGradient: LossOperation = {
  name: 'nllLossWithGradient',
  input: 'logProbabilities',
  options: lossGradients,
  soft: false,
  withGradient: true,
  reference,
};

/** Without steps: a gather and a fill have nothing for a kernel to do. */
export const nllLoss = (host: Host) =>
  ((logProbabilities: unknown, targets: unknown, options?: LossOptions) =>
    loss(host(), undefined, operation, logProbabilities, targets, options).loss) as Loss<LossOptions, Labels>;

export const nllLossWithGradient = (host: Host) =>
  ((logProbabilities: unknown, targets: unknown, options?: LossOptions) =>
    loss(host(), undefined, withGradient, logProbabilities, targets, options)) as LossWithGradient<LossOptions, Labels>;
