// The k largest entries of a row, in descending order, ties by index; a NaN counts as larger than any number.

import type { Candidates } from './candidates.ts';
import type { MutableNumbers, Numbers } from './slices.ts';

/** From each row of `length` entries; values and indices [rows, k]. */
export function topKRows(
  candidates: Candidates,
  x: Numbers,
  rows: number,
  length: number,
  k: number,
  values: MutableNumbers,
  indices: Int32Array,
): void {
  for (let row = 0; row < rows; row++) topKRow(candidates, x, row * length, length, k, values, indices, row * k);
}

/** From one row of `length` entries; the results go to [at, at + k) of `values` and `indices`. */
export function topKRow(
  candidates: Candidates,
  x: Numbers,
  start: number,
  length: number,
  k: number,
  values: MutableNumbers,
  indices: Int32Array,
  at: number,
): void {
  candidates.count = 0;
  candidates.reserve(length);
  let hasLarger = false; // NaN or Infinity
  for (let i = 0; i < length; i++) {
    const value = x[start + i];
    if (value < Infinity) {
      if (value !== -Infinity) candidates.add(i, value);
    } else hasLarger = true;
  }
  let placed = 0;
  const place = (isNext: (value: number) => boolean): void => {
    for (let i = 0; i < length && placed < k; i++) {
      if (!isNext(x[start + i])) continue;
      indices[at + placed] = i;
      values[at + placed++] = x[start + i];
    }
  };
  if (hasLarger) {
    place(Number.isNaN);
    place((value) => value === Infinity);
  }
  const finite = Math.min(k - placed, candidates.count);
  takeLargest(candidates, finite, values, indices, at + placed);
  placed += finite;
  place((value) => value === -Infinity);
}

/** The k largest of candidates, which are finite and as many or more, among them all that may be the k largest of the row. */
export function takeLargest(
  candidates: Candidates,
  k: number,
  values: MutableNumbers,
  indices: Int32Array,
  at: number,
): void {
  if (k === 0) return;
  candidates.keepLargest(k);
  const sorted = candidates.values.slice(0, k).sort().reverse(); // numbers alone: no comparison is called
  const placed = new Int32Array(k); // how many of those equal to an entry have their place
  for (let i = 0; i < k; i++) {
    const value = candidates.values[i];
    let first = 0;
    for (let high = k - 1; first < high; ) {
      const middle = (first + high) >>> 1;
      if (sorted[middle] > value) first = middle + 1;
      else high = middle;
    }
    const place = at + first + placed[first]++;
    values[place] = value;
    indices[place] = candidates.indices[i];
  }
}
