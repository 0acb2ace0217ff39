import { softmax as reference, softmaxBackward as referenceBackward } from '../reference/softmax.ts';
import type { Host } from '../runtime.ts';
import type { Backward, Forward, ScaledOptions } from '../types.ts';
import { type DerivativeOperation, type DerivativeSteps, derivative } from './derivative.ts';
import { type ForwardOperation, forward } from './forward.ts';
import { scaled } from './options.ts';

const operation: ForwardOperation = {
  name: 'softmax',
  kernel: 'softmax',
  reference,
  options: scaled,
  sign: 1,
  reduces: false,
  minLength: 0,
};

const negated: ForwardOperation = { ...operation, name: 'softmin', sign: -1 };

const gradient: DerivativeOperation = {
  name: 'softmaxBackward',
  reference: referenceBackward,
  inputs: ['gradOutput', 'output'],
  axes: 1,
};

export const softmax = (host: Host) =>
  ((x: unknown, options?: ScaledOptions) => forward(host(), operation, x, options)) as Forward<ScaledOptions>;

export const softmin = (host: Host) =>
  ((x: unknown, options?: ScaledOptions) => forward(host(), negated, x, options)) as Forward<ScaledOptions>;

export const softmaxBackward = (host: Host, steps?: DerivativeSteps) =>
  ((gradOutput: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, gradient, [gradOutput, output], options)) as Backward<ScaledOptions>;
