// Sampling by the built package from end to end: the same seeds on the same logits, and one hash of all tokens, which every backend must give on every
// engine. Plain JavaScript that any engine takes as a module.

import { addWords, createRandom, createState, digest, isFused } from './corpus.mjs';

// From 1024 entries the backends of WebAssembly take passes of their own; blocks have 64.
const SHORT_LENGTHS = [1, 2, 5, 63, 64, 65, 300, 1000, 1023];
const LONG_LENGTHS = [1024, 1025, 1087, 2048, 4099, 10_007];
const LENGTHS = [...SHORT_LENGTHS, ...LONG_LENGTHS, ...LONG_LENGTHS, ...LONG_LENGTHS];
const ROUNDS = 6;
/** A vocabulary of today's size. */
const VOCABULARY = 128_256;

// 1e-35 leaves the range in which rows of float32 go by passes.
const TEMPERATURES = [0, 1e-35, 0.01, 0.3, 0.7, 1, 1, 1, 1.5, 10, Infinity];
const TOP_K = [undefined, undefined, undefined, 1, 3, 15, 40, 1500];
const TOP_P = [undefined, undefined, 1, 0.999, 0.95, 0.8, 0.3, 1e-9, 0];
const MIN_P = [undefined, undefined, undefined, 0, 0.001, 0.05, 0.3, 1];
const SEEDS = [0, 1, 42, 2 ** 31, 2 ** 32 - 1, 2 ** 32 + 7, 2 ** 53 - 1];
const COUNTS = [1, 1, 1, 2, 9];

/** @param {number} seed */
function createSource(seed) {
  const random = createRandom(seed);
  const below = (n) => random() % n;
  const uniform = () => random() * 2 ** -32;
  const bell = () => 2 * (uniform() + uniform() + uniform() + uniform() - 2);
  const pick = (choices) => choices[below(choices.length)];

  /** A row of logits: spread out, with ties, with what must not be drawn, with one far above the others, nearly all alike, of any size. */
  const fillRow = (row) => {
    const kind = below(6);
    const special = below(row.length);
    for (let i = 0; i < row.length; i++) {
      if (kind === 0) row[i] = 3 * bell();
      else if (kind === 1) row[i] = (below(64) - 32) / 4;
      else if (kind === 2) row[i] = i === special || below(3) > 0 ? 4 * bell() : -Infinity;
      else if (kind === 3) row[i] = i === special ? 20 : bell();
      else if (kind === 4) row[i] = 1e-6 * uniform() - 500;
      else row[i] = (uniform() - 0.5) * pick([1e-30, 1, 100, 6e38]);
    }
  };
  const matrix = (rows, length, isWide) => {
    const logits = new (isWide ? Float64Array : Float32Array)(rows * length);
    for (let row = 0; row < rows; row++) fillRow(logits.subarray(row * length, (row + 1) * length));
    return logits;
  };
  const filters = () => ({
    temperature: pick(TEMPERATURES),
    topK: pick(TOP_K),
    topP: pick(TOP_P),
    minP: pick(MIN_P),
    seed: pick(SEEDS),
  });
  return { below, pick, matrix, filters };
}

/** Tokens by `sample` and top-k, of arrays and of what lies in the engine's memory. */
function* drawn(engine) {
  const { below, pick, matrix, filters } = createSource(1);
  for (let round = 0; round < ROUNDS; round++) {
    for (const length of LENGTHS) {
      const rows = 1 + below(3);
      const isWide = below(4) === 0;
      const logits = matrix(rows, length, isWide);
      const shape = [rows, length];
      const isStaged = below(2) === 0;
      const buffer = isStaged ? undefined : engine.allocate(isWide ? 'float64' : 'float32', logits.length);
      buffer?.array.set(logits);
      yield engine.sample(buffer ?? logits, { shape, ...filters(), count: pick(COUNTS) });
      const { values, indices } = engine.topK(buffer ?? logits, below(Math.min(length, pick([1, 20, 200])) + 1), {
        shape,
      });
      yield indices;
      yield new Int32Array(values.buffer);
      buffer?.free();
    }
  }
  // One draw from each row: whether top-p leaves it is a question of its own, and not seldom a close one where there are ties.
  const many = matrix(200, 1024, false);
  for (const topP of [0.3, 0.6, 0.95]) {
    for (const minP of [0, 0.2])
      yield engine.sample(many, { shape: [200, 1024], topP, minP, temperature: 3, seed: 11 });
  }
  const vocabulary = matrix(1, VOCABULARY, false);
  for (const topP of [1, 0.9]) {
    for (const topK of [undefined, 50]) yield engine.sample(vocabulary, { topP, topK, seed: 7, count: 3 });
  }
}

/** Indices by `multinomial`; where all weights are equal, they are the first bits of the random numbers. */
function* indices(engine) {
  const { below, pick } = createSource(2);
  for (const seed of SEEDS) {
    yield engine.multinomial(new Float32Array(3 * 2 ** 16).fill(1), { shape: [3, 2 ** 16], seed, count: 64 });
    const weights = Float64Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? 0 : below(1000) + 1));
    const shape = [2, 300];
    for (const replacement of [true, false])
      yield engine.multinomial(weights, { shape, seed, count: pick([1, 10, 200]), replacement });
  }
}

/** Texts by samplers with penalties. */
function* texts(engine) {
  const { pick, matrix, filters } = createSource(3);
  for (let text = 0; text < 24; text++) {
    const length = pick([50, 1500]);
    const penalties = {
      repetitionPenalty: pick([1, 1.3]),
      frequencyPenalty: pick([0, 0.5]),
      presencePenalty: pick([0, -1]),
    };
    const sampler = engine.createSampler({ ...filters(), ...penalties });
    const history = [];
    const logits = matrix(1, length, text % 3 === 0);
    for (let i = 0; i < 12; i++) history.push(sampler.next(logits, { history, logitBias: { 3: -Infinity, 5: 1.5 } }));
    yield Int32Array.from(history);
  }
}

/** @returns {string} one hash of what an engine of the package draws */
export function hashTokens(engine) {
  const state = createState();
  for (const part of [drawn, indices, texts]) {
    for (const words of part(engine)) addWords(state, words);
  }
  return digest(state);
}

/**
 * @param {(options: { backend: string }) => object} createEngine createEngineSync of the package
 * @returns {{ relaxed?: string, simd: string, js: string }} the hash on each backend, the relaxed one where the host can
 */
export function runTokens(createEngine) {
  const backends = [...(isFused() === undefined ? [] : ['relaxed']), 'simd', 'js'];
  return Object.fromEntries(backends.map((backend) => [backend, hashTokens(createEngine({ backend }))]));
}
