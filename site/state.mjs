// What the page shows, and how it stands in the address: `#x=1,2,3&T=0.5`. What has its initial value is left out.

import { parseNumber, writeNumber } from './numbers.mjs';

export const MAX_ENTRIES = 12;
export const MAX_DRAWS = 100_000;
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

/**
 * @typedef {object} State
 * @property {number[]} x logits: 1 to 12, finite or −∞
 * @property {number} T temperature, 0 to Infinity; counts where b is undefined
 * @property {number | undefined} b base, above 0, not 1
 * @property {number} c what translation adds
 * @property {number} k what scaling multiplies with
 * @property {number} n number of draws
 * @property {number} seed
 * @property {number} topK 0: off
 * @property {number} topP 1: off
 * @property {number} minP 0: off
 * @property {[number, number]} cell of the Jacobian: output, input
 */

/** @returns {Readonly<State>} */
export const initialState = () => ({
  x: [2, -1, 0.5, 3, 1.5, -2, 4, 2.5],
  T: 1,
  b: undefined,
  c: 1000,
  k: 2,
  n: 1000,
  seed: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  cell: [6, 3],
});

/** Each field: what is allowed, and whether a value is. */
const numbers = {
  T: { allowed: 'numbers from 0 on, inf included', isAllowed: (v) => v >= 0 },
  b: { allowed: 'numbers above 0 other than 1', isAllowed: (v) => v > 0 && v !== 1 && v < Infinity },
  c: { allowed: 'numbers from -1e6 to 1e6', isAllowed: (v) => Math.abs(v) <= 1e6 },
  k: { allowed: 'numbers from 0.01 to 100', isAllowed: (v) => v >= 0.01 && v <= 100 },
  n: { allowed: `integers from 1 to ${MAX_DRAWS}`, isAllowed: (v) => Number.isInteger(v) && v >= 1 && v <= MAX_DRAWS },
  seed: {
    allowed: `integers from 0 to ${MAX_SEED}`,
    isAllowed: (v) => Number.isInteger(v) && v >= 0 && v <= MAX_SEED,
  },
  topK: {
    allowed: `integers from 0 (off) to ${MAX_ENTRIES}`,
    isAllowed: (v) => Number.isInteger(v) && v >= 0 && v <= MAX_ENTRIES,
  },
  topP: { allowed: 'numbers from 0 to 1 (off)', isAllowed: (v) => v >= 0 && v <= 1 },
  minP: { allowed: 'numbers from 0 (off) to 1', isAllowed: (v) => v >= 0 && v <= 1 },
};

/** What came, for a message: a link may be of any length. */
const shown = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/**
 * @param {string} name of a number of the state
 * @param {string} text
 * @returns {number}
 * @throws {RangeError} that says what came and what is allowed
 */
export function parseField(name, text) {
  const { allowed, isAllowed } = numbers[name];
  const value = parseNumber(text);
  if (!isAllowed(value)) throw new RangeError(`${name} is “${shown(text)}”; allowed are ${allowed}.`);
  return value;
}

/**
 * @param {string} text numbers, with commas, semicolons or spaces between them, in brackets or not
 * @returns {number[]} logits
 * @throws {RangeError} that says what came and what is allowed
 */
export function parseLogits(text) {
  const words = text.split(/[\s,;[\]]+/).filter((word) => word !== '');
  if (words.length < 1 || words.length > MAX_ENTRIES) {
    throw new RangeError(`${words.length} logits came; allowed are 1 to ${MAX_ENTRIES}.`);
  }
  return words.map((word, i) => {
    const value = parseNumber(word);
    if (Number.isNaN(value) || value === Infinity) {
      throw new RangeError(`Logit ${i} is “${shown(word)}”; allowed are finite numbers and -inf.`);
    }
    return value;
  });
}

function parseCell(text) {
  const cell = text.split(',').map(parseNumber);
  if (cell.length !== 2 || !cell.every((i) => Number.isInteger(i) && i >= 0 && i < MAX_ENTRIES)) {
    throw new RangeError(
      `cell is “${shown(text)}”; allowed are two integers from 0 to ${MAX_ENTRIES - 1}, such as 0,1.`,
    );
  }
  return /** @type {[number, number]} */ (cell);
}

const parsers = {
  x: parseLogits,
  cell: parseCell,
  ...Object.fromEntries(Object.keys(numbers).map((name) => [name, (text) => parseField(name, text)])),
};

/**
 * @param {string} hash with its `#`, from anywhere
 * @returns {{ state: State, problems: string[] }} what is wrong is left at its initial value and named
 */
export function parseHash(hash) {
  const state = { ...initialState() };
  const problems = [];
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  for (const [name, text] of parameters) {
    if (!Object.hasOwn(parsers, name)) {
      problems.push(`${shown(name)} is unknown; allowed are ${Object.keys(parsers).join(', ')}.`);
      continue;
    }
    try {
      state[name] = parsers[name](text);
    } catch (error) {
      problems.push(error.message);
    }
  }
  if (parameters.has('T') && state.b !== undefined) {
    problems.push('T and b both came; allowed is one of them, and b is left out.');
    state.b = undefined;
  }
  return { state, problems };
}

/**
 * @param {State} state
 * @returns {string} with its `#`; empty for the initial state
 */
export function formatHash(state) {
  const initial = initialState();
  const words = [];
  for (const name of Object.keys(initial)) {
    const value = state[name];
    if (value === undefined || (name === 'T' && state.b !== undefined)) continue;
    const text = [value].flat().map(writeNumber).join(',');
    if (text !== [initial[name]].flat().map(writeNumber).join(',')) words.push(`${name}=${text}`);
  }
  return words.length === 0 ? '' : `#${words.join('&')}`;
}

/** @param {State} state @returns the options that softmax takes */
export function scaleOptions({ T, b }) {
  return b === undefined ? { temperature: T } : { base: b };
}
