import { ops } from '../cases.mjs';

// Of float32 libraries that round x − max and add 128 256 terms in float32: TensorFlow.js differs by 2.3e-6 there. A wrong formula, axis or
// element is far outside.
const tolerance = 1e-5;

/**
 * As `checkResult` of ../cases.mjs, with room for what other libraries round.
 *
 * @param {import('../cases.mjs').Case} testCase
 * @param {string} name The contender's.
 * @param {any} result An array, or what the op's `values` makes one of.
 * @throws {Error} When it differs from the float64 reference in length, or anywhere by more than the tolerance.
 */
export function checkPeer(testCase, name, result) {
  const { op, shape, expected } = testCase;
  const values = ops[op].values?.(result) ?? result;
  const where = `${name}: ${op} ${shape.name}`;
  if (values.length !== expected.length) {
    throw new Error(`${where}: ${values.length} results; the reference has ${expected.length}`);
  }
  const terms = ops[op].terms(testCase);
  const wrong = terms.findIndex((term, i) => !(Math.abs(values[i] - expected[i]) <= tolerance * Math.abs(term)));
  if (wrong >= 0) {
    throw new Error(`${where}: element ${wrong} is ${values[wrong]}; the reference has ${expected[wrong]}`);
  }
}
