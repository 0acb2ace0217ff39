import { logSumExp as reference } from '../reference/log-sum-exp.ts';
import type { Host } from '../runtime.ts';
import type { Reduction, TemperatureOptions } from '../types.ts';
import { type ForwardOperation, forward } from './forward.ts';
import { tempered } from './options.ts';

const operation: ForwardOperation = {
  name: 'logSumExp',
  kernel: 'log_sum_exp',
  reference,
  options: tempered,
  sign: 1,
  reduces: true,
  minLength: 0,
};

export const logSumExp = (host: Host) =>
  ((x: unknown, options?: TemperatureOptions) =>
    forward(host(), operation, x, options)) as Reduction<TemperatureOptions>;
