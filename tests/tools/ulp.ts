// Errors in ulp of the correctly rounded result: the unit in the last place of the binade that the rounded truth lies in.
// Below the normal range the unit is the smallest subnormal, so an error there counts what gradual underflow leaves.

import { exponentOf, ldexp, type Truth } from './truth.ts';

export type Format = 'float32' | 'float64';

const PRECISION = { float32: 24, float64: 53 };
const LOWEST_EXPONENT = { float32: -126, float64: -1022 };
const HIGHEST_EXPONENT = { float32: 127, float64: 1023 };

/** Whether `units`, a value counted in ulp of its own binade, rounds to 2^precision, the start of the next binade. */
function carries(units: number, lo: number, format: Format): boolean {
  const excess = units - 2 ** PRECISION[format] + 0.5;
  return excess > 0 || (excess === 0 && lo >= 0); // a tie goes to the even 2^precision
}

/** log2 of the ulp of (hi + lo) · 2^exponent, finite and not 0, after rounding to the format. */
function unitExponent(hi: number, lo: number, exponent: number, format: Format): number {
  const own = exponentOf(hi);
  // A float64 is rounded to float64 already.
  const carry =
    format === 'float32' && carries(ldexp(Math.abs(hi), PRECISION.float32 - 1 - own), lo * Math.sign(hi), format);
  return clamp(own + exponent + (carry ? 1 : 0), format) - PRECISION[format] + 1;
}

const clamp = (binade: number, format: Format) =>
  Math.min(Math.max(binade, LOWEST_EXPONENT[format]), HIGHEST_EXPONENT[format]);

/** log2 of the ulp of a finite number; for 0 of the smallest subnormal. */
function unitOf(x: number, format: Format): number {
  if (!Number.isFinite(x)) throw new RangeError(`ulpOf: x is ${x}; allowed are finite numbers`);
  return x === 0 ? LOWEST_EXPONENT[format] - PRECISION[format] + 1 : unitExponent(x, 0, 0, format);
}

/** The ulp of a finite number in the format; for 0 the smallest subnormal. */
export const ulpOf = (x: number, format: Format): number => ldexp(1, unitOf(x, format));

const rounded = new Float32Array(1);
const roundedBits = new Uint32Array(rounded.buffer);

/** By the exponent field of a float32: how many of its ulp make 1. */
const PER_UNIT = Float64Array.from({ length: 255 }, (_, field) => ldexp(1, 150 - Math.max(field, 1)));

/**
 * How far `actual` lies from the truth (hi + lo) · 2^exponent, in ulp of the correctly rounded truth; 0.5 is what rounding alone
 * may cost.
 *
 * NaN for NaN and an infinity for the same infinity are errors of 0, either for anything else is an error of Infinity. An infinite
 * `actual` is right where the truth rounds to it. Zeros of either sign are equal. `reference`, where given, is the number whose ulp
 * is the unit instead: for sums that cancel, where the largest term sets the scale.
 */
export function ulpError(
  actual: number,
  hi: number,
  lo: number,
  format: Format,
  exponent = 0,
  reference?: number,
): number {
  if (format === 'float32' && !Number.isNaN(actual) && Math.fround(actual) !== actual) {
    throw new RangeError(`ulpError: actual is ${actual}; allowed are float32 values`);
  }
  if (format === 'float32' && exponent === 0 && reference === undefined && Number.isFinite(actual)) {
    // Five times faster than what follows. Powers of two take the long way: lo may decide whether the truth rounds up to one.
    rounded[0] = hi;
    const bits = roundedBits[0] & 0x7fffffff;
    if ((bits & 0x7fffff) !== 0 && bits < 0x7f800000) return Math.abs(actual - hi - lo) * PER_UNIT[bits >>> 23];
  }
  if (Number.isNaN(actual) || Number.isNaN(hi)) return Number.isNaN(actual) && Number.isNaN(hi) ? 0 : Infinity;
  if (Math.abs(hi) === Infinity) return actual === hi ? 0 : Infinity;
  if (hi === 0 && actual === 0) return 0;
  if (Math.abs(actual) === Infinity) {
    const largestUnit = HIGHEST_EXPONENT[format] - PRECISION[format] + 1;
    const units = ldexp(Math.abs(hi), exponent - largestUnit);
    return hi > 0 === actual > 0 && carries(units, lo * Math.sign(hi), format) ? 0 : Infinity;
  }
  const unit =
    reference !== undefined || hi === 0 ? unitOf(reference ?? 0, format) : unitExponent(hi, lo, exponent, format);
  if (exponent === 0) return ldexp(Math.abs(actual - hi - lo), -unit); // a difference does not underflow
  // In units, so that neither the difference nor the truth itself is lost to underflow.
  return Math.abs(ldexp(actual, -unit) - ldexp(hi, exponent - unit) - ldexp(lo, exponent - unit));
}

export interface Worst {
  /** The largest error, in ulp. */
  readonly ulp: number;
  /** Where it is; -1 where every error is 0. */
  readonly index: number;
  /** The input there, where inputs were given. */
  readonly input: number | undefined;
}

export interface WorstOptions {
  /** What the results were computed from: named in the report. */
  readonly input?: ArrayLike<number>;
  /** Its ulp is the unit everywhere (see ulpError). */
  readonly reference?: number;
}

/**
 * The worst element, with its place and its input. The format is that of `actual`: Float32Array or Float64Array.
 */
export function worst(actual: Float32Array | Float64Array, truth: Truth, options: WorstOptions = {}): Worst {
  if (actual.length !== truth.hi.length) {
    throw new RangeError(`worst: ${actual.length} results for ${truth.hi.length} truths; allowed are equal lengths`);
  }
  const format = actual instanceof Float32Array ? 'float32' : 'float64';
  let ulp = 0;
  let index = -1;
  for (let i = 0; i < actual.length; i++) {
    const error = ulpError(actual[i], truth.hi[i], truth.lo[i], format, truth.exponent[i], options.reference);
    if (error > ulp) {
      ulp = error;
      index = i;
    }
  }
  return { ulp, index, input: index < 0 ? undefined : options.input?.[index] };
}
