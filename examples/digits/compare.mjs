// The WebAssembly result against the plain JavaScript reference: do they agree, and how fast is each?

import { performance } from 'node:perf_hooks';
import * as reference from 'softmax-simd/reference';

const ALLOWED_ULP = 3; // the library's bound on float32 softmax
const WARM_UP = 50;
const ROUNDS = 301;

/**
 * @typedef {object} Comparison
 * @property {string} backend         what the engine really runs
 * @property {boolean} agrees
 * @property {number} worstAbsolute
 * @property {number} worstUlp        in units of float32's last place
 * @property {number} allowedUlp
 * @property {number} engineNs        median, per element
 * @property {number} referenceNs     median, per element
 * @property {number} ratio           reference over engine
 */

/**
 * @param {import('softmax-simd').Engine} engine
 * @param {Float32Array} logits
 * @param {number[]} shape
 * @returns {Comparison}
 */
export function compare(engine, logits, shape) {
  const difference = measureDifference(engine, logits, shape);
  const agrees = difference.worstUlp <= ALLOWED_ULP; // false for NaN
  return {
    backend: engine.backend,
    agrees,
    allowedUlp: ALLOWED_ULP,
    ...difference,
    ...measureSpeed(engine, logits, shape),
  };
}

// The truth is the reference's float64 result for the same logits.
function measureDifference(engine, logits, shape) {
  const actual = engine.softmax(logits, { shape });
  const truth = reference.softmax(Float64Array.from(logits), { shape });
  let worstAbsolute = 0;
  let worstUlp = 0;
  for (let i = 0; i < truth.length; i++) {
    const difference = Math.abs(actual[i] - truth[i]); // NaN stays NaN in both maxima
    worstAbsolute = Math.max(worstAbsolute, difference);
    worstUlp = Math.max(worstUlp, difference / ulpFloat32(truth[i]));
  }
  return { worstAbsolute, worstUlp };
}

// From the float32 nearest to `value` ≥ 0 to the next larger one.
function ulpFloat32(value) {
  const float = Float32Array.of(value);
  const nearest = float[0];
  new Int32Array(float.buffer)[0] += 1;
  return float[0] - nearest;
}

// Float32Array to a given Float32Array. The two take turns, so that whatever else the machine does meets both alike.
function measureSpeed(engine, logits, shape) {
  const out = new Float32Array(logits.length);
  const time = (library) => {
    const start = performance.now();
    library.softmax(logits, { shape, out });
    return ((performance.now() - start) * 1e6) / logits.length;
  };
  const engineTimes = [];
  const referenceTimes = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const engineNs = time(engine);
    const referenceNs = time(reference);
    if (round < 0) continue;
    engineTimes.push(engineNs);
    referenceTimes.push(referenceNs);
  }
  const engineNs = median(engineTimes);
  const referenceNs = median(referenceTimes);
  return { engineNs, referenceNs, ratio: referenceNs / engineNs };
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
