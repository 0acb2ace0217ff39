// Sampling and top-k of float32 rows: the passes over a whole row by kernels, what they leave by the reference, whose results these are to the last bit.
//
// A row is in blocks of 64 entries, and one pass finds the maximum of each. So top-k needs no other: the k-th largest of these maxima is not above the k-th
// largest entry, and only blocks that reach it are looked at. min-p alone is a bound on the logits, known before any exponential. Otherwise
// every entry is weighed; a draw goes by the masses of the blocks to the one that has it, and whether top-p leaves it is told by the mass above it.

import { isFloat32 } from '../check.ts';
import { type Candidates, firstAbove, kthLargest } from '../reference/candidates.ts';
import {
  checkLogit,
  type Draws,
  drawFrom,
  type Filters,
  noDistribution,
  redraw,
  sampleRows,
} from '../reference/sample.ts';
import { takeLargest, topKRow, topKRows } from '../reference/top-k.ts';
import { toUnit, unitOf, weightScale } from '../reference/weights.ts';
import type { FloatArray } from '../types.ts';
import type { RowPasses } from './abi.ts';
import { type Arena, align } from './arena.ts';
import type { WasmRuntime } from './runtime.ts';

const BLOCK = 64;
const BLOCK_BYTES = 256;

/** Shorter rows are not worth the way through wasm memory. */
const SHORT = 1024;

/** A scale of this size, or its inverse, comes near the ends of float32; in between, (x − m) · s overflows only where the weight is 0. */
const EXTREME = 1e30;

/** What the sum of the weights below a bound may be off by where two weights are out of order by their rounding. */
const SLACK = 0.99;

/** As the reference's {@link sampleRows}. */
export function sample(
  runtime: WasmRuntime,
  name: string,
  candidates: Candidates,
  logits: FloatArray,
  rows: number,
  length: number,
  filters: Filters,
  draws: Draws,
  tokens: Int32Array,
): void {
  const done =
    isFloat32(logits) && samplerOf(runtime, candidates).sample(name, logits, rows, length, filters, draws, tokens);
  if (!done) sampleRows(candidates, name, logits, rows, length, filters, draws, tokens);
}

/** As the reference's {@link topKRows}. */
export function topK(
  runtime: WasmRuntime,
  name: string,
  candidates: Candidates,
  x: FloatArray,
  rows: number,
  length: number,
  k: number,
  values: FloatArray,
  indices: Int32Array,
): void {
  const done = isFloat32(x) && samplerOf(runtime, candidates).topK(name, x, rows, length, k, values, indices);
  if (!done) topKRows(candidates, x, rows, length, k, values, indices);
}

const samplers = new WeakMap<WasmRuntime, RowSampler>();

function samplerOf(runtime: WasmRuntime, candidates: Candidates): RowSampler {
  const sampler = samplers.get(runtime) ?? new RowSampler(runtime.arena, runtime.passes, candidates);
  samplers.set(runtime, sampler);
  return sampler;
}

class RowSampler {
  readonly #arena: Arena;
  readonly #passes: RowPasses;
  readonly #candidates: Candidates;
  // The row at hand: its entries and the maxima of its blocks, and where these, its weights and the masses of its blocks begin.
  #length = 0;
  #blocks = 0;
  #x: Float32Array = new Float32Array(0);
  #maxima: Float32Array = new Float32Array(0);
  #atX = 0;
  #atMaxima = 0;
  #atWeights = 0;
  #atMasses = 0;

  constructor(arena: Arena, passes: RowPasses, candidates: Candidates) {
    this.#arena = arena;
    this.#passes = passes;
    this.#candidates = candidates;
  }

  /** @returns false, and nothing is done, where the reference has to do it */
  sample(
    name: string,
    logits: Float32Array,
    rows: number,
    length: number,
    filters: Filters,
    draws: Draws,
    tokens: Int32Array,
  ): boolean {
    const { scale, topK, topP, minP } = filters;
    const isExtreme = scale !== Infinity && (scale > EXTREME || scale < 1 / EXTREME);
    const weighs = scale !== Infinity && topK >= length && (topP < 1 || minP === 0);
    return (
      !isExtreme &&
      this.#eachRow(name, logits, rows, length, weighs, (row, max) => {
        const at = row * draws.count;
        this.#checkMaximum(name, row, max);
        if (scale === Infinity) tokens.fill(this.#first(max), at, at + draws.count);
        else if (weighs) this.#drawFromAll(row, max, filters, draws, tokens, at);
        else {
          this.#collect(topK < length ? this.#leastOf(topK) : max + differenceOf(minP, scale, unitOf(length)));
          drawFrom(this.#candidates, max, length, true, filters, draws, row, tokens, at);
        }
      })
    );
  }

  /** As {@link sample}. */
  topK(
    name: string,
    x: Float32Array,
    rows: number,
    length: number,
    k: number,
    values: FloatArray,
    indices: Int32Array,
  ): boolean {
    return (
      k <= length / BLOCK &&
      this.#eachRow(name, x, rows, length, false, (row, max) => {
        const least = Number.isFinite(max) ? this.#leastOf(k) : -Infinity;
        if (least === -Infinity) {
          topKRow(this.#candidates, this.#x, 0, length, k, values, indices, row * k);
        } else {
          this.#collect(least);
          takeLargest(this.#candidates, k, values, indices, row * k);
        }
      })
    );
  }

  /**
   * Calls `visit` for each row, with its maximum, NaN if there is one; all of the row at hand is set but the weights and the masses.
   * @returns false, and nothing is done, where the rows are short or there is no room for one
   */
  #eachRow(
    name: string,
    array: Float32Array,
    rows: number,
    length: number,
    weighs: boolean,
    visit: (row: number, max: number) => void,
  ): boolean {
    const arena = this.#arena;
    const blocks = Math.ceil(length / BLOCK);
    const padded = (blocks + 1) * BLOCK_BYTES; // a pass that begins within a block ends in the one after the last
    const home = arena.pointerTo(array);
    const bytes = blocks * 12 + 16 + (home === 0 ? padded : 0) + (weighs ? padded : 0);
    if (length < SHORT || (!arena.hasRoom(bytes) && arena.largestBytes() < bytes)) return false;
    const block = arena.borrow(name, bytes);
    try {
      this.#length = length;
      this.#blocks = blocks;
      this.#atMasses = block;
      this.#atMaxima = block + blocks * 8;
      this.#atWeights = align(this.#atMaxima + blocks * 4);
      const staged = this.#atWeights + (weighs ? padded : 0);
      this.#maxima = arena.view('float32', this.#atMaxima, blocks) as Float32Array;
      for (let row = 0; row < rows; row++) {
        if (home === 0) arena.write(array, row * length, staged, length);
        this.#atX = home === 0 ? staged : home + row * length * 4;
        this.#x = arena.view('float32', this.#atX, length) as Float32Array;
        visit(row, this.#passes.block_maxima(this.#atX, this.#atMaxima, length));
      }
    } finally {
      arena.giveBack(block);
      this.#x = this.#maxima = new Float32Array(0);
    }
    return true;
  }

  #checkMaximum(name: string, row: number, max: number): void {
    if (max === -Infinity) throw noDistribution(name, row);
    for (let i = 0; i < this.#length && !Number.isFinite(max); i++) {
      if (this.#x[i] !== -Infinity) checkLogit(name, row, i, this.#x[i]);
    }
  }

  /** The index of the first entry equal to the row's maximum. */
  #first(max: number): number {
    const block = this.#maxima.indexOf(max);
    return this.#x.indexOf(max, block * BLOCK);
  }

  /** A bound on the k-th largest entry from below: −∞ where the blocks are too few. */
  #leastOf(k: number): number {
    if (k > this.#blocks) return -Infinity;
    const { values } = this.#candidates.reserve(this.#blocks);
    values.set(this.#maxima);
    return kthLargest(values, this.#blocks, k);
  }

  /** The candidates are the finite entries from `least` on. */
  #collect(least: number): void {
    const candidates = this.#candidates;
    const x = this.#x;
    candidates.count = 0;
    for (let b = 0; b < this.#blocks; b++) {
      if (this.#maxima[b] < least) continue;
      candidates.reserve(candidates.count + BLOCK);
      const end = Math.min(this.#length, (b + 1) * BLOCK);
      for (let i = b * BLOCK; i < end; i++) if (x[i] >= least && x[i] > -Infinity) candidates.add(i, x[i]);
    }
  }

  /** The candidates are the entries that are at least `least` in an array beside the row. */
  #collectWeighed(by: Float32Array, least: number, weights: Float32Array, unit: number): void {
    const x = this.#x;
    const candidates = this.#candidates;
    let count = 0;
    for (let b = 0; b < this.#blocks; b++) {
      candidates.count = count;
      const { indices } = candidates.reserve(count + BLOCK);
      const end = Math.min(this.#length, (b + 1) * BLOCK);
      for (let i = b * BLOCK; i < end; i++) {
        indices[count] = i;
        count += Number(by[i] >= least); // no branch: the processor could not foresee it
      }
    }
    candidates.count = count;
    for (let n = 0; n < count; n++) {
      const i = candidates.indices[n];
      candidates.values[n] = x[i];
      candidates.weights[n] = toUnit(weights[i], unit);
    }
  }

  /** Draws where every entry is weighed. */
  #drawFromAll(row: number, max: number, filters: Filters, draws: Draws, tokens: Int32Array, at: number): void {
    const { topP, minP } = filters;
    const { uniforms, first, count } = draws;
    const length = this.#length;
    const unit = unitOf(length);
    this.#passes.weigh(this.#atX, this.#atWeights, this.#atMasses, length, max, weightScale(filters.scale), unit);
    const weights = this.#arena.view('float32', this.#atWeights, length) as Float32Array;
    const masses = this.#arena.view('float64', this.#atMasses, this.#blocks) as Float64Array;
    for (let b = 1; b < masses.length; b++) masses[b] += masses[b - 1];
    const total = masses[masses.length - 1];

    for (let n = 0; n < count; n++) {
      uniforms.seek(row, first + n);
      const threshold = uniforms.first * total;
      const block = firstAbove(masses, masses.length, threshold);
      let i = block * BLOCK;
      let cumulative = (block === 0 ? 0 : masses[block - 1]) + toUnit(weights[i], unit);
      while (cumulative <= threshold) cumulative += toUnit(weights[++i], unit);
      tokens[at + n] = i;
    }
    if (topP === 1) return;
    const target = topP * total;
    if (count === 1 && toUnit(weights[tokens[at]], unit) >= minP) {
      const token = tokens[at];
      if (this.#isWithin(token, target, masses, unit)) return;
      this.#collectWeighed(this.#x, this.#x[token], weights, unit); // top-p leaves nothing below an entry that it does not leave
    } else {
      // An entry is outside of what top-p leaves if all from it on weigh no more than 1 − p, as they do where none weighs more than that divided by K; rounded
      // to the unit it may weigh a unit more. What weighs 0 is of no account, nor what min-p takes away.
      const least = Math.max(unit / 4, SLACK * (((1 - topP) * total) / length - unit), SLACK * (minP - unit));
      this.#collectWeighed(weights, least, weights, unit);
    }
    const candidates = this.#candidates;
    candidates.keepHeaviest(target);
    candidates.keepFrom(minP);
    redraw(candidates, uniforms, row, first, count, tokens, at);
  }

  /** Whether an entry is in the shortest prefix, in descending order, that weighs `target`; `masses` are cumulative. */
  #isWithin(index: number, target: number, masses: Float64Array, unit: number): boolean {
    const value = this.#x[index];
    // Mostly the blocks with nothing from the entry on settle it: what they weigh does not come before it.
    let before = masses[masses.length - 1];
    for (let b = 0; b < masses.length; b++) {
      if (this.#maxima[b] < value) before -= b === 0 ? masses[0] : masses[b] - masses[b - 1];
    }
    if (before < target) return true;
    const { mass_from: massFrom } = this.#passes;
    const next = index + 1;
    before =
      massFrom(this.#atX, this.#atWeights, index, value, unit) +
      massFrom(this.#atX + next * 4, this.#atWeights + next * 4, this.#length - next, nextAbove(value), unit);
    return before < target || before === 0;
  }
}

/**
 * A bound from below on x − m for entries whose weight, rounded to the unit, is at least `weight`: below what the rounding of all three can do. An entry
 * of weight 0 need not be there.
 */
function differenceOf(weight: number, scale: number, unit: number): number {
  return (Math.log(Math.max(weight - unit, unit / 4)) * (1 + 2 ** -20) - 2 ** -18) / scale;
}

const float = /* @__PURE__ */ new Float32Array(1);
const bits = /* @__PURE__ */ new Int32Array(float.buffer);

/** The least float32 above a finite one. */
function nextAbove(value: number): number {
  float[0] = value + 0; // −0 is 0
  bits[0] += value < 0 ? -1 : 1;
  return float[0];
}
