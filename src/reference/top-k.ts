// The k largest entries of a row, in descending order, ties by index; a NaN counts as larger than any number.

import type { Candidates } from './candidates.ts';
import type { MutableNumbers, Numbers } from './slices.ts';

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

/** The k largest of candidates that hold as many and all of that size. */
export function takeLargest(
  candidates: Candidates,
  k: number,
  values: MutableNumbers,
  indices: Int32Array,
  at: number,
): void {
  if (k === 0) return;
  candidates.keepLargest(k);
  const order = Int32Array.from({ length: k }, (_, i) => i);
  order.sort((a, b) => candidates.values[b] - candidates.values[a] || a - b);
  for (let n = 0; n < k; n++) {
    indices[at + n] = candidates.indices[order[n]];
    values[at + n] = candidates.values[order[n]];
  }
}

function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : b - a;
}
