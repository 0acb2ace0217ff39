import * as reference from 'softmax-simd/reference';
import { call } from './contenders/call.mjs';
import { linearShapes, parseShape, vocabularyShapes } from './shapes.mjs';

/**
 * What is measured. `forward`: the op whose result a derivative takes. `terms`: what a contender's error is compared
 * with, per element: the result itself or, where terms of a slice may cancel, a bound on the largest of them. `values`:
 * the numbers of a result that is not an array.
 */
export const ops = {
  softmax: { terms: ({ expected }) => expected },
  'log-softmax': { terms: ({ expected, shape }) => sliceMaxima(expected, shape) },
  'log-sum-exp': { terms: ({ expected }) => expected, removesAxis: true },
  'softmax-backward': { forward: 'softmax', terms: softmaxTerms },
  'log-softmax-backward': {
    forward: 'log-softmax',
    // The result is g − e^output · Σg, so neither term exceeds |g| + |result|.
    terms({ inputs: [gradOutput], expected, shape }) {
      const largestGradient = sliceMaxima(gradOutput, shape);
      return sliceMaxima(expected, shape).map((largest, i) => largest + largestGradient[i]);
    },
  },
  'softmax-jvp': { forward: 'softmax', terms: softmaxTerms },
  'softmax-hvp': {
    forward: 'softmax',
    vectors: 2,
    // s ((g − b)(v − a) − c): g − b and v − a are at most twice the largest, and so is c beside their product.
    terms({ inputs: [gradOutput, output, vector], shape }) {
      const [g, s, v] = [gradOutput, output, vector].map((values) => sliceMaxima(values, shape));
      return s.map((largest, i) => 8 * largest * g[i] * v[i]);
    },
  },
  'cross-entropy': {
    // p / slices, from which 1 / slices is subtracted at the label.
    terms: ({ expected, shape: { elements, length } }) => [
      ...new Array(elements).fill(length / elements),
      expected.at(-1),
    ],
    values: ({ loss, gradient }) => [...flat(gradient), loss],
  },
  'linear-cross-entropy': {
    // Sums of 64 or 1437 products: each may be wrong by some of their roundings.
    terms({ inputs: [features, weight], options: { batch, inFeatures, classes }, expected }) {
      const filled = (length, term) => new Array(length).fill(16 * term);
      const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return [
        ...filled(classes * inFeatures, largest(features)),
        ...filled(classes, 1),
        ...filled(batch * inFeatures, largest(weight) / batch),
        16 * expected.at(-1),
      ];
    },
    values: ({ loss, gradWeight, gradBias, gradFeatures }) => [
      ...flat(gradWeight),
      ...flat(gradBias),
      ...flat(gradFeatures),
      loss,
    ],
    keepsNoResult: true,
  },
  'sample-filters': drawing({ topK: 50, topP: 0.95, minP: 0.05 }),
  'sample-top-p': drawing({ topP: 0.95 }),
  'sample-unfiltered': drawing({}),
  'top-k': {
    terms: nothing,
    values: ({ values, indices }) => [...values, ...indices],
    ofVocabulary: true,
    keepsNoResult: true,
  },
};

/** Names that stand for several ops. */
export const opGroups = { sample: Object.keys(ops).filter((op) => op.startsWith('sample-')) };

/**
 * The shapes that an op takes, of those that were chosen.
 *
 * @param {string} op
 * @param {readonly import('./shapes.mjs').Shape[]} shapes
 * @param {boolean} areGiven whether somebody asked for them; else an op of vocabularies has its own.
 */
export function shapesOf(op, shapes, areGiven) {
  if (ops[op].ofVocabulary) {
    const rows = areGiven ? shapes.filter(({ inner }) => inner === 1) : [];
    return rows.length > 0 ? rows : vocabularyShapes.map(parseShape);
  }
  if (op !== 'linear-cross-entropy') return shapes;
  const layers = shapes.filter(({ shape, inner }) => shape.length === 3 && inner === 1);
  return layers.length > 0 ? layers : linearShapes.map(parseShape);
}

// Draws and the largest entries are equal or wrong: no term for rounding.
function nothing({ expected }) {
  return new Float64Array(expected.length);
}

/** An op that draws one entry of each row, by these filters. */
function drawing(filters) {
  return { filters, terms: nothing, ofVocabulary: true, keepsNoResult: true };
}

// Neither term of s ⊙ (g − ⟨g, s⟩) exceeds the largest of g times the largest of s.
function softmaxTerms({ inputs: [gradOutput, output], shape }) {
  const largestOutput = sliceMaxima(output, shape);
  return sliceMaxima(gradOutput, shape).map((largest, i) => largest * largestOutput[i]);
}

/** The numbers of an array, of arrays of rows, or of a buffer. */
const flat = (values) => Array.from(values.array ?? values).flat();

export const arrayTypes = { float32: Float32Array, float64: Float64Array };

// Loose enough for a float32 exp and for a plain float64 sum of 128 256 terms; a wrong formula is far outside.
const tolerances = { float32: 2e-6, float64: 1e-12 };

const TOP = 50; // entries that `top-k` takes of a row

/**
 * @typedef {object} Case
 * @property {keyof typeof ops} op
 * @property {'float32' | 'float64'} dtype
 * @property {import('./shapes.mjs').Shape} shape
 * @property {(Float32Array | Float64Array | Int32Array)[]} inputs [logits]; [gradOutput, output] or [tangent, output] for a
 *   derivative, [gradOutput, output, vector] for a second one; [logits, labels]; [features, weight, bias, labels].
 * @property {object} options shape and axis; batch, inFeatures and classes for a linear layer; shape, filters and seed, or
 *   shape and k, of the ops on a vocabulary's logits.
 * @property {number} outputLength Of the array that `out` may receive.
 * @property {Float64Array} expected The reference's result in float64.
 */

/**
 * Makes the data of one case: logits from N(0, 2), those of a vocabulary from N(0, 3), gradients from N(0, 1) (mean, standard
 * deviation), the same in every run.
 *
 * @param {keyof typeof ops} op
 * @param {'float32' | 'float64'} dtype
 * @param {import('./shapes.mjs').Shape} shape
 * @returns {Case}
 */
export function createCase(op, dtype, shape) {
  const { forward, removesAxis, ofVocabulary, filters, values = (result) => result } = ops[op];
  const array = (count, standardDeviation, seed) => arrayTypes[dtype].from(normals(count, standardDeviation, seed));
  const { inputs, options } =
    op === 'linear-cross-entropy' ? linearLayer(shape, array) : ofVocabulary ? rows() : tensors();
  const widened = inputs.map((input) => (input instanceof Int32Array ? input : Float64Array.from(input)));
  return {
    op,
    dtype,
    shape,
    inputs,
    options,
    outputLength: removesAxis ? shape.elements / shape.length : shape.elements,
    expected: Float64Array.from(values(call(op, reference, widened, options)())),
  };

  function rows() {
    const inputs = [array(shape.elements, 3, 1)];
    if (filters) return { inputs, options: { shape: shape.shape, seed: 1, ...filters } };
    return { inputs, options: { shape: shape.shape, k: Math.min(TOP, shape.length) } };
  }

  function tensors() {
    const options = { shape: shape.shape, axis: shape.axis };
    const logits = array(shape.elements, 2, 1);
    if (op === 'cross-entropy') {
      return { inputs: [logits, labels(shape.elements / shape.length, shape.length)], options };
    }
    if (!forward) return { inputs: [logits], options };
    const output = call(forward, reference, [logits], options)();
    const [first, ...rest] = Array.from({ length: ops[op].vectors ?? 1 }, (_, i) => array(shape.elements, 1, 2 + i));
    return { inputs: [first, output, ...rest], options };
  }
}

// Rows × features × classes. Weights so small that the logits are of the size of those elsewhere.
function linearLayer({ shape: [batch, inFeatures, classes] }, array) {
  const weight = array(classes * inFeatures, 1 / Math.sqrt(inFeatures), 2);
  return {
    inputs: [array(batch * inFeatures, 2, 1), weight, array(classes, 1, 3), labels(batch, classes)],
    options: { batch, inFeatures, classes },
  };
}

const labels = (count, classes) => Int32Array.from(normals(count, 1e6, 4), (value) => Math.abs(value) % classes);

/**
 * Compares a contender's result with the reference's.
 *
 * @param {Case} testCase
 * @param {string} name The contender's.
 * @param {any} result
 * @throws {Error} When it differs in length, or anywhere by more than rounding explains.
 */
export function checkResult(testCase, name, result) {
  const { op, dtype, shape, expected } = testCase;
  const values = ops[op].values?.(result) ?? result;
  const where = `${name}: ${op} ${dtype} ${shape.name}`;
  if (values.length !== expected.length) {
    throw new Error(`${where}: ${values.length} results; the reference has ${expected.length}`);
  }
  const terms = ops[op].terms(testCase);
  for (let i = 0; i < expected.length; i++) {
    // Negated so that NaN fails. The subnormals of float32 hold fewer digits: half of the smallest is allowed on top.
    if (!(Math.abs(values[i] - expected[i]) <= tolerances[dtype] * Math.abs(terms[i]) + 2 ** -150)) {
      throw new Error(`${where}: element ${i} is ${values[i]}; the reference has ${expected[i]}`);
    }
  }
}

/**
 * Checks the draws of a contender with random numbers of its own: each is among those that the filters keep.
 *
 * @param {Case} testCase
 * @param {string} name The contender's.
 * @param {ArrayLike<number>} draws One per row.
 * @param {object} [filters] Those that the contender applies, where not all of the case.
 * @throws {Error} When there are more or fewer than rows, or one is not among them.
 */
export function checkDraws({ op, dtype, shape, inputs }, name, draws, filters = ops[op].filters) {
  const where = `${name}: ${op} ${dtype} ${shape.name}`;
  if (draws.length !== shape.outer) throw new Error(`${where}: ${draws.length} draws of ${shape.outer} rows`);
  for (let row = 0; row < shape.outer; row++) {
    const kept = keep(inputs[0].subarray(row * shape.length, (row + 1) * shape.length), filters);
    if (!kept.has(draws[row])) throw new Error(`${where}: row ${row}: ${draws[row]} is none of the ${kept.size} kept`);
  }
}

/** The indices that filters keep, by the book: sort, cut, add up. */
function keep(logits, { topK = logits.length, topP = 1, minP = 0 }) {
  const order = Array.from(logits.keys())
    .sort((a, b) => logits[b] - logits[a])
    .slice(0, topK);
  const weights = order.map((i) => Math.exp(logits[i] - logits[order[0]]));
  const wanted = topP * weights.reduce((sum, weight) => sum + weight);
  let mass = 0;
  return new Set(
    order.filter((_, rank) => {
      const before = mass;
      mass += weights[rank];
      return before < wanted && weights[rank] >= minP;
    }),
  );
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
