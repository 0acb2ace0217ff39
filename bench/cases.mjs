import * as reference from 'softmax-simd/reference';
import { call } from './contenders/call.mjs';

/**
 * What is measured. `forward`: the op whose result a backward pass takes. `terms`: what a contender's error is compared
 * with, per element: the result itself or, where terms of a slice may cancel, a bound on the largest of them.
 */
export const ops = {
  softmax: { terms: ({ expected }) => expected },
  'log-softmax': { terms: ({ expected, shape }) => sliceMaxima(expected, shape) },
  'log-sum-exp': { terms: ({ expected }) => expected, removesAxis: true },
  'softmax-backward': {
    forward: 'softmax',
    terms({ inputs: [gradOutput, output], shape }) {
      const largestOutput = sliceMaxima(output, shape);
      return sliceMaxima(gradOutput, shape).map((largest, i) => largest * largestOutput[i]);
    },
  },
  'log-softmax-backward': {
    forward: 'log-softmax',
    // The result is g − e^output · Σg, so neither term exceeds |g| + |result|.
    terms({ inputs: [gradOutput], expected, shape }) {
      const largestGradient = sliceMaxima(gradOutput, shape);
      return sliceMaxima(expected, shape).map((largest, i) => largest + largestGradient[i]);
    },
  },
};

export const arrayTypes = { float32: Float32Array, float64: Float64Array };

// Loose enough for a float32 exp and for a plain float64 sum of 128 256 terms; a wrong formula is far outside.
const tolerances = { float32: 2e-6, float64: 1e-12 };

/**
 * @typedef {object} Case
 * @property {keyof typeof ops} op
 * @property {'float32' | 'float64'} dtype
 * @property {import('./shapes.mjs').Shape} shape
 * @property {(Float32Array | Float64Array)[]} inputs [logits], or [gradOutput, output] for a backward pass.
 * @property {{ shape: number[], axis: number }} options
 * @property {number} outputLength
 * @property {Float64Array} expected The reference's result in float64.
 */

/**
 * Makes the data of one case: logits from N(0, 2), gradients from N(0, 1) (mean, standard deviation), the same in
 * every run.
 *
 * @param {keyof typeof ops} op
 * @param {'float32' | 'float64'} dtype
 * @param {import('./shapes.mjs').Shape} shape
 * @returns {Case}
 */
export function createCase(op, dtype, shape) {
  const { forward, removesAxis } = ops[op];
  const options = { shape: shape.shape, axis: shape.axis };
  const logits = arrayTypes[dtype].from(normals(shape.elements, 2, 1));
  const inputs = forward
    ? [arrayTypes[dtype].from(normals(shape.elements, 1, 2)), call(forward, reference, [logits], options)()]
    : [logits];
  const widened = inputs.map((input) => Float64Array.from(input));
  return {
    op,
    dtype,
    shape,
    inputs,
    options,
    outputLength: removesAxis ? shape.elements / shape.length : shape.elements,
    expected: call(op, reference, widened, options)(),
  };
}

/**
 * Compares a contender's result with the reference's.
 *
 * @param {Case} testCase
 * @param {string} name The contender's.
 * @param {ArrayLike<number>} result
 * @throws {Error} When it differs in length, or anywhere by more than rounding explains.
 */
export function checkResult(testCase, name, result) {
  const { op, dtype, shape, expected } = testCase;
  const where = `${name}: ${op} ${dtype} ${shape.name}`;
  if (result.length !== expected.length) {
    throw new Error(`${where}: ${result.length} results; the reference has ${expected.length}`);
  }
  const terms = ops[op].terms(testCase);
  for (let i = 0; i < expected.length; i++) {
    // Negated so that NaN fails. The subnormals of float32 hold fewer digits: half of the smallest is allowed on top.
    if (!(Math.abs(result[i] - expected[i]) <= tolerances[dtype] * Math.abs(terms[i]) + 2 ** -150)) {
      throw new Error(`${where}: element ${i} is ${result[i]}; the reference has ${expected[i]}`);
    }
  }
}

// The largest magnitude of each slice, at every element of the slice.
function sliceMaxima(values, { outer, length, inner }) {
  const maxima = new Float64Array(values.length);
  for (let slice = 0; slice < outer * inner; slice++) {
    const first = Math.floor(slice / inner) * length * inner + (slice % inner);
    const end = first + length * inner;
    let largest = 0;
    for (let i = first; i < end; i += inner) largest = Math.max(largest, Math.abs(values[i]));
    for (let i = first; i < end; i += inner) maxima[i] = largest;
  }
  return maxima;
}

// Normal deviates by Box and Muller 1958 from a 32-bit Weyl sequence mixed by the finaliser of MurmurHash3.
function* normals(count, standardDeviation, seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (((bits ^ (bits >>> 16)) >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < count; i++) {
    yield standardDeviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
}
