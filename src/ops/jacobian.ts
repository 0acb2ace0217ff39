import { logSoftmaxJacobian as logReference, softmaxJacobian as reference } from '../reference/jacobian.ts';
import type { Host } from '../runtime.ts';
import type { AxisOptions, Expansion } from '../types.ts';
import { type DerivativeOperation, type DerivativeSteps, derivative } from './derivative.ts';

const operation: DerivativeOperation = {
  name: 'softmaxJacobian',
  reference,
  inputs: ['output'],
  axes: 2,
};

const logOperation: DerivativeOperation = {
  name: 'logSoftmaxJacobian',
  reference: logReference,
  inputs: ['output'],
  axes: 2,
};

/** Without steps: a few multiplications for each number that is written are not worth a kernel. */
export const softmaxJacobian = (host: Host) =>
  ((output: unknown, options?: AxisOptions) =>
    derivative(host(), undefined, operation, [output], options)) as Expansion<2>;

export const logSoftmaxJacobian = (host: Host, steps?: DerivativeSteps) =>
  ((output: unknown, options?: AxisOptions) =>
    derivative(host(), steps, logOperation, [output], options)) as Expansion<2>;
