// Drawing tokens from logits. For each row: the entries that top-k leaves, their weights (weights.ts), the prefix that top-p leaves of them, those
// of it that min-p leaves.
//
// From a uniform number u to a token (random.ts has the numbers): the first entry, in the order of the indices, with whose weight the cumulative weight exceeds
// u · Σ. The sums are exact, the product is rounded to float64; so is topP · Σ, which the prefix weighs at least. The largest weight is 1, so min-p keeps what
// weighs at least minP. Where topP < 1, a draw has two steps: with the first number, a token of those that
// top-k leaves; if top-p or min-p does not leave it, another of those that they do leave, with the second number. Its distribution is the one of a single step,
// p + (1 − S) · p / S = p / S, but mostly it need not be known what else top-p leaves. Otherwise there is one step, with the first number.

import type { FloatArray } from '../types.ts';
import type { Candidates } from './candidates.ts';
import type { Uniforms } from './random.ts';
import type { Numbers } from './slices.ts';
import { unitOf, weightOf, weightScale } from './weights.ts';

/** The filters of a call, checked. */
export interface Filters {
  /** 1 / T; ∞: greedy. */
  readonly scale: number;
  /** From 1; ∞: all. */
  readonly topK: number;
  /** 0 to 1; 1: all. */
  readonly topP: number;
  /** 0 to 1; 0: all. */
  readonly minP: number;
}

/** Which draws a call makes: `count` of each row, the first of them number `first`. */
export interface Draws {
  readonly uniforms: Uniforms;
  readonly first: number;
  readonly count: number;
}

/** Draws from each row of `length` entries, from 1; tokens [rows, count]. `name` begins the message of an error. */
export function sampleRows(
  candidates: Candidates,
  name: string,
  x: FloatArray,
  rows: number,
  length: number,
  filters: Filters,
  draws: Draws,
  tokens: Int32Array,
): void {
  const isFloat32 = x.BYTES_PER_ELEMENT === 4;
  for (let row = 0; row < rows; row++) {
    sampleRow(name, candidates, x, row * length, length, isFloat32, filters, draws, row, tokens, row * draws.count);
  }
}

/** Draws from one row of `length` entries, from 1; its tokens go to tokens[at, at + count). `name` and `row` begin the message of an error. */
function sampleRow(
  name: string,
  candidates: Candidates,
  x: Numbers,
  start: number,
  length: number,
  isFloat32: boolean,
  filters: Filters,
  draws: Draws,
  row: number,
  tokens: Int32Array,
  at: number,
): void {
  candidates.count = 0;
  candidates.reserve(length);
  let best = -1;
  for (let i = 0; i < length; i++) {
    const value = x[start + i];
    if (value === -Infinity) continue;
    checkLogit(name, row, i, value);
    if (best < 0 || value > x[start + best]) best = i;
    candidates.add(i, value);
  }
  if (best < 0) throw noDistribution(name, row);
  if (filters.scale === Infinity) tokens.fill(best, at, at + draws.count);
  else drawFrom(candidates, x[start + best], length, isFloat32, filters, draws, row, tokens, at);
}

/** Draws from candidates in the order of their indices, among which are all that the filters leave, and the maximum. */
export function drawFrom(
  candidates: Candidates,
  max: number,
  length: number,
  isFloat32: boolean,
  { scale, topK, topP, minP }: Filters,
  { uniforms, first, count }: Draws,
  row: number,
  tokens: Int32Array,
  at: number,
): void {
  candidates.keepLargest(topK);
  weigh(candidates, max, length, isFloat32, scale);
  if (topP === 1) candidates.keepFrom(minP);
  const total = candidates.accumulate();
  for (let n = 0; n < count; n++) {
    uniforms.seek(row, first + n);
    tokens[at + n] = candidates.pick(uniforms.first * total);
  }
  if (topP === 1) return;
  candidates.keepHeaviest(topP * total);
  candidates.keepFrom(minP);
  redraw(candidates, uniforms, row, first, count, tokens, at);
}

/** Sets the weights of candidates. */
function weigh(candidates: Candidates, max: number, length: number, isFloat32: boolean, scale: number): void {
  const { values, weights, count } = candidates;
  const unit = unitOf(length);
  const s = weightScale(scale);
  for (let i = 0; i < count; i++) weights[i] = weightOf(values[i], max, s, unit, isFloat32);
}

/** The second step: another token for each that is not among the candidates. */
export function redraw(
  candidates: Candidates,
  uniforms: Uniforms,
  row: number,
  first: number,
  count: number,
  tokens: Int32Array,
  at: number,
): void {
  const total = candidates.accumulate();
  for (let n = 0; n < count; n++) {
    if (candidates.has(tokens[at + n])) continue;
    uniforms.seek(row, first + n);
    tokens[at + n] = candidates.pick(uniforms.second * total);
  }
}

/** @throws RangeError for a logit that leaves no distribution */
export function checkLogit(name: string, row: number, index: number, value: number): void {
  if (value < Infinity) return;
  throw new RangeError(`${name}: row ${row} has ${value} at ${index}; allowed are finite numbers and -Infinity.`);
}

/** The error for a row of nothing but −∞. */
export function noDistribution(name: string, row: number): RangeError {
  return new RangeError(`${name}: row ${row} has only -Infinity; allowed is one finite number or more.`);
}
