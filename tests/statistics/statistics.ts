// Whether draws are distributed as they should be, and independent of one another: what npm run statistics runs, and a test with fewer draws. Every seed is given,
// so the result is the same each time: it may be wrong, but not by chance. Which entries the filters leave is told by tests/tools/sampling.ts, their
// probabilities by Math.exp.

import type { Engine, SampleOptions } from '../../src/index.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { type Filtering, filter } from '../tools/sampling.ts';
import { chiSquare, type Finding } from './chi-square.ts';

/** Draws are made in calls of at most as many. */
const CHUNK = 2 ** 20;

export interface Experiment {
  readonly name: string;
  run(engine: Engine, draws: number): Finding;
}

export interface Forbidden {
  readonly name: string;
  /** Returns how many of the draws were of entries that cannot be drawn. */
  run(engine: Engine, draws: number): number;
}

// --- rows ------------------------------------------------------------------------------------------------------------

const rows: Record<string, Float32Array> = {
  'five logits': Float32Array.of(2, 1, 3, 5, 4),
  'sixteen equal': new Float32Array(16).fill(-3),
  'ties and masks': Float32Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? -Infinity : i % 4)),
  'Zipf, 100': Float32Array.from({ length: 100 }, (_, i) => -Math.log(i + 1)),
  'normal, 1000': normalRow(createRandom(1), 'float32', { length: 1000, spread: 3 }),
  'normal, 3000': normalRow(createRandom(2), 'float32', { length: 3000, spread: 1 }),
};

const every = (filters: Partial<Filtering>): Filtering => ({
  temperature: 1,
  topK: Infinity,
  topP: 1,
  minP: 0,
  ...filters,
});

const optionsOf = ({ topK, ...others }: Filtering): SampleOptions => ({
  ...others,
  topK: topK === Infinity ? undefined : topK,
});

/** The probability of each entry of a row. */
function probabilitiesOf(
  row: ArrayLike<number>,
  filtering: Filtering,
  format: 'float32' | 'float64' = 'float32',
): Float64Array {
  const probabilities = new Float64Array(row.length);
  const { kept } = filter(row, format, filtering);
  const max = Math.max(...kept.map((i) => row[i]));
  for (const i of kept) probabilities[i] = Math.exp((row[i] - max) / filtering.temperature);
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  return probabilities.map((p) => p / total);
}

/** Calls `visit` with the draws of a row in chunks of an even number, each with a seed of its own. */
function eachChunk(draws: number, visit: (seed: number, count: number) => void): void {
  for (let made = 0; made < draws; made += CHUNK) visit(1000 + made / CHUNK, Math.min(CHUNK, draws - made));
}

function tally(counts: Float64Array, tokens: Int32Array): void {
  for (let i = 0; i < tokens.length; i++) counts[tokens[i]]++;
}

const productOf = (p: Float64Array, q: Float64Array): Float64Array =>
  Float64Array.from({ length: p.length * q.length }, (_, cell) => p[Math.floor(cell / q.length)] * q[cell % q.length]);

// --- distributions -----------------------------------------------------------------------------------------------

const settings: [row: string, filters: Partial<Filtering>][] = [
  ['five logits', {}],
  ['five logits', { temperature: 0.1 }],
  ['five logits', { temperature: 0.5 }],
  ['five logits', { temperature: 10 }],
  ['five logits', { topP: 0.9, temperature: 2 }],
  ['sixteen equal', {}],
  ['sixteen equal', { topK: 5 }],
  ['sixteen equal', { topP: 0.6 }],
  ['ties and masks', { temperature: 1.5 }],
  ['ties and masks', { topK: 9, topP: 0.8, minP: 0.1 }],
  ['ties and masks', { temperature: Infinity }],
  ['Zipf, 100', {}],
  ['Zipf, 100', { topK: 50, topP: 0.95, minP: 0.05 }],
  ['normal, 1000', { minP: 0.02 }],
  ['normal, 1000', { topK: 40, temperature: 0.8 }],
  ['normal, 3000', {}],
  ['normal, 3000', { topP: 0.9 }],
  ['normal, 3000', { topK: 50, topP: 0.95, minP: 0.05 }],
];

const distributions = settings.map(([name, filters]): Experiment => {
  const row = rows[name];
  const filtering = every(filters);
  return {
    name: `sample, ${name}, ${textOf(filters)}`,
    run(engine, draws) {
      const counts = new Float64Array(row.length);
      eachChunk(draws, (seed, count) => tally(counts, engine.sample(row, { ...optionsOf(filtering), seed, count })));
      return chiSquare(counts, probabilitiesOf(row, filtering));
    },
  };
});

/** Rows of one call, a draw each; and single draws of a sampler. */
const others: Experiment[] = [
  {
    name: 'sample, a draw from each of many rows, {"topP":0.95}',
    run(engine, draws) {
      const row = rows['five logits'];
      const [all, counts] = [2 ** 16, new Float64Array(5)];
      const logits = new Float32Array(all * 5).map((_, i) => row[i % 5]);
      for (let seed = 0; seed * all < draws; seed++)
        tally(counts, engine.sample(logits, { shape: [all, 5], seed, topP: 0.95 }));
      return chiSquare(counts, probabilitiesOf(row, every({ topP: 0.95 })));
    },
  },
  {
    name: 'next, 3000 logits, a hundredth of the draws, {"topP":0.9}',
    run(engine, draws) {
      const row = rows['normal, 3000'];
      const counts = new Float64Array(row.length);
      const sampler = engine.createSampler({ seed: 3, topP: 0.9 });
      for (let n = 0; n < draws / 100; n++) counts[sampler.next(row)]++;
      return chiSquare(counts, probabilitiesOf(row, every({ topP: 0.9 })));
    },
  },
  {
    name: 'sample, float64, five logits apart by 1e300, {"temperature":1e300}',
    run(engine, draws) {
      const row = Float64Array.of(2, 1, 3, 5, 4).map((x) => x * 1e300);
      const counts = new Float64Array(5);
      eachChunk(draws, (seed, count) => tally(counts, engine.sample(row, { temperature: 1e300, seed, count })));
      return chiSquare(counts, probabilitiesOf(row, every({ temperature: 1e300 }), 'float64'));
    },
  },
];

// --- independence ------------------------------------------------------------------------------------------------

/** Pairs of tokens against the product of their probabilities. */
function pairs(
  name: string,
  filters: Partial<Filtering>,
  visit: (engine: Engine, draws: number, options: SampleOptions, add: (a: number, b: number) => void) => void,
): Experiment {
  const row = rows['ties and masks'];
  const filtering = every(filters);
  return {
    name: `independence, ${name}, ${textOf(filters)}`,
    run(engine, draws) {
      const counts = new Float64Array(row.length ** 2);
      visit(engine, draws, optionsOf(filtering), (a, b) => counts[a * row.length + b]++);
      const p = probabilitiesOf(row, filtering);
      return chiSquare(counts, productOf(p, p));
    },
  };
}

/** Successive draws that do not overlap: pairs (0, 1), (2, 3) and so on for a lag of 1. */
const successive =
  (lag: number) => (engine: Engine, draws: number, options: SampleOptions, add: (a: number, b: number) => void) => {
    eachChunk(draws, (seed, count) => {
      const tokens = engine.sample(rows['ties and masks'], { ...options, seed, count });
      for (let i = 0; i + 2 * lag <= count; i += 2 * lag)
        for (let k = i; k < i + lag; k++) add(tokens[k], tokens[k + lag]);
    });
  };

const independence: Experiment[] = [
  pairs('successive draws', {}, successive(1)),
  pairs('draws 2 apart', {}, successive(2)),
  pairs('draws 1024 apart', {}, successive(1024)),
  pairs('successive draws', { topP: 0.6 }, successive(1)),
  pairs('rows', { temperature: 3 }, (engine, draws, options, add) => {
    const row = rows['ties and masks'];
    const [all, count] = [512, 64];
    const logits = new Float32Array(all * row.length).map((_, i) => row[i % row.length]);
    for (let seed = 0; seed * all * count < draws; seed++) {
      const tokens = engine.sample(logits, { ...options, shape: [all, row.length], seed, count });
      for (let r = 0; r < all; r += 2)
        for (let n = 0; n < count; n++) add(tokens[r * count + n], tokens[(r + 1) * count + n]);
    }
  }),
  pairs('seeds that differ by 1', {}, (engine, draws, options, add) => {
    eachChunk(draws / 2, (seed, count) => {
      const [a, b] = [2 * seed, 2 * seed + 1].map((one) =>
        engine.sample(rows['ties and masks'], { ...options, seed: one, count }),
      );
      for (let i = 0; i < count; i++) add(a[i], b[i]);
    });
  }),
  pairs('seeds that differ by 2^32', {}, (engine, draws, options, add) => {
    eachChunk(draws / 2, (seed, count) => {
      const [a, b] = [seed, seed + 2 ** 32].map((one) =>
        engine.sample(rows['ties and masks'], { ...options, seed: one, count }),
      );
      for (let i = 0; i < count; i++) add(a[i], b[i]);
    });
  }),
];

// --- multinomial -------------------------------------------------------------------------------------------------

const weights = Float32Array.of(1, 0, 3, 0.5, 2, 1.5);

const share = (row: ArrayLike<number>): Float64Array => {
  const total = Array.from(row).reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from(row, (weight) => weight / total);
};

/** The probabilities of all sequences of successive draws without replacement, in the order of the digits of their cells. */
function sequences(left: readonly number[], length: number): number[] {
  if (length === 0) return [1];
  const p = share(left);
  return left.flatMap((weight, i) =>
    sequences(
      left.map((other, j) => (j === i ? 0 : other)),
      length - 1,
    ).map((rest) => (weight === 0 ? 0 : p[i] * rest)),
  );
}

function withoutReplacement(length: number): Experiment {
  return {
    name: `multinomial without replacement, sequences of ${length}`,
    run(engine, draws) {
      const size = weights.length;
      const all = 2 ** 14;
      const many = new Float32Array(all * size).map((_, i) => weights[i % size]);
      const counts = new Float64Array(size ** length);
      for (let seed = 0; seed * all * length < draws; seed++) {
        const drawn = engine.multinomial(many, { shape: [all, size], count: length, replacement: false, seed });
        for (let r = 0; r < all; r++) {
          let cell = 0;
          for (let n = 0; n < length; n++) cell = cell * size + drawn[r * length + n];
          counts[cell]++;
        }
      }
      return chiSquare(counts, sequences([...weights], length));
    },
  };
}

const multinomials: Experiment[] = [
  {
    name: 'multinomial with replacement',
    run(engine, draws) {
      const counts = new Float64Array(weights.length);
      eachChunk(draws, (seed, count) => tally(counts, engine.multinomial(weights, { seed, count })));
      return chiSquare(counts, share(weights));
    },
  },
  {
    name: 'multinomial with replacement, 1000 weights',
    run(engine, draws) {
      const row = normalRow(createRandom(3), 'float64', { length: 1000 }).map(Math.abs);
      const counts = new Float64Array(row.length);
      eachChunk(draws, (seed, count) => tally(counts, engine.multinomial(row, { seed, count })));
      return chiSquare(counts, share(row));
    },
  },
  withoutReplacement(2),
  withoutReplacement(3),
  withoutReplacement(5),
];

export const experiments: readonly Experiment[] = [...distributions, ...others, ...independence, ...multinomials];

// --- what cannot be drawn ----------------------------------------------------------------------------------------

/** Entries that are masked or filtered, or whose weight is below half the unit. */
function forbidden(name: string, row: Float32Array | Float64Array, filters: Partial<Filtering>): Forbidden {
  const filtering = every(filters);
  const { kept, units } = filter(row, row instanceof Float32Array ? 'float32' : 'float64', filtering);
  const isAllowed = new Uint8Array(row.length);
  for (const i of kept) if (units(i) > 0n) isAllowed[i] = 1;
  return {
    name: `sample, ${name}, ${textOf(filters)}`,
    run(engine, draws) {
      let wrong = 0;
      eachChunk(draws, (seed, count) => {
        const tokens = engine.sample(row, { ...optionsOf(filtering), seed, count });
        for (let i = 0; i < tokens.length; i++) wrong += 1 - isAllowed[tokens[i]];
      });
      return wrong;
    },
  };
}

const far = Float32Array.of(-Infinity, -40, 0, -Infinity, -1, -90, 0, -35, -Infinity);

/** Each takes the same part of the draws. */
export const impossible: readonly Forbidden[] = [
  forbidden('masks at both ends and between', far, {}),
  forbidden('masks at both ends and between', far, { topP: 0.99 }),
  forbidden('masks at both ends and between', far, { temperature: Infinity }),
  forbidden('masks, float64', Float64Array.from(far), { minP: 1e-3 }),
  forbidden('five logits', rows['five logits'], { topK: 3, topP: 0.9 }),
  forbidden('ties and masks', rows['ties and masks'], { topP: 0.5, minP: 0.5 }),
  forbidden(
    'normal, 3000, two thirds masked',
    rows['normal, 3000'].map((x, i) => (i % 3 === 0 ? x : -Infinity)),
    { topP: 0.95 },
  ),
  {
    name: 'multinomial, weights of 0 at both ends and between',
    run(engine, draws) {
      const row = Float64Array.of(0, 0, 1, 0, 1e-300, 0, 1e300, 3, 0);
      const isAllowed = Uint8Array.from(row, (weight) => Number(weight > 0));
      let wrong = 0;
      eachChunk(draws, (seed, count) => {
        const drawn = engine.multinomial(row, { seed, count });
        for (let i = 0; i < drawn.length; i++) wrong += 1 - isAllowed[drawn[i]];
      });
      return wrong;
    },
  },
];

function textOf(filters: Partial<Filtering>): string {
  return JSON.stringify(filters, (_, value) => (value === Infinity ? '∞' : value));
}
