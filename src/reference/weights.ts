// What a logit weighs when a token is drawn: e^((x − m) / T), m being the row's maximum, in arithmetic that gives the same bits on every engine and
// in both builds: each step rounds to float32 by itself, none is fused, and the host's exp is not asked.
//
//   y = (x − m) · (log2 e / T),  2^y = 2^n · 2^f,  n = nearest(y), f = y − n exactly, 2^f = 1 + f · (C1 + C2 f + … + C5 f⁴) by Horner.
//
// The relative error is at most 2⁻²² + 3 ln 2 · |y| · 2⁻²⁴ (y is rounded three times), so the largest weight is 1 exactly, and one that is 10⁻⁹ of it is off by
// 4 · 10⁻⁶ of itself at most. Then the weight is rounded to a multiple of the row's unit 2^−q, q = min(48, 53 − ⌈log2 K⌉) for K entries. So no sum of weights of a row
// ever rounds in float64, and no order of adding them matters: a sorted prefix, a histogram and a sum by blocks agree to the last bit.

const fround = Math.fround;

/** Adding it to |y| < 2²² rounds to an integer, ties to even. */
const TO_INTEGER = 12582912;

/** Below this, y counts as this; the weight is then below any unit, and becomes 0. */
const LOWEST = -126;

// The constants of assembly/core/constants.ts, from npm run coefficients.
const C1 = 0.6931470036506653; // 0x1.62e42ap-1
const C2 = 0.24022242426872253; // 0x1.ebf9bcp-3
const C3 = 0.055507026612758636; // 0x1.c6b6acp-5
const C4 = 0.009671528823673725; // 0x1.3ceaaap-7
const C5 = 0.0013273379299789667; // 0x1.5bf424p-10

/** 2^−n for n from 0 to −LOWEST. The host's ** need not be exact. */
const POWERS = /* @__PURE__ */ (() => {
  const powers = new Float64Array(1 - LOWEST).fill(1);
  for (let n = 1; n < powers.length; n++) powers[n] = powers[n - 1] / 2;
  return powers;
})();

/** 2^y for a float32 y ≤ 0. */
function power(y: number): number {
  const bounded = y < LOWEST ? LOWEST : y;
  const n = fround(fround(bounded + TO_INTEGER) - TO_INTEGER);
  const f = bounded - n;
  let p = fround(fround(C5 * f) + C4);
  p = fround(fround(p * f) + C3);
  p = fround(fround(p * f) + C2);
  p = fround(fround(p * f) + C1);
  p = fround(fround(p * f) + 1);
  return p * POWERS[-n];
}

/** The ends of the normal float32. */
const LEAST_NORMAL = 1.1754943508222875e-38;
const LARGEST = 3.4028234663852886e38;

/** log2 e / T: rounded to float32 where that has it as a normal number, and never ∞, which would make NaN of the maximum. */
export function weightScale(inverseTemperature: number): number {
  const s = Math.min(Math.LOG2E * inverseTemperature, Number.MAX_VALUE);
  return s >= LEAST_NORMAL && s <= LARGEST ? fround(s) : s;
}

/** The unit of a row of `length` entries: 2^−q. */
export function unitOf(length: number): number {
  return POWERS[Math.min(48, 21 + Math.clz32(length - 1))];
}

/**
 * The weight of a finite logit x, m and s being the row's maximum and {@link weightScale}. In a float32 row, x − m is rounded to float32. Where it
 * overflows, y may still be any number if T is as large: halves of both do not.
 */
export function weightOf(x: number, m: number, s: number, unit: number, isFloat32: boolean): number {
  const difference = isFloat32 ? fround(x - m) : x - m;
  const y = difference === -Infinity ? (x / 2 - m / 2) * (2 * s) : difference * s;
  return toUnit(power(fround(y)), unit);
}

/** The nearest multiple of the unit, ties to even, for w ≤ 1. */
export function toUnit(w: number, unit: number): number {
  const magic = 1.5 * 2 ** 52 * unit;
  return w + magic - magic;
}
