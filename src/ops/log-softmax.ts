import { logSoftmax as reference, logSoftmaxBackward as referenceBackward } from '../reference/log-softmax.ts';
import type { Host } from '../runtime.ts';
import type { Backward, Forward, ScaledOptions } from '../types.ts';
import { type DerivativeOperation, type DerivativeSteps, derivative } from './derivative.ts';
import { type ForwardOperation, forward } from './forward.ts';
import { scaled } from './options.ts';

const operation: ForwardOperation = {
  name: 'logSoftmax',
  kernel: 'log_softmax',
  reference,
  options: scaled,
  sign: 1,
  reduces: false,
  minLength: 0,
};

const gradient: DerivativeOperation = {
  name: 'logSoftmaxBackward',
  reference: referenceBackward,
  inputs: ['gradOutput', 'output'],
  axes: 1,
};

export const logSoftmax = (host: Host) =>
  ((x: unknown, options?: ScaledOptions) => forward(host(), operation, x, options)) as Forward<ScaledOptions>;

export const logSoftmaxBackward = (host: Host, steps?: DerivativeSteps) =>
  ((gradOutput: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, gradient, [gradOutput, output], options)) as Backward<ScaledOptions>;
