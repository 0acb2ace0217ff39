import { softmaxHessian as reference } from '../reference/hessian.ts';
import type { Host } from '../runtime.ts';
import type { AxisOptions, Expansion } from '../types.ts';
import { type DerivativeOperation, derivative } from './derivative.ts';

const operation: DerivativeOperation = {
  name: 'softmaxHessian',
  reference,
  inputs: ['output'],
  axes: 3,
};

/** Without steps, as softmaxJacobian. */
export const softmaxHessian = (host: Host) =>
  ((output: unknown, options?: AxisOptions) =>
    derivative(host(), undefined, operation, [output], options)) as Expansion<3>;
