// What the reference operations share. A tensor has shape [outer, length, inner], row-major; an operation runs over
// `length`. A slice is one run along that axis: `length` elements, `inner` apart.
//
// All is computed in float64, whatever the arrays hold. The exponent z = s (x − m) is rounded, which e^z turns into a
// relative error of |z| · 2⁻⁵³ for each of its two steps: nothing in float32; in float64 up to 2 |z| ulp, where the kernels do better.

/** Numbers that can be read by index: a typed array or a plain one. */
export type Numbers = ArrayLike<number>;

/** Numbers that can be written by index. */
export interface MutableNumbers {
  readonly length: number;
  [index: number]: number;
}

/** Visits every slice: `start` is the index of its first element, `index` counts the slices in the order of [outer, inner]. */
export function eachSlice(
  outer: number,
  length: number,
  inner: number,
  visit: (start: number, index: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit(o * length * inner + i, o * inner + i);
  }
}

/** Reads a slice into `z`, multiplied by `sign`. */
export function load(x: Numbers, start: number, stride: number, z: Float64Array, sign = 1): void {
  for (let k = 0; k < z.length; k++) z[k] = sign * x[start + k * stride];
}

/** Writes `z` to a slice. A NaN becomes the canonical one: which NaN arithmetic gives depends on the processor. */
export function store(z: Float64Array, y: MutableNumbers, start: number, stride: number): void {
  for (let k = 0; k < z.length; k++) y[start + k * stride] = Number.isNaN(z[k]) ? NaN : z[k];
}

/**
 * Visits every slice of inputs of one shape: `f` gets that of each, and its number; what it leaves in the first goes to y. Each slice is read
 * before it is written, so y may be any of the inputs.
 */
export function combineSlices(
  inputs: readonly Numbers[],
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  f: (slices: readonly Float64Array[], index: number) => void,
): void {
  const slices = inputs.map(() => new Float64Array(length));
  eachSlice(outer, length, inner, (start, index) => {
    for (let i = 0; i < inputs.length; i++) load(inputs[i], start, inner, slices[i]);
    f(slices, index);
    store(slices[0], y, start, inner);
  });
}

/**
 * y = f(z, |scale|) slice by slice, z being the slice x with the sign of `scale`: a negative scale prefers small
 * inputs. `f` works in place. Each slice is read before it is written, so y may be x.
 */
export function mapSlices(
  x: Numbers,
  y: MutableNumbers,
  outer: number,
  length: number,
  inner: number,
  scale: number,
  f: (z: Float64Array, scale: number) => void,
): void {
  const z = new Float64Array(length);
  eachSlice(outer, length, inner, (start) => {
    load(x, start, inner, z, Math.sign(scale));
    f(z, magnitude(scale));
    store(z, y, start, inner);
  });
}

/** Whether a scale stands for a limit of the temperature: ∞ for T = 0, the smallest double for T = ∞. */
export function isLimit(scale: number): boolean {
  return !Number.isFinite(scale) || Math.abs(scale) === Number.MIN_VALUE;
}

/** |scale|; 0 for the smallest double, which stands for an infinite temperature. */
export function magnitude(scale: number): number {
  const s = Math.abs(scale);
  return s === Number.MIN_VALUE ? 0 : s;
}

/** The index of the first maximum, or of the first NaN. */
export function firstMaximum(z: Float64Array): number {
  let best = 0;
  for (let k = 0; k < z.length; k++) {
    if (Number.isNaN(z[k])) return k;
    if (z[k] > z[best]) best = k;
  }
  return best;
}

/** s · (z − m) for z ≤ m: −∞ where z is, even for s = 0. Halved where z − m overflows, as s · (z − m) may yet be finite. */
export function exponent(z: number, m: number, s: number): number {
  if (z === -Infinity) return z;
  const difference = z - m;
  return Number.isFinite(difference) ? difference * s : (z / 2 - m / 2) * s * 2;
}

/** term(0) + … + term(n − 1), compensated (Neumaier 1974): the error does not grow with n. */
export function sum(n: number, term: (k: number) => number): number {
  let total = 0;
  let lost = 0;
  for (let k = 0; k < n; k++) {
    const value = term(k);
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}

/** As many sums as `length`, each compensated as in {@link sum}, for terms that come one by one. */
export class Accumulator {
  readonly #totals: Float64Array;
  readonly #lost: Float64Array;

  constructor(length: number) {
    this.#totals = new Float64Array(length);
    this.#lost = new Float64Array(length);
  }

  add(index: number, value: number): void {
    const total = this.#totals[index];
    const next = total + value;
    this.#lost[index] += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    this.#totals[index] = next;
  }

  /** Writes the sums to y. */
  store(y: MutableNumbers): void {
    this.#totals.forEach((total, index) => {
      y[index] = Number.isFinite(total) ? total + this.#lost[index] : total;
    });
  }
}
