// sample, multinomial, topK and createSampler by themselves: every wrong argument and its message, every special value, what state a
// sampler has. What is drawn is compared with brute force in tests/agree/sample.test.ts.

import { describe, expect, test, vi } from 'vitest';
import { createEngineSync, type Engine, type SamplerOptions } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { expectError } from '../tools/errors.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { formatOf, formats } from '../tools/operations.ts';
import { uniformsExactly } from '../tools/philox.ts';
import { anotherRealm } from '../tools/realm.ts';
import { drawExactly } from '../tools/sampling.ts';
import { logSoftmaxTruth } from '../tools/truth.ts';

type Functions = Pick<typeof reference, 'sample' | 'multinomial' | 'topK' | 'createSampler'>;
type Row = [what: string, call: (f: Functions) => unknown, error: new (m: string) => Error, message: string];

const f32 = (n: number) => new Float32Array(n);
const wrong = (value: unknown) => value as never;
/** A row long enough for the kernels, with something at one place. */
const long = (index: number, value: number, length = 3000) =>
  f32(length)
    .fill(0)
    .fill(value, index, index + 1);

/** An array whose memory went elsewhere, as that of a WebAssembly.Memory does when it grows. */
function detached(): Int32Array {
  const array = Int32Array.of(1, 2);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const floats = 'allowed are Float32Array, Float64Array, WasmBuffer and (nested) arrays of numbers.';
const seeds = 'allowed are integers from 0 to 9007199254740991.';
const logits = [1, 2, 3];
const next = (f: Functions, x: unknown, options?: unknown) =>
  f.createSampler({ seed: 1 }).next(wrong(x), wrong(options));

// biome-ignore format: a table
const rows: Row[] = [
  // sample
  ['no logits', (f) => f.sample(wrong(undefined)), TypeError, `sample: logits is undefined; ${floats}`],
  ['logits of integers', (f) => f.sample(wrong(new Int32Array(3))), TypeError, `sample: logits is an Int32Array; ${floats}`],
  ['logits that hold text', (f) => f.sample(wrong([1, '2'])), TypeError, 'sample: logits[1] is "2"; allowed are numbers.'],
  ['ragged logits', (f) => f.sample([[1, 2], [3]]), RangeError, 'sample: logits[1] has length 1; allowed is length 2, as in the entries before it.'],
  ['options', (f) => f.sample(logits, wrong(7)), TypeError,
    'sample: options is 7; allowed is an object with shape, temperature, topK, topP, minP, seed, count, firstRow.'],
  ['an option that there is not', (f) => f.sample(logits, wrong({ top_k: 1 })), TypeError,
    'sample: option top_k is unknown; allowed are shape, temperature, topK, topP, minP, seed, count, firstRow.'],
  ['an axis', (f) => f.sample(logits, wrong({ axis: 0 })), TypeError,
    'sample: option axis is unknown; allowed are shape, temperature, topK, topP, minP, seed, count, firstRow.'],
  ['a shape', (f) => f.sample(logits, { shape: [2] }), RangeError, 'sample: shape [2] has 2 elements and logits has 3; allowed is as many.'],
  ['no entries', (f) => f.sample(f32(0)), RangeError, 'sample: the axis has length 0; allowed are lengths from 1.'],
  ['rows without entries', (f) => f.sample(f32(0), { shape: [2, 0] }), RangeError, 'sample: the axis has length 0; allowed are lengths from 1.'],
  ['temperature below 0', (f) => f.sample(logits, { temperature: -1 }), RangeError, 'sample: temperature is -1; allowed are numbers from 0 to Infinity.'],
  ['temperature NaN', (f) => f.sample(logits, { temperature: NaN }), RangeError, 'sample: temperature is NaN; allowed are numbers from 0 to Infinity.'],
  ['temperature of text', (f) => f.sample(logits, wrong({ temperature: '1' })), TypeError, 'sample: temperature is "1"; allowed are numbers from 0 to Infinity.'],
  ['topK 0', (f) => f.sample(logits, { topK: 0 }), RangeError, 'sample: topK is 0; allowed are integers from 1.'],
  ['topK 1.5', (f) => f.sample(logits, { topK: 1.5 }), RangeError, 'sample: topK is 1.5; allowed are integers from 1.'],
  ['topK -1', (f) => f.sample(logits, { topK: -1 }), RangeError, 'sample: topK is -1; allowed are integers from 1.'],
  ['topK Infinity', (f) => f.sample(logits, { topK: Infinity }), RangeError, 'sample: topK is Infinity; allowed are integers from 1.'],
  ['topK null', (f) => f.sample(logits, wrong({ topK: null })), TypeError, 'sample: topK is null; allowed are integers from 1.'],
  ['topP -0.1', (f) => f.sample(logits, { topP: -0.1 }), RangeError, 'sample: topP is -0.1; allowed are numbers from 0 to 1.'],
  ['topP 1.1', (f) => f.sample(logits, { topP: 1.1 }), RangeError, 'sample: topP is 1.1; allowed are numbers from 0 to 1.'],
  ['topP NaN', (f) => f.sample(logits, { topP: NaN }), RangeError, 'sample: topP is NaN; allowed are numbers from 0 to 1.'],
  ['topP true', (f) => f.sample(logits, wrong({ topP: true })), TypeError, 'sample: topP is true; allowed are numbers from 0 to 1.'],
  ['minP 2', (f) => f.sample(logits, { minP: 2 }), RangeError, 'sample: minP is 2; allowed are numbers from 0 to 1.'],
  ['minP NaN', (f) => f.sample(logits, { minP: NaN }), RangeError, 'sample: minP is NaN; allowed are numbers from 0 to 1.'],
  ['minP of text', (f) => f.sample(logits, wrong({ minP: '0' })), TypeError, 'sample: minP is "0"; allowed are numbers from 0 to 1.'],
  ['seed -1', (f) => f.sample(logits, { seed: -1 }), RangeError, `sample: seed is -1; ${seeds}`],
  ['seed 0.5', (f) => f.sample(logits, { seed: 0.5 }), RangeError, `sample: seed is 0.5; ${seeds}`],
  ['seed 2^53', (f) => f.sample(logits, { seed: 2 ** 53 }), RangeError, `sample: seed is 9007199254740992; ${seeds}`],
  ['seed of text', (f) => f.sample(logits, wrong({ seed: 'a' })), TypeError, `sample: seed is "a"; ${seeds}`],
  ['seed of a bigint', (f) => f.sample(logits, wrong({ seed: 1n })), TypeError, `sample: seed is 1n; ${seeds}`],
  ['count -1', (f) => f.sample(logits, { count: -1 }), RangeError, 'sample: count is -1; allowed are integers from 0.'],
  ['count 1.5', (f) => f.sample(logits, { count: 1.5 }), RangeError, 'sample: count is 1.5; allowed are integers from 0.'],
  ['count of text', (f) => f.sample(logits, wrong({ count: '1' })), TypeError, 'sample: count is "1"; allowed are integers from 0.'],
  ['count null', (f) => f.sample(logits, wrong({ count: null })), TypeError, 'sample: count is null; allowed are integers from 0.'],
  ['count beyond memory', (f) => f.sample(logits, { count: 2 ** 50 }), RangeError,
    'sample: the result has 1125899906842624 elements; allowed are as many as the host has memory for.'],
  ['NaN', (f) => f.sample([1, NaN, NaN]), RangeError, 'sample: row 0 has NaN at 1; allowed are finite numbers and -Infinity.'],
  ['Infinity', (f) => f.sample([[1, 2], [-Infinity, Infinity]]), RangeError, 'sample: row 1 has Infinity at 1; allowed are finite numbers and -Infinity.'],
  ['only -Infinity', (f) => f.sample([[1, 2], [-Infinity, -Infinity]]), RangeError, 'sample: row 1 has only -Infinity; allowed is one finite number or more.'],
  ['NaN in a long row', (f) => f.sample(long(2999, NaN)), RangeError, 'sample: row 0 has NaN at 2999; allowed are finite numbers and -Infinity.'],
  ['NaN between infinities', (f) => f.sample(long(100, NaN).fill(-Infinity, 0, 99).fill(Infinity, 200)), RangeError,
    'sample: row 0 has NaN at 100; allowed are finite numbers and -Infinity.'],
  ['Infinity in a long row', (f) => f.sample(long(1500, Infinity), { shape: [2, 1500] }), RangeError,
    'sample: row 1 has Infinity at 0; allowed are finite numbers and -Infinity.'],
  ['a long row of -Infinity', (f) => f.sample(f32(3000).fill(-Infinity), { topK: 5 }), RangeError,
    'sample: row 0 has only -Infinity; allowed is one finite number or more.'],
  ['NaN, greedy', (f) => f.sample(long(64, NaN), { temperature: 0 }), RangeError, 'sample: row 0 has NaN at 64; allowed are finite numbers and -Infinity.'],
  ['NaN at an extreme temperature', (f) => f.sample(long(64, NaN), { temperature: 1e35 }), RangeError,
    'sample: row 0 has NaN at 64; allowed are finite numbers and -Infinity.'],

  // multinomial
  ['no probabilities', (f) => f.multinomial(wrong(null)), TypeError, `multinomial: probabilities is null; ${floats}`],
  ['options of multinomial', (f) => f.multinomial([1], wrong({ temperature: 1 })), TypeError,
    'multinomial: option temperature is unknown; allowed are shape, seed, count, replacement.'],
  ['no weights', (f) => f.multinomial([]), RangeError, 'multinomial: the axis has length 0; allowed are lengths from 1.'],
  ['a shape of weights', (f) => f.multinomial([1, 2], { shape: [3] }), RangeError,
    'multinomial: shape [3] has 3 elements and probabilities has 2; allowed is as many.'],
  ['a negative weight', (f) => f.multinomial([[1, 1], [1, -0.5]]), RangeError, 'multinomial: row 1 has -0.5 at 1; allowed are finite numbers from 0.'],
  ['a weight NaN', (f) => f.multinomial([1, NaN]), RangeError, 'multinomial: row 0 has NaN at 1; allowed are finite numbers from 0.'],
  ['an infinite weight', (f) => f.multinomial([Infinity, 1]), RangeError, 'multinomial: row 0 has Infinity at 0; allowed are finite numbers from 0.'],
  ['only weights of 0', (f) => f.multinomial([0, -0, 0]), RangeError, 'multinomial: row 0 has only 0; allowed is one positive number or more.'],
  ['a seed of multinomial', (f) => f.multinomial([1], { seed: -5 }), RangeError, `multinomial: seed is -5; ${seeds}`],
  ['a count of multinomial', (f) => f.multinomial([1], { count: NaN }), RangeError, 'multinomial: count is NaN; allowed are integers from 0.'],
  ['replacement null', (f) => f.multinomial([1], wrong({ replacement: null })), TypeError, 'multinomial: replacement is null; allowed are true and false.'],
  ['replacement', (f) => f.multinomial([1], wrong({ replacement: 0 })), TypeError, 'multinomial: replacement is 0; allowed are true and false.'],
  ['more draws than weights', (f) => f.multinomial([[1, 1, 1], [1, 0, 2]], { count: 3, replacement: false }), RangeError,
    'multinomial: count is 3 without replacement and row 1 has 2 weights above 0; allowed are counts to 2.'],

  // topK
  ['topK of nothing', (f) => f.topK(wrong(undefined), 1), TypeError, `topK: x is undefined; ${floats}`],
  ['k above the length', (f) => f.topK(logits, 4), RangeError, 'topK: k is 4; allowed are integers from 0 to 3.'],
  ['k below 0', (f) => f.topK(logits, -1), RangeError, 'topK: k is -1; allowed are integers from 0 to 3.'],
  ['k 1.5', (f) => f.topK(logits, 1.5), RangeError, 'topK: k is 1.5; allowed are integers from 0 to 3.'],
  ['no k', (f) => f.topK(logits, wrong(undefined)), TypeError, 'topK: k is undefined; allowed are integers from 0 to 3.'],
  ['options of topK', (f) => f.topK(logits, 1, wrong({ sorted: true })), TypeError, 'topK: option sorted is unknown; allowed are shape.'],
  ['a shape of topK', (f) => f.topK(logits, 1, { shape: [2, 2] }), RangeError, 'topK: shape [2, 2] has 4 elements and x has 3; allowed is as many.'],

  // createSampler
  ['options of a sampler', (f) => f.createSampler(wrong([])), TypeError,
    'createSampler: options is an array; allowed is an object with temperature, topK, topP, minP, seed, repetitionPenalty, frequencyPenalty, presencePenalty.'],
  ['count of a sampler', (f) => f.createSampler(wrong({ count: 2 })), TypeError,
    'createSampler: option count is unknown; allowed are temperature, topK, topP, minP, seed, repetitionPenalty, frequencyPenalty, presencePenalty.'],
  ['temperature of a sampler', (f) => f.createSampler({ temperature: -2 }), RangeError, 'createSampler: temperature is -2; allowed are numbers from 0 to Infinity.'],
  ['topK of a sampler', (f) => f.createSampler({ topK: 0 }), RangeError, 'createSampler: topK is 0; allowed are integers from 1.'],
  ['topP of a sampler', (f) => f.createSampler({ topP: 2 }), RangeError, 'createSampler: topP is 2; allowed are numbers from 0 to 1.'],
  ['minP of a sampler', (f) => f.createSampler({ minP: -1 }), RangeError, 'createSampler: minP is -1; allowed are numbers from 0 to 1.'],
  ['seed of a sampler', (f) => f.createSampler({ seed: 1.5 }), RangeError, `createSampler: seed is 1.5; ${seeds}`],
  ['repetitionPenalty 0', (f) => f.createSampler({ repetitionPenalty: 0 }), RangeError, 'createSampler: repetitionPenalty is 0; allowed are positive numbers.'],
  ['repetitionPenalty Infinity', (f) => f.createSampler({ repetitionPenalty: Infinity }), RangeError,
    'createSampler: repetitionPenalty is Infinity; allowed are positive numbers.'],
  ['repetitionPenalty of text', (f) => f.createSampler(wrong({ repetitionPenalty: '1' })), TypeError,
    'createSampler: repetitionPenalty is "1"; allowed are positive numbers.'],
  ['frequencyPenalty NaN', (f) => f.createSampler({ frequencyPenalty: NaN }), RangeError, 'createSampler: frequencyPenalty is NaN; allowed are finite numbers.'],
  ['presencePenalty -Infinity', (f) => f.createSampler({ presencePenalty: -Infinity }), RangeError,
    'createSampler: presencePenalty is -Infinity; allowed are finite numbers.'],
  ['presencePenalty of text', (f) => f.createSampler(wrong({ presencePenalty: 'a' })), TypeError, 'createSampler: presencePenalty is "a"; allowed are finite numbers.'],

  // next, reset
  ['no next logits', (f) => next(f, undefined), TypeError, `next: logits is undefined; ${floats}`],
  ['no next entries', (f) => next(f, f32(0)), RangeError, 'next: the axis has length 0; allowed are lengths from 1.'],
  ['two rows', (f) => next(f, [[1, 2], [3, 4]]), RangeError, 'next: shape is [4] and logits is nested as [2, 2]; allowed is the same.'],
  ['options of next', (f) => next(f, logits, { temperature: 1 }), TypeError, 'next: option temperature is unknown; allowed are history, logitBias.'],
  ['next NaN', (f) => next(f, [0, NaN]), RangeError, 'next: row 0 has NaN at 1; allowed are finite numbers and -Infinity.'],
  ['next Infinity', (f) => next(f, long(2000, Infinity)), RangeError, 'next: row 0 has Infinity at 2000; allowed are finite numbers and -Infinity.'],
  ['next only -Infinity', (f) => next(f, [-Infinity]), RangeError, 'next: row 0 has only -Infinity; allowed is one finite number or more.'],
  ['everything forbidden', (f) => next(f, [1, 2], { logitBias: { 0: -Infinity, 1: -Infinity } }), RangeError,
    'next: row 0 has only -Infinity; allowed is one finite number or more.'],
  ['a history that is none', (f) => next(f, logits, { history: 3 }), TypeError, 'next: history is 3; allowed are arrays of integers.'],
  ['a history of text', (f) => next(f, logits, { history: '12' }), TypeError, 'next: history is "12"; allowed are arrays of integers.'],
  ['a history that is detached', (f) => next(f, logits, { history: detached() }), TypeError,
    'next: history is a detached Int32Array; allowed are attached ones.'],
  ['a token beyond the end', (f) => next(f, logits, { history: [0, 3] }), RangeError, 'next: history[1] is 3; allowed are integers from 0 to 2.'],
  ['a token below 0', (f) => next(f, logits, { history: Int32Array.of(-1) }), RangeError, 'next: history[0] is -1; allowed are integers from 0 to 2.'],
  ['a token that is no integer', (f) => next(f, logits, { history: [0.5] }), RangeError, 'next: history[0] is 0.5; allowed are integers from 0 to 2.'],
  ['a token of text', (f) => next(f, logits, { history: ['1'] }), TypeError, 'next: history[0] is "1"; allowed are integers from 0 to 2.'],
  ['a token of a bigint', (f) => next(f, logits, { history: BigInt64Array.of(1n) }), TypeError, 'next: history[0] is 1n; allowed are integers from 0 to 2.'],
  ['a bias that is none', (f) => next(f, logits, { logitBias: 1 }), TypeError,
    'next: logitBias is 1; allowed is a Map or an object from tokens to numbers.'],
  ['a bias that is an array', (f) => next(f, logits, { logitBias: [1, 2, 3] }), TypeError,
    'next: logitBias is an array; allowed is a Map or an object from tokens to numbers.'],
  ['a bias that is a Set', (f) => next(f, logits, { logitBias: new Set([1]) }), TypeError,
    'next: logitBias is a Set; allowed is a Map or an object from tokens to numbers.'],
  ['a bias beyond the end', (f) => next(f, logits, { logitBias: { 3: 1 } }), RangeError, 'next: a token of logitBias is 3; allowed are integers from 0 to 2.'],
  ['a bias of a name', (f) => next(f, logits, { logitBias: { one: 1 } }), TypeError, 'next: a token of logitBias is "one"; allowed are integers from 0 to 2.'],
  ['a bias of an empty name', (f) => next(f, logits, { logitBias: { '': 1 } }), TypeError, 'next: a token of logitBias is ""; allowed are integers from 0 to 2.'],
  ['a key of a Map that is text', (f) => next(f, logits, { logitBias: new Map([['1', 1]]) }), TypeError,
    'next: a token of logitBias is "1"; allowed are integers from 0 to 2.'],
  ['a bias of text', (f) => next(f, logits, { logitBias: { 1: '1' } }), TypeError, 'next: logitBias of 1 is "1"; allowed are finite numbers and -Infinity.'],
  ['a bias NaN', (f) => next(f, logits, { logitBias: new Map([[1, NaN]]) }), RangeError, 'next: logitBias of 1 is NaN; allowed are finite numbers and -Infinity.'],
  ['a bias Infinity', (f) => next(f, logits, { logitBias: { 2: Infinity } }), RangeError, 'next: logitBias of 2 is Infinity; allowed are finite numbers and -Infinity.'],
  ['a seed of reset', (f) => f.createSampler().reset(-1), RangeError, `reset: seed is -1; ${seeds}`],
];

function checkRows(functions: () => Functions): void {
  test.each(rows)('%s', (_, call, error, message) => {
    expectError(() => call(functions()), error, message);
  });
}

describe('softmax-simd/reference', () => checkRows(() => reference));

onEachBackend((_, create) => {
  const engine: Engine = create();

  describe('wrong arguments', () => checkRows(() => engine));

  describe('special values', () => {
    const greedy = { temperature: 0, seed: 1 };

    test('no rows, no draws', () => {
      expect(engine.sample(f32(0), { shape: [0, 5] })).toEqual(new Int32Array(0));
      expect(engine.sample(logits, { count: 0 })).toEqual(new Int32Array(0));
      expect(engine.multinomial(f32(0), { shape: [0, 5], count: 3 })).toEqual(new Int32Array(0));
      expect(engine.multinomial([1], { count: 0, replacement: false })).toEqual(new Int32Array(0));
      for (const none of [engine.sample, engine.multinomial])
        expect(none([NaN], { count: 0 })).toEqual(new Int32Array(0)); // nothing is read
      expect(engine.topK(f32(0), 0)).toEqual({ values: f32(0), indices: new Int32Array(0) });
      expect(engine.topK(f32(0), 2, { shape: [0, 5] })).toEqual({ values: f32(0), indices: new Int32Array(0) });
      expect(
        engine.topK(
          [
            [1, 2],
            [3, 4],
          ],
          0,
        ),
      ).toEqual({ values: [[], []], indices: [[], []] });
    });

    test('temperature 0 is the first maximum, whatever the filters', () => {
      for (const filters of [{}, { topK: 2 }, { topP: 0.1 }, { minP: 1 }]) {
        expect([...engine.sample([1, 3, -Infinity, 3], { ...greedy, ...filters, count: 3 })]).toEqual([1, 1, 1]);
        expect([...engine.sample(long(70, 1).fill(1, 200, 203), { ...greedy, ...filters })]).toEqual([70]);
      }
      expect([...engine.sample([0, 2], { temperature: -0, seed: 1 })]).toEqual([1]);
    });

    test('temperature ∞ is uniform over what top-k leaves', () => {
      const tokens = engine.sample([0, 1e30, -1e30, -Infinity], { temperature: Infinity, seed: 2, count: 3000 });
      const counts = [0, 1, 2, 3].map((token) => tokens.filter((drawn) => drawn === token).length);
      expect(counts[3]).toBe(0);
      for (const count of counts.slice(0, 3))
        expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(3000 * (2 / 9)));
      const kept = engine.sample([0, 3, 5, 4], { temperature: Infinity, topK: 2, seed: 2, count: 100 });
      expect([...new Set(kept)].sort()).toEqual([2, 3]);
    });

    test.each([
      [{ topP: 0 }, [1]],
      [{ topP: 5e-324 }, [1]],
      [{ minP: 1 }, [1, 3]],
      [{ topK: 1 }, [1]],
      [{ topK: 3 }, [1, 3, 2]],
      [{ topK: 100 }, [0, 1, 2, 3]],
      [{ topP: 1 }, [0, 1, 2, 3]],
      [{ minP: 0 }, [0, 1, 2, 3]],
    ])('%j leaves %j', (filters, expected) => {
      const row = [0, 1, 0.5, 1, -Infinity];
      for (const x of [
        row,
        Float32Array.from(row),
        Float32Array.from({ length: 2000 }, (_, i) => row[i] ?? -Infinity),
      ]) {
        const tokens = engine.sample(x, { ...filters, seed: 4, count: 400 });
        expect([...new Set(tokens)].sort()).toEqual([...expected].sort());
      }
    });

    test('top-p keeps the entry that crosses p', () => {
      const weights = [0.5, 0.25, 0.25].map(Math.log);
      const drawn = (topP: number) => [...new Set(engine.sample(weights, { topP, seed: 1, count: 500 }))].sort();
      expect(drawn(0.49)).toEqual([0]);
      expect(drawn(0.6)).toEqual([0, 1]);
      expect(drawn(0.8)).toEqual([0, 1, 2]);
    });

    test.each([2, 90, 2000])('top-p of exactly half keeps the first of two equals, in a row of %i', (length) => {
      const row = new Float32Array(length).fill(-Infinity);
      row[0] = row[length - 1] = 7;
      for (let seed = 0; seed < 20; seed++) expect([...engine.sample(row, { topP: 0.5, seed })]).toEqual([0]);
      const both = engine.sample(row, { topP: 0.5 + 2 ** -52, seed: 1, count: 50 });
      expect([...new Set(both)].sort((a, b) => a - b)).toEqual([0, length - 1]);
    });

    test('without a seed, other draws each time', () => {
      const draw = () => engine.sample(f32(50), { count: 20 }).join();
      expect(draw()).not.toBe(draw());
      const sampler = () =>
        Array.from(
          { length: 20 },
          (
            (one) => () =>
              one.next(f32(50))
          )(engine.createSampler()),
        ).join();
      expect(sampler()).not.toBe(sampler());
    });

    test('seed 0 is a seed, and seeds above 2^32 are their own', () => {
      const draw = (seed: number) => engine.sample(f32(50), { count: 20, seed }).join();
      expect(draw(0)).toBe(draw(0));
      expect(new Set([0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map(draw)).size).toBe(5);
    });

    test('options that are undefined are not given', () => {
      const none = {
        temperature: undefined,
        topK: undefined,
        topP: undefined,
        minP: undefined,
        count: undefined,
        shape: undefined,
      };
      expect(engine.sample(logits, { ...none, seed: 3 })).toEqual(engine.sample(logits, { seed: 3 }));
    });

    test('top-p of float64 that are next to 0 or far apart ends', () => {
      for (const x of [
        [0, 5e-324],
        [-1e-320, 0, 1e-310],
        [-1.7e308, 0, 1.7e308],
        [1, 1 + 2 ** -52],
      ]) {
        for (const temperature of [1, 1e-300, 1e300]) {
          const all = { temperature, topP: 0.6, topK: Infinity, minP: 0 };
          expect([...engine.sample(x, { temperature, topP: 0.6, seed: 5, count: 9 })]).toEqual(
            drawExactly(x, 'float64', all, 5, 0, 0, 9),
          );
        }
      }
    });
  });

  describe('rows', () => {
    test.each([5, 1500])('of %i entries: each has draws of its own, the first of them whatever the count', (length) => {
      const random = createRandom(1);
      const x = normalRow(random, 'float32', { length: 4 * length });
      const all = engine.sample(x, { shape: [4, length], seed: 9, count: 6, topP: 0.9 });
      for (const count of [1, 2, 5]) {
        const fewer = engine.sample(x, { shape: [4, length], seed: 9, count, topP: 0.9 });
        for (let row = 0; row < 4; row++) {
          expect([...fewer.subarray(row * count, (row + 1) * count)]).toEqual([
            ...all.subarray(row * 6, row * 6 + count),
          ]);
        }
      }
      expect([...engine.sample(x, { shape: [2, 2, length], seed: 9, count: 6, topP: 0.9 })]).toEqual([...all]);
      const same = new Float32Array(4 * length).map((_, i) => x[i % length]);
      const drawn = engine.sample(same, { shape: [4, length], seed: 9, count: 6 });
      expect(new Set([0, 1, 2, 3].map((row) => drawn.subarray(row * 6, row * 6 + 6).join())).size).toBe(4);
    });
  });

  describe('topK', () => {
    test('NaN is larger than any number, ties go to the lower index', () => {
      expect(engine.topK([1, NaN, Infinity, NaN, 1, -Infinity], 6)).toEqual({
        values: [NaN, NaN, Infinity, 1, 1, -Infinity],
        indices: [1, 3, 2, 0, 4, 5],
      });
      expect(engine.topK(Float64Array.of(-0, 0, 0), 2)).toEqual({
        values: Float64Array.of(-0, 0),
        indices: Int32Array.of(0, 1),
      });
      const found = engine.topK(long(2500, NaN).fill(-Infinity, 0, 2498), 4);
      expect(found).toEqual({ values: Float32Array.of(NaN, 0, 0, 0), indices: Int32Array.of(2500, 2498, 2499, 2501) });
    });

    test('sorts no more than k entries, whatever the row holds', () => {
      const sorts = [Array, Int32Array].map((type) => vi.spyOn(type.prototype, 'sort'));
      const row = f32(5000).fill(-Infinity).fill(NaN, 4000, 4001).fill(Infinity, 3000, 3001).fill(7, 2000, 2001);
      const { values, indices } = engine.topK(row, 6);
      for (const sort of sorts) {
        expect(sort).not.toHaveBeenCalled();
        sort.mockRestore();
      }
      expect([...values]).toEqual([NaN, Infinity, 7, -Infinity, -Infinity, -Infinity]);
      expect([...indices]).toEqual([4000, 3000, 2000, 0, 1, 2]);
    });

    test('plain arrays come back in their shape', () => {
      expect(
        engine.topK(
          [
            [1, 3, 2],
            [6, 5, 4],
          ],
          2,
        ),
      ).toEqual({
        values: [
          [3, 2],
          [6, 5],
        ],
        indices: [
          [1, 2],
          [0, 1],
        ],
      });
      expect(engine.topK([1, 3, 2, 6, 5, 4], 1, { shape: [2, 3] })).toEqual({ values: [3, 6], indices: [1, 0] });
    });
  });

  describe('multinomial', () => {
    test.each([
      ['zeros', [0, 1, 0, 3, 0], [1, 3]],
      ['huge', [1e308, 1e308, 0, 1.7e308], [0, 1, 3]],
      ['subnormal', [0, 5e-324, 1e-323], [1, 2]],
      ['one', [0, 0, 2], [2]],
    ])('weights that are %s', (_, weights, expected) => {
      expect([...new Set(engine.multinomial(weights, { seed: 1, count: 300 }))].sort()).toEqual(expected);
      const all = engine.multinomial(weights, { seed: 1, count: expected.length, replacement: false });
      expect([...all].sort()).toEqual(expected);
    });

    test.each([
      ['far apart', [1e308, 5e-324, 1, 0, 1e-200, 1e200], [0, 5, 2, 4, 1]],
      ['apart by less', [1e150, 1e-160, 0, 1e-5], [0, 3, 1]],
    ])('without replacement, weights that are %s are all drawn, the largest first', (_, weights, order) => {
      for (let seed = 0; seed < 5; seed++) {
        expect([...engine.multinomial(weights, { seed, count: order.length, replacement: false })]).toEqual(order);
      }
    });

    test('without replacement, tiny weights keep their proportions', () => {
      const firsts = Array.from(
        { length: 400 },
        (_, seed) => engine.multinomial([1e300, 1e-300, 3e-300], { seed, count: 2, replacement: false })[1],
      );
      const twos = firsts.filter((index) => index === 2).length;
      expect(firsts.length - twos).toBe(firsts.filter((index) => index === 1).length);
      expect(Math.abs(twos - 300)).toBeLessThan(5 * Math.sqrt(400 * (3 / 16)));
    });

    test('is successive draws: each in proportion to what is left', () => {
      const random = createRandom(6);
      for (let seed = 0; seed < 60; seed++) {
        // Small whole numbers: the sums of any order are exact.
        const weights = Array.from({ length: 1 + random.below(12) }, () => random.below(9));
        weights[0]++;
        for (const replacement of [true, false]) {
          const left = [...weights];
          const count = replacement ? 8 : left.filter((weight) => weight > 0).length;
          const expected = Array.from({ length: count }, (_, draw) => {
            let at =
              Number(uniformsExactly(seed, 0, draw)[0]) * 2 ** -53 * left.reduce((sum, weight) => sum + weight, 0);
            const index = left.findIndex((weight) => {
              at -= weight;
              return at < 0;
            });
            if (!replacement) left[index] = 0;
            return index;
          });
          expect([...engine.multinomial(weights, { seed, count, replacement })]).toEqual(expected);
          const scaled = Float32Array.from(weights, (weight) => weight * 2 ** 100);
          expect([...engine.multinomial(scaled, { seed, count, replacement })]).toEqual(expected);
        }
      }
    });

    test('weights stay as they are, buffers and rows are taken', () => {
      const buffer = engine.allocate('float32', 6);
      buffer.array.set([1, 0, 0, 0, 0, 2]);
      expect([...engine.multinomial(buffer, { shape: [2, 3], seed: 1, count: 2 })]).toEqual([0, 0, 2, 2]);
      expect([...engine.multinomial(buffer, { shape: [2, 3], replacement: false })]).toEqual([0, 2]);
      expect([...buffer.array]).toEqual([1, 0, 0, 0, 0, 2]);
      buffer.free();
    });
  });

  describe.each(formats)('createSampler, %s', (format) => {
    const rowOf = (seed: number, length = 40) => normalRow(createRandom(seed), format, { length, spread: 2 });

    test.each([40, 1300])('its n-th draw is the n-th of sample, %i logits', (length) => {
      const row = rowOf(1, length);
      for (const options of [
        {},
        { topP: 0.8 },
        { topK: 7, temperature: 0.5 },
        { minP: 0.1, topP: 0.95 },
        { temperature: 0 },
      ]) {
        const sampler = engine.createSampler({ ...options, seed: 77 });
        const drawn = Array.from({ length: 12 }, () => sampler.next(row));
        expect(drawn).toEqual([...engine.sample(row, { ...options, seed: 77, count: 12 })]);
        sampler.reset();
        expect(sampler.next(row)).toBe(drawn[0]);
        sampler.reset(5);
        expect(sampler.next(row)).toBe(engine.sample(row, { ...options, seed: 5 })[0]);
        sampler.reset();
        expect(sampler.next(row)).toBe(engine.sample(row, { ...options, seed: 5 })[0]); // the seed last given
      }
    });

    test('logits of other lengths and types in between', () => {
      const sampler = engine.createSampler({ seed: 3, repetitionPenalty: 1.5 });
      const inputs = [
        rowOf(1),
        rowOf(2, 7),
        [1, 2, 3],
        [[1, 2, 3, 4]][0],
        new Float64Array(2),
        rowOf(1, 1100),
        Float32Array.of(5),
      ];
      inputs.forEach((input, n) => {
        const [first, ...others] = engine.sample(input, { seed: 3, count: n + 1 }).reverse();
        expect(sampler.next(input)).toBe(first);
        expect(others.length).toBe(n);
      });
    });

    test('penalties and bias are the formulas, and lastLogProbability is that of the result', () => {
      const random = createRandom(8);
      for (let seed = 0; seed < 40; seed++) {
        const row = rowOf(seed, 30);
        const penalties = {
          repetitionPenalty: random.pick([1, 1.3, 0.5]),
          frequencyPenalty: random.pick([0, 0.25, -0.5]),
          presencePenalty: random.pick([0, 0.75, -1]),
        };
        const temperature = random.pick([0.5, 1, 3]);
        const history = Array.from({ length: random.below(40) }, () => random.below(30));
        const bias = new Map(
          Array.from({ length: random.below(5) }, () => [random.below(30), random.pick([1.5, -2, -Infinity])]),
        );

        const expected = row.slice();
        for (const token of new Set(history)) {
          const c = history.filter((other) => other === token).length;
          const { repetitionPenalty: r, frequencyPenalty: f, presencePenalty: p } = penalties;
          const logit = row[token];
          expected[token] = (logit > 0 ? logit / r : logit * r) - f * c - p;
        }
        for (const [token, value] of bias) expected[token] += value;

        const before = row.slice();
        const filtering = { temperature, topK: 20, topP: 0.9, minP: 0.01 };
        for (const [n, logitBias] of [bias, Object.fromEntries(bias)].entries()) {
          for (const form of [history, Int32Array.from(history), Float64Array.from(history)]) {
            const sampler = engine.createSampler({ ...filtering, ...penalties, seed });
            for (let i = 0; i < n; i++) sampler.next(new Float32Array(1));
            const [token] = drawExactly(expected, format, filtering, seed, 0, n, 1);
            expect(sampler.next(row, { history: form, logitBias })).toBe(token);
            const truth = logSoftmaxTruth(expected, 1 / temperature);
            expect(Math.abs(sampler.lastLogProbability - truth.hi[token])).toBeLessThan(
              1e-6 * Math.max(1, -truth.hi[token]),
            );
          }
        }
        expect(row).toEqual(before);
      }
    });

    test('the counts of one call are not those of the next', () => {
      const sampler = engine.createSampler({ temperature: 0, presencePenalty: 10 });
      const row = Float32Array.of(3, 2, 1);
      expect(sampler.next(row, { history: [0] })).toBe(1);
      expect(sampler.next(row, { history: [0, 1, 0] })).toBe(2);
      expect(sampler.next(row)).toBe(0);
      expect(() => sampler.next(row, { history: [0, 1, 9] })).toThrow(RangeError);
      expect(sampler.next(row, { history: [1] })).toBe(0);
    });

    test('history is read once, whatever it is', () => {
      const row = [3, 2, 1];
      const sampler = engine.createSampler({ temperature: 0, presencePenalty: 10 });
      let reads = 0;
      const history = new Proxy([0, 0], { get: (array, key) => (key === '1' ? reads++ : Reflect.get(array, key)) });
      expect(sampler.next(row, { history })).toBe(1);
      expect(reads).toBe(1);
      expect([sampler.next(row), sampler.next(row, { history: [0] })]).toEqual([0, 1]);
    });

    test('a Map of another realm is a Map', async () => {
      const { Map: OtherMap } = await anotherRealm();
      expect(engine.createSampler({ temperature: 0 }).next([5, 4], { logitBias: new OtherMap([[0, -3]]) })).toBe(1);
    });

    test('a bias of -Infinity forbids, another moves by as much', () => {
      const sampler = engine.createSampler({ temperature: 0 });
      expect(sampler.next([5, 4, 3], { logitBias: { 0: -Infinity } })).toBe(1);
      expect(sampler.next([5, 4, 3], { logitBias: new Map([[2, 2.5]]) })).toBe(2);
      expect(sampler.next([-Infinity, 4], { logitBias: { 0: 100 } })).toBe(1);
      expect(sampler.next([5, 4, 3], { logitBias: {} })).toBe(0);
    });

    test.each(['float32', 'float64'])('a failed next uses up no draw and keeps lastLogProbability', () => {
      const row = rowOf(4);
      const expected = [...engine.sample(row, { seed: 6, count: 4 })];
      for (const isRead of [false, true]) {
        const sampler = engine.createSampler({ seed: 6 });
        const fail = () => {
          for (const bad of [
            row.map(() => NaN),
            row.map(() => -Infinity),
            'a',
            row.map((x, i) => (i === 3 ? Infinity : x)),
          ])
            expect(() => sampler.next(wrong(bad))).toThrow();
          expect(() => sampler.next(row, { history: [99] })).toThrow(RangeError);
          expect(() => sampler.next(row, { logitBias: { 1: NaN } })).toThrow(RangeError);
        };
        fail();
        expect(sampler.lastLogProbability).toBeNaN();
        expected.forEach((token) => {
          expect(sampler.next(row)).toBe(token);
          const log = logSoftmaxTruth(row).hi[token];
          if (isRead) expect(sampler.lastLogProbability).toBeCloseTo(log, 5);
          fail();
          expect(sampler.lastLogProbability).toBeCloseTo(log, 5);
        });
      }
    });

    test('lastLogProbability: NaN before the first and after reset, 0 for what is certain, before the filters', () => {
      const sampler = engine.createSampler({ topK: 1, seed: 1 });
      expect(sampler.lastLogProbability).toBeNaN();
      sampler.next([0, 0]);
      expect(sampler.lastLogProbability).toBeCloseTo(-Math.LN2, 12);
      sampler.next([0, -Infinity]);
      expect(Object.is(sampler.lastLogProbability, 0)).toBe(true);
      sampler.reset();
      expect(sampler.lastLogProbability).toBeNaN();
    });

    test.each<[SamplerOptions, number]>([
      [{ temperature: 0 }, 0],
      [{ temperature: Infinity }, -Math.log(3)],
      [{ temperature: 1e-30 }, 0],
      [{ temperature: 1e30 }, -Math.log(3)],
    ])('lastLogProbability with %j', (options, expected) => {
      const sampler = engine.createSampler({ ...options, seed: 1 });
      const row = format === 'float32' ? Float32Array.of(1, 3, -Infinity, 2) : Float64Array.of(1, 3, -Infinity, 2);
      sampler.next(row);
      expect(formatOf(row)).toBe(format);
      expect(sampler.lastLogProbability).toBeCloseTo(expected, 6);
    });

    test('it reads the logits when it draws: what is done to them afterwards changes nothing', () => {
      const row = rowOf(3);
      const sampler = engine.createSampler({ seed: 2 });
      const token = sampler.next(row);
      const log = logSoftmaxTruth(row).hi[token];
      row.fill(0);
      expect(sampler.lastLogProbability).toBeCloseTo(log, 5);
    });

    test('logits in a WasmBuffer', () => {
      const row = rowOf(5, 2000);
      const buffer = engine.allocate(format, 2000);
      buffer.array.set(row);
      const options = { seed: 4, topP: 0.9, presencePenalty: 1 };
      const [one, other] = [engine.createSampler(options), engine.createSampler(options)];
      for (let i = 0; i < 6; i++) expect(one.next(buffer, { history: [i] })).toBe(other.next(row, { history: [i] }));
      expect(buffer.array).toEqual(row);
      buffer.free();
    });
  });

  test('samplers do not share anything', () => {
    const row = normalRow(createRandom(2), 'float32', { length: 2000 });
    const alone = (seed: number) => {
      const sampler = engine.createSampler({ seed, topP: 0.9 });
      return Array.from({ length: 5 }, () => sampler.next(row));
    };
    const expected = [alone(1), alone(2)];
    const both = [1, 2].map((seed) => engine.createSampler({ seed, topP: 0.9 }));
    const drawn = Array.from({ length: 5 }, () => both.map((sampler) => sampler.next(row)));
    expect([0, 1].map((which) => drawn.map((tokens) => tokens[which]))).toEqual(expected);
  });

  test('after the engine was disposed', () => {
    const gone = create();
    const sampler = gone.createSampler({ seed: 1 });
    sampler.next(logits);
    gone.dispose();
    const disposed = 'the engine was disposed; allowed is one that was not: create another.';
    expect(() => sampler.next(logits)).toThrow(new Error(`next: ${disposed}`));
    expect(() => sampler.lastLogProbability).toThrow(new Error(`lastLogProbability: ${disposed}`));
    expect(() => gone.sample(logits)).toThrow(new Error(`sample: ${disposed}`));
    expect(() => gone.multinomial([1])).toThrow(new Error(`multinomial: ${disposed}`));
    expect(() => gone.topK(logits, 1)).toThrow(new Error(`topK: ${disposed}`));
  });
});

test('a row that does not fit the memory of the engine has its token and its log-probability', () => {
  const row = normalRow(createRandom(4), 'float32', { length: 151_936, spread: 3 });
  const small = createEngineSync({ backend: 'simd', maxMemoryBytes: 2 * 65536 }).createSampler({ seed: 1 });
  const plain = reference.createSampler({ seed: 1 });
  expect(small.next(row)).toBe(plain.next(row));
  expect(small.lastLogProbability).toBe(plain.lastLogProbability);
});

test('the same tokens on every backend, float32 and float64 of the same numbers apart', () => {
  const row = normalRow(createRandom(7), 'float32', { length: 5000, spread: 3 });
  const expected = reference.sample(row, { seed: 8, count: 50, topP: 0.95 });
  expect(createEngineSync().sample(row, { seed: 8, count: 50, topP: 0.95 })).toEqual(expected);
  expect(new Set(expected).size).toBeGreaterThan(20);
});
