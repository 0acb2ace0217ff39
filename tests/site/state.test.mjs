// The state in the address, without a browser.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNumber, parseNumber, shortNumber, shortProbability, writeNumber } from '../../site/numbers.mjs';
import {
  formatHash,
  initialState,
  MAX_DRAWS,
  MAX_ENTRIES,
  MAX_SEED,
  parseHash,
  parseLogits,
} from '../../site/state.mjs';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const index = fc.integer({ min: 0, max: MAX_ENTRIES - 1 });
const states = fc
  .record({
    x: fc.array(fc.oneof(finite, fc.constant(Number.NEGATIVE_INFINITY)), { minLength: 1, maxLength: MAX_ENTRIES }),
    T: fc.double({ min: 0, noNaN: true }),
    b: fc.option(fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
    c: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    k: fc.double({ min: 0.01, max: 100, noNaN: true }),
    n: fc.integer({ min: 1, max: MAX_DRAWS }),
    seed: fc.integer({ min: 0, max: MAX_SEED }),
    topK: fc.integer({ min: 0, max: MAX_ENTRIES }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 1, noNaN: true }),
    cell: fc.tuple(index, index),
  })
  .filter(({ b }) => b !== 1)
  // A base stands in place of the temperature. An address has no −0.
  .map((state) => ({ ...state, T: state.b === undefined ? state.T : initialState().T }))
  .map((state) => JSON.parse(JSON.stringify(state, write), read));

const write = (_, value) =>
  value === Number.POSITIVE_INFINITY ? '∞' : value === Number.NEGATIVE_INFINITY ? '−∞' : value;
const read = (_, value) => (value === '∞' ? Infinity : value === '−∞' ? -Infinity : value);

describe('the address', () => {
  test('gives every state back', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(parseHash(formatHash(state))).toEqual({ state: { b: undefined, ...state }, problems: [] });
      }),
      { numRuns: 2000 },
    );
  });

  test('is empty for the initial state', () => {
    expect(formatHash(initialState())).toBe('');
    expect(parseHash('')).toEqual({ state: initialState(), problems: [] });
  });

  test.each([
    ['#x=1,zwei,3', 'Logit 1 is “zwei”; allowed are finite numbers and -inf.'],
    ['#x=1,inf', 'Logit 1 is “inf”; allowed are finite numbers and -inf.'],
    ['#x=', '0 logits came; allowed are 1 to 12.'],
    [`#x=${'1,'.repeat(13)}`, '13 logits came; allowed are 1 to 12.'],
    ['#T=-1', 'T is “-1”; allowed are numbers from 0 on, inf included.'],
    ['#T=', 'T is “”; allowed are numbers from 0 on, inf included.'],
    ['#b=1', 'b is “1”; allowed are numbers above 0 other than 1.'],
    ['#b=inf', 'b is “inf”; allowed are numbers above 0 other than 1.'],
    ['#T=2&b=3', 'T and b both came; allowed is one of them, and b is left out.', { T: 2 }],
    ['#n=0.5', 'n is “0.5”; allowed are integers from 1 to 100000.'],
    ['#n=1e9', 'n is “1e9”; allowed are integers from 1 to 100000.'],
    ['#seed=-1', 'seed is “-1”; allowed are integers from 0 to 9007199254740991.'],
    ['#topP=2', 'topP is “2”; allowed are numbers from 0 to 1 (off).'],
    ['#cell=1', 'cell is “1”; allowed are two integers from 0 to 11, such as 0,1.'],
    [
      '#c=1&constructor=1',
      'constructor is unknown; allowed are x, cell, T, b, c, k, n, seed, topK, topP, minP.',
      { c: 1 },
    ],
    [
      `#${'a'.repeat(1e5)}`,
      `${'a'.repeat(40)}… is unknown; allowed are x, cell, T, b, c, k, n, seed, topK, topP, minP.`,
    ],
    [`#x=1,${'9'.repeat(41)}x`, `Logit 1 is “${'9'.repeat(40)}…”; allowed are finite numbers and -inf.`],
    ['#%E0%A4%A', '\uFFFD%A is unknown; allowed are x, cell, T, b, c, k, n, seed, topK, topP, minP.'],
  ])('%s: what is wrong is named and left as it was at first', (hash, problem, part = {}) => {
    expect(parseHash(hash)).toEqual({ state: { ...initialState(), ...part }, problems: [problem] });
  });

  test('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { state } = parseHash(`#${text}`);
        expect(parseHash(formatHash(state))).toEqual({ state, problems: [] });
      }),
    );
  });
});

describe('numbers', () => {
  test('logits as people write them', () => {
    expect(parseLogits('[1, -2.5; 3e2\n−4 -inf −∞]')).toEqual([1, -2.5, 300, -4, -Infinity, -Infinity]);
  });

  test('are written in full and read back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(parseNumber(writeNumber(value)) === value).toBe(true);
      }),
    );
  });

  test.each([
    [0, '0', '0.00', '0'],
    [0.09003057317038046, '0.09003', '0.09', '.090'],
    [0.0004, '0.0004', '0.00', '≈0'],
    [1.5e-20, '1.5e−20', '0.00', '≈0'],
    [0.9996, '0.9996', '1.00', '≈1'],
    [1, '1', '1.00', '1'],
    [Number.NaN, 'NaN', 'NaN', 'NaN'],
  ])('%s for reading', (value, long, short, probability) => {
    expect([formatNumber(value), shortNumber(value), shortProbability(value)]).toEqual([long, short, probability]);
  });

  test.each([
    [-1234567, '−1.235e6', '−1e6'],
    [-123.456, '−123.5', '−123'],
    [Number.NEGATIVE_INFINITY, '−∞', '−∞'],
    [1e30, '1e30', '1e30'],
  ])('%s for reading', (value, long, short) => {
    expect([formatNumber(value), shortNumber(value)]).toEqual([long, short]);
  });
});
