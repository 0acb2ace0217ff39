// Entries of one row, in the order of their indices, from which a filter keeps some: the step that all ways to a token share.
//
// No filter sorts. The entries that come first in descending order, ties by index, are those above a threshold and the first few of those
// equal to it; the threshold is found by a histogram of what the entries add up to, over bins of equal width in their value, of which only
// the bin that holds it is looked at again, as finely.

/** Bins of the histogram. */
const BINS = 1024;

export class Candidates {
  count = 0;
  indices = new Int32Array(0);
  /** Finite. */
  values = new Float64Array(0);
  /** Set by whoever has need of them. */
  weights = new Float64Array(0);
  /** cumulative[i] = weights[0] + … + weights[i]; see {@link accumulate}. */
  cumulative = new Float64Array(0);
  /** The values and the weights that are still in question while a threshold is sought. */
  #values = new Float64Array(0);
  #weights = new Float64Array(0);
  readonly #histogram = new Float64Array(BINS);

  /** Makes room for as many entries, keeping those there are. */
  reserve(length: number): void {
    if (length <= this.indices.length) return;
    const capacity = Math.max(length, 2 * this.indices.length);
    const indices = new Int32Array(capacity);
    indices.set(this.indices);
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.indices = indices;
    this.values = values;
    this.weights = new Float64Array(capacity);
    this.cumulative = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#weights = new Float64Array(capacity);
  }

  /** Adds an entry; there must be room. */
  add(index: number, value: number): void {
    this.indices[this.count] = index;
    this.values[this.count++] = value;
  }

  /** Keeps the k largest, ties by index. */
  keepLargest(k: number): void {
    if (k < this.count) this.#keepPrefix(k, false);
  }

  /** Keeps the shortest prefix in descending order that weighs at least `target`; one entry at least. */
  keepHeaviest(target: number): void {
    this.#keepPrefix(target, true);
  }

  /** Keeps what weighs at least `least`. */
  keepFrom(least: number): void {
    const { indices, values, weights, count } = this;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (weights[i] < least) continue;
      indices[kept] = indices[i];
      values[kept] = values[i];
      weights[kept++] = weights[i];
    }
    this.count = kept;
  }

  /** Sets `cumulative` and returns the total. */
  accumulate(): number {
    const { weights, cumulative, count } = this;
    let total = 0;
    for (let i = 0; i < count; i++) {
      total += weights[i];
      cumulative[i] = total;
    }
    return total;
  }

  /** The index of the entry at `at`, from 0 to below the total: the first that the cumulative weight exceeds it with. */
  pick(at: number): number {
    return this.indices[firstAbove(this.cumulative, this.count, at)];
  }

  /** Whether an index is among the entries. */
  has(index: number): boolean {
    const { indices, count } = this;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (indices[middle] < index) low = middle + 1;
      else high = middle;
    }
    return low < count && indices[low] === index;
  }

  /** Keeps the shortest prefix in descending order, of one entry at least, whose weights, or whose entries, add up to `target`. */
  #keepPrefix(target: number, weighed: boolean): void {
    const values = this.#values;
    const weights = this.#weights;
    const histogram = this.#histogram;
    let count = this.count;
    for (let i = 0; i < count; i++) {
      values[i] = this.values[i];
      weights[i] = weighed ? this.weights[i] : 1;
    }
    let before = 0;
    let [low, high] = range(values, count);
    while (low < high) {
      const shrink = Number.isFinite(high - low) ? 1 : 0.5;
      const top = high * shrink;
      const width = BINS / (top - low * shrink); // ∞ where the values are next to 0: 0 · ∞ is NaN, and NaN | 0 the first bin
      const binOf = (value: number) => Math.min(BINS - 1, (top - value * shrink) * width) | 0;
      histogram.fill(0);
      for (let i = 0; i < count; i++) histogram[binOf(values[i])] += weights[i];
      let bin = 0;
      while (bin < BINS - 1 && before + histogram[bin] < target) before += histogram[bin++];
      let inside = 0;
      for (let i = 0; i < count; i++) {
        if (binOf(values[i]) !== bin) continue;
        values[inside] = values[i];
        weights[inside++] = weights[i];
      }
      count = inside;
      [low, high] = range(values, count);
    }
    let ties = 1;
    while (ties < count && before + ties * weights[0] < target) ties++;
    this.#keepAbove(low, ties);
  }

  /** Keeps the entries above a threshold and the first `ties` of those equal to it. */
  #keepAbove(threshold: number, ties: number): void {
    const { indices, values, weights, count } = this;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value < threshold || (value === threshold && ties-- <= 0)) continue;
      indices[kept] = indices[i];
      values[kept] = value;
      weights[kept++] = weights[i];
    }
    this.count = kept;
  }
}

/** The smallest and the largest of the first `count` values. */
function range(values: Float64Array, count: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** The first of `count` ascending numbers that is above `at`; the last where none is. */
export function firstAbove(ascending: Float64Array, count: number, at: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
