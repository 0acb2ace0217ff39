import { mapReduce } from './map-reduce.mjs';
import { ours } from './ours.mjs';
import { plain } from './plain.mjs';
import { reference } from './reference.mjs';

/**
 * @typedef {object} Prepared
 * @property {() => unknown} run What is timed.
 * @property {(result: any) => ArrayLike<number>} [read] The values of a result that is not a flat array.
 * @property {() => void} [release] Frees what the contender holds.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(testCase: import('../cases.mjs').Case) => Prepared | { skip: string }} prepare
 */

/** @type {Contender[]} */
export const contenders = [...ours('relaxed'), ...ours('simd'), reference, plain, mapReduce];
