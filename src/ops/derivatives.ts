import { softmaxHvp as hvp, logSoftmaxHvp as logHvp, logSoftmaxJvp as logJvp } from '../reference/derivatives.ts';
import { softmaxBackward } from '../reference/softmax.ts';
import type { Host } from '../runtime.ts';
import type { Backward, Hvp, ScaledOptions } from '../types.ts';
import { type DerivativeOperation, type DerivativeSteps, derivative } from './derivative.ts';

/** The Jacobian of softmax is symmetric: its product with a tangent is that with a gradient. */
const forwardMode: DerivativeOperation = {
  name: 'softmaxJvp',
  reference: softmaxBackward,
  inputs: ['tangent', 'output'],
  axes: 1,
};

const logForwardMode: DerivativeOperation = {
  name: 'logSoftmaxJvp',
  reference: logJvp,
  inputs: ['tangent', 'output'],
  axes: 1,
};

const second: DerivativeOperation = {
  name: 'softmaxHvp',
  reference: hvp,
  inputs: ['gradOutput', 'output', 'vector'],
  axes: 1,
};

const logSecond: DerivativeOperation = {
  name: 'logSoftmaxHvp',
  reference: logHvp,
  inputs: ['gradOutput', 'output', 'vector'],
  axes: 1,
};

export const softmaxJvp = (host: Host, steps?: DerivativeSteps) =>
  ((tangent: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, forwardMode, [tangent, output], options)) as Backward<ScaledOptions>;

export const logSoftmaxJvp = (host: Host, steps?: DerivativeSteps) =>
  ((tangent: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, logForwardMode, [tangent, output], options)) as Backward<ScaledOptions>;

export const softmaxHvp = (host: Host, steps?: DerivativeSteps) =>
  ((gradOutput: unknown, output: unknown, vector: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, second, [gradOutput, output, vector], options)) as Hvp<ScaledOptions>;

export const logSoftmaxHvp = (host: Host, steps?: DerivativeSteps) =>
  ((gradOutput: unknown, output: unknown, vector: unknown, options?: ScaledOptions) =>
    derivative(host(), steps, logSecond, [gradOutput, output, vector], options)) as Hvp<ScaledOptions>;
