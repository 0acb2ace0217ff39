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
  let isOrdered = true;
  for (let i = 0; i < length; i++) {
    const value = x[start + i];
    if (value < Infinity) {
      if (value !== -Infinity) candidates.add(i, value);
    } else isOrdered = false;
  }
  if (isOrdered && candidates.count >= k) {
    takeLargest(candidates, k, values, indices, at);
    return;
  }
  // Infinities and NaN among what is wanted: rare, and not worth more than a sort.
  const order = Int32Array.from({ length }, (_, i) => i).sort(
    (a, b) => descending(x[start + a], x[start + b]) || a - b,
  );
  for (let n = 0; n < k; n++) {
    indices[at + n] = order[n];
    values[at + n] = x[start + order[n]];
  }
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

function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : b - a;
}
