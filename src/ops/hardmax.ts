import { hardmax as reference } from '../reference/hardmax.ts';
import type { Host } from '../runtime.ts';
import type { AxisOptions, Forward } from '../types.ts';
import { type ForwardOperation, forward } from './forward.ts';
import { plain } from './options.ts';

const operation: ForwardOperation = {
  name: 'hardmax',
  kernel: 'hardmax',
  reference,
  options: plain,
  sign: 1,
  reduces: false,
  minLength: 1,
};

export const hardmax = (host: Host) =>
  ((x: unknown, options?: AxisOptions) => forward(host(), operation, x, options)) as Forward<AxisOptions>;
