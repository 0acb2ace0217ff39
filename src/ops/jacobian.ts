import { logSoftmaxJacobian as logReference, softmaxJacobian as reference } from '../reference/jacobian.ts';
import type { Host } from '../runtime.ts';
import type { AxisOptions, Expansion } from '../types.ts';
import { type DerivativeOperation, derivative } from './derivative.ts';

const operation: DerivativeOperation = {
  name: 'softmaxJacobian',
  kernel: undefined,
  reference: ([output], y, outer, length, inner) => reference(output, y, outer, length, inner),
  inputs: ['output'],
  axes: 2,
};

const logOperation: DerivativeOperation = {
  name: 'logSoftmaxJacobian',
  kernel: undefined,
  backward: 'log_softmax_backward',
  reference: ([output], y, outer, length, inner) => logReference(output, y, outer, length, inner),
  inputs: ['output'],
  axes: 2,
};

export const softmaxJacobian = (host: Host) =>
  ((output: unknown, options?: AxisOptions) => derivative(host(), operation, [output], options)) as Expansion<2>;

export const logSoftmaxJacobian = (host: Host) =>
  ((output: unknown, options?: AxisOptions) => derivative(host(), logOperation, [output], options)) as Expansion<2>;
