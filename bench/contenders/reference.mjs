import * as functions from 'softmax-simd/reference';
import { call } from './call.mjs';

/** @type {import('./index.mjs').Contender} */
export const reference = {
  name: 'reference',
  prepare: ({ op, inputs, options }) => ({ run: call(op, functions, inputs, options) }),
};
