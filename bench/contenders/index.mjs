import { mapReduce } from './map-reduce.mjs';
import { ours } from './ours.mjs';
import { plain } from './plain.mjs';
import { reference } from './reference.mjs';
import { softmaxBeside } from './softmax-beside.mjs';

/**
 * @typedef {object} Prepared
 * @property {() => unknown} run What is timed.
 * @property {(result: any) => ArrayLike<number>} [read] The values of a result that is not a flat array.
 * @property {(result: any) => void} [check] In place of the comparison with the reference.
 * @property {() => void} [release] Frees what the contender holds.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(op: string) => boolean} [isFor] The ops that it is for, where not all.
 * @property {(testCase: import('../cases.mjs').Case) => Prepared | { skip: string }} prepare
 */

/** @type {Contender[]} */
export const contenders = [
  ...ours('relaxed'),
  ...ours('simd'),
  reference,
  plain,
  mapReduce,
  ...softmaxBeside('relaxed'),
  ...softmaxBeside('simd'),
];
