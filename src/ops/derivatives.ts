import { softmaxHvp as hvp, logSoftmaxHvp as logHvp, logSoftmaxJvp as logJvp } from '../reference/derivatives.ts';
import { softmaxBackward } from '../reference/softmax.ts';
import type { Host } from '../runtime.ts';
import type { Backward, Hvp, ScaledOptions } from '../types.ts';
import { type DerivativeOperation, derivative } from './derivative.ts';

/** The Jacobian of softmax is symmetric: its product with a tangent is that with a gradient. */
const forwardMode: DerivativeOperation = {
  name: 'softmaxJvp',
  kernel: 'softmax_backward',
  reference: softmaxBackward,
  inputs: ['tangent', 'output'],
};

const logForwardMode: DerivativeOperation = {
  name: 'logSoftmaxJvp',
  kernel: 'log_softmax_jvp',
  reference: ([tangent, output], ...rest) => logJvp(tangent, output, ...rest),
  inputs: ['tangent', 'output'],
  axes: 1,
};

const second: DerivativeOperation = {
  name: 'softmaxHvp',
  kernel: 'softmax_hvp',
  reference: ([gradOutput, output, vector], ...rest) => hvp(gradOutput, output, vector, ...rest),
  inputs: ['gradOutput', 'output', 'vector'],
  axes: 1,
};

const logSecond: DerivativeOperation = {
  name: 'logSoftmaxHvp',
  kernel: 'log_softmax_hvp',
  reference: ([gradOutput, output, vector], ...rest) => logHvp(gradOutput, output, vector, ...rest),
  inputs: ['gradOutput', 'output', 'vector'],
  axes: 1,
};

export const softmaxJvp = (host: Host) =>
  ((tangent: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), forwardMode, [tangent, output], options)) as Backward<ScaledOptions>;

export const logSoftmaxJvp = (host: Host) =>
  ((tangent: unknown, output: unknown, options?: ScaledOptions) =>
    derivative(host(), logForwardMode, [tangent, output], options)) as Backward<ScaledOptions>;

export const softmaxHvp = (host: Host) =>
  ((gradOutput: unknown, output: unknown, vector: unknown, options?: ScaledOptions) =>
    derivative(host(), second, [gradOutput, output, vector], options)) as Hvp<ScaledOptions>;

export const logSoftmaxHvp = (host: Host) =>
  ((gradOutput: unknown, output: unknown, vector: unknown, options?: ScaledOptions) =>
    derivative(host(), logSecond, [gradOutput, output, vector], options)) as Hvp<ScaledOptions>;
