// Entries of one row, in the order of their indices, from which a filter keeps some: the step that all ways to a token share.
//
// No filter sorts. The entries that come first in descending order, ties by index, are those above a threshold and the first few of those
// equal to it. For as many as k the threshold is found by a heap; for a weight by a histogram of the weights over bins of equal width in the values,
// of which only the bin that holds it is looked at again, as finely.

/** Bins of the histogram. */
const BINS = 1024;

/** A span of values below this is that of numbers next to 0, which may be multiplied by its inverse. */
const TINY = 2 ** -512;

/** Entries whose room is kept between calls: more than any vocabulary has. */
const KEPT = 2 ** 20;

export class Candidates {
  count = 0;
  indices: Int32Array = new Int32Array(0);
  /** Finite. */
  values: Float64Array = new Float64Array(0);
  /** Set by whoever has need of them. */
  weights: Float64Array = new Float64Array(0);
  /** cumulative[i] = weights[0] + … + weights[i]; see {@link accumulate}. */
  cumulative: Float64Array = new Float64Array(0);
  /** The values and the weights that are still in question while a threshold is sought. */
  #values = new Float64Array(0);
  #weights = new Float64Array(0);
  readonly #histogram = new Float64Array(BINS);

  /** Makes room for as many entries, keeping those there are. */
  reserve(length: number): this {
    if (length <= this.indices.length) return this;
    const capacity = Math.max(length, 2 * this.indices.length);
    const { indices, values, weights } = this;
    this.values = new Float64Array(capacity);
    this.values.set(values);
    this.weights = new Float64Array(capacity);
    this.weights.set(weights);
    this.cumulative = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#weights = new Float64Array(capacity);
    this.indices = new Int32Array(capacity); // the last, by which the capacity is known: the host may have refused one before
    this.indices.set(indices);
    return this;
  }

  /** Gives back the room of very long rows: 44 bytes for each entry. */
  release(): void {
    if (this.indices.length <= KEPT) return;
    this.count = 0;
    this.indices = new Int32Array(0);
    this.values = this.weights = this.cumulative = this.#values = this.#weights = new Float64Array(0);
  }

  /** Adds an entry; there must be room. */
  add(index: number, value: number): void {
    this.indices[this.count] = index;
    this.values[this.count++] = value;
  }

  /** Keeps the k largest, ties by index. */
  keepLargest(k: number): void {
    if (k >= this.count) return;
    const values = this.#values;
    for (let i = 0; i < this.count; i++) values[i] = this.values[i];
    const threshold = kthLargest(values, this.count, k);
    let above = 0;
    for (let i = 0; i < this.count; i++) if (this.values[i] > threshold) above++;
    this.#keepAbove(threshold, k - above);
  }

  /** Keeps the shortest prefix in descending order, of one entry at least, that weighs at least `target`. */
  keepHeaviest(target: number): void {
    const values = this.#values;
    const weights = this.#weights;
    const histogram = this.#histogram;
    let count = this.count;
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < count; i++) {
      const value = this.values[i];
      values[i] = value;
      weights[i] = this.weights[i];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    let before = 0;
    while (low < high) {
      const span = high - low;
      const factor = span === Infinity ? 0.5 : span < TINY ? 1 / TINY : 1; // neither the span nor its inverse overflows
      const top = high * factor;
      const width = BINS / (top - low * factor);
      histogram.fill(0);
      for (let i = 0; i < count; i++) histogram[binOf(values[i], factor, top, width)] += weights[i];
      let bin = 0;
      while (bin < BINS - 1 && before + histogram[bin] < target) before += histogram[bin++];
      let inside = 0;
      low = Infinity;
      high = -Infinity;
      for (let i = 0; i < count; i++) {
        const value = values[i];
        if (binOf(value, factor, top, width) !== bin) continue;
        values[inside] = value;
        weights[inside++] = weights[i];
        if (value < low) low = value;
        if (value > high) high = value;
      }
      count = inside;
    }
    let ties = 1;
    while (ties < count && before + ties * weights[0] < target) ties++;
    this.#keepAbove(low, ties);
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

/** The bin of a value between the least, which `width` bins away from `top` makes the last, and `top`, the first. */
function binOf(value: number, factor: number, top: number, width: number): number {
  const bin = (top - value * factor) * width;
  return bin < BINS ? bin | 0 : BINS - 1;
}

/** The k-th largest of `count` numbers, k at most; they change places. A heap of the k largest so far, the least of them on top (Williams 1964). */
export function kthLargest(numbers: Float64Array, count: number, k: number): number {
  for (let i = (k >> 1) - 1; i >= 0; i--) siftDown(numbers, i, k, numbers[i]);
  for (let i = k; i < count; i++) if (numbers[i] > numbers[0]) siftDown(numbers, 0, k, numbers[i]);
  return numbers[0];
}

/** Puts a number into a heap at a free place, or below it. */
function siftDown(heap: Float64Array, place: number, length: number, value: number): void {
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < length && heap[child + 1] < heap[child]) child++;
    if (child >= length || heap[child] >= value) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = value;
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
