// hardmax(x): 1 at the first maximum, 0 elsewhere; +∞ is a maximum like any other. A NaN: the whole slice is NaN.

import { firstMaximum, type MutableNumbers, mapSlices, type Numbers } from './slices.ts';

/** y = hardmax(x) along the middle axis of [outer, length, inner]; y may be x. */
export function hardmax(x: Numbers, y: MutableNumbers, outer: number, length: number, inner: number): void {
  mapSlices(x, y, outer, length, inner, 1, (z) => {
    const best = firstMaximum(z);
    const nan = Number.isNaN(z[best]);
    z.fill(nan ? NaN : 0);
    if (!nan) z[best] = 1;
  });
}
