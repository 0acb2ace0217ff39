// Seeded inputs. Every number comes from integer arithmetic, +, −, ×, ÷ and Math.sqrt, which IEEE 754 fixes to the last bit, and from
// no other Math function, which engines round differently: the same seed gives the same bits on every engine.

import { exponentOf } from './truth.ts';
import type { Format } from './ulp.ts';

export interface Random {
  /** An integer in [0, 2³²). */
  bits(): number;
  /** A multiple of 2⁻⁵³ in [0, 1). */
  uniform(): number;
  /** An integer in [0, n), n ≤ 2³². */
  below(n: number): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** One of the list. */
  pick<T>(list: readonly T[]): T;
}

/**
 * xoshiro128** 1.1 (Blackman & Vigna 2018), its state filled from the seed by SplitMix32 (the finaliser of MurmurHash3 over a Weyl
 * sequence). Normal numbers by Marsaglia's polar form of the Box-Muller transform, which needs no sine.
 */
export function createRandom(seed: number): Random {
  let weyl = seed >>> 0;
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    let z = weyl;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    state[i] = z ^ (z >>> 16);
  }
  let spare: number | undefined;

  const bits = (): number => {
    const product = Math.imul(state[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = (state[3] << 11) | (state[3] >>> 21);
    return result;
  };
  const uniform = (): number => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) * 2 ** -53;
  const below = (n: number): number => Math.floor(uniform() * n);
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * log(square)) / square);
      spare = v * factor;
      return u * factor;
    }
  };
  return { bits, uniform, below, normal, pick: (list) => list[below(list.length)] };
}

/** log x for 0 < x < 2: good to a few ulp, and to the same bits everywhere, which Math.log is not. */
function log(x: number): number {
  const exponent = exponentOf(x);
  const s = 1 - 2 / (x * 2 ** -exponent + 1); // (m − 1) / (m + 1), 1 ≤ m < 2, |s| ≤ 1/3
  const z = s * s;
  let sum = 0;
  for (let k = 35; k >= 1; k -= 2) sum = sum * z + 1 / k;
  return exponent * Math.LN2 + 2 * s * sum;
}

const pattern = new DataView(new ArrayBuffer(8));

export function fromBits32(bits: number): number {
  pattern.setUint32(0, bits);
  return pattern.getFloat32(0);
}

export function toBits32(x: number): number {
  pattern.setFloat32(0, x);
  return pattern.getUint32(0);
}

/** The next value of the format above a finite x (from −0 and 0: the smallest subnormal). */
export function nextUp(x: number, format: Format): number {
  if (x === 0) return format === 'float32' ? 2 ** -149 : 2 ** -1074;
  if (format === 'float32') return fromBits32(toBits32(x) + (x > 0 ? 1 : -1));
  pattern.setFloat64(0, x);
  pattern.setBigUint64(0, pattern.getBigUint64(0) + (x > 0 ? 1n : -1n));
  return pattern.getFloat64(0);
}

export const nextDown = (x: number, format: Format): number => -nextUp(-x, format);

/** Uniform over the bit patterns of the format, NaN left out: every binade is as likely as every other, infinities come too. */
export function anyBits(random: Random, format: Format): number {
  for (;;) {
    pattern.setUint32(0, random.bits());
    pattern.setUint32(4, random.bits());
    const x = format === 'float32' ? pattern.getFloat32(0) : pattern.getFloat64(0);
    if (!Number.isNaN(x)) return x;
  }
}

const LN2 = Math.LN2;
const LARGEST = { float32: fromBits32(0x7f7fffff), float64: Number.MAX_VALUE };

/**
 * Where the kernels change their ways, for each format: zeros, subnormals and the edge of the normal range; the ends of the reduced
 * interval; the arguments at which e^x leaves the normal range, the subnormals, and the largest number; the switch between shifts at
 * |max| = 208 (104 more or less for the entries that matter below it); the largest numbers and the infinities.
 */
export const CUTOFFS: Readonly<Record<Format, readonly number[]>> = {
  float32: [
    ...[0, 2 ** -149, 2 ** -127, 2 ** -126, 2 ** -25, 2 ** -24, 1, LN2 / 2, LN2, 1.5 * LN2],
    ...[87, 126 * LN2, 88, 128 * LN2, 103, 149 * LN2, 150 * LN2, 104, 105, 207, 208, 209, 312, 2 ** 23, 2 ** 24],
    ...[1e38, LARGEST.float32 / 2, LARGEST.float32, Infinity],
  ].flatMap((x) => [Math.fround(x), -Math.fround(x)]),
  float64: [
    ...[0, 2 ** -1074, 2 ** -1023, 2 ** -1022, 2 ** -54, 2 ** -53, 1, LN2 / 2, LN2, 1.5 * LN2],
    ...[104, 208, 708, 1022 * LN2, 709, 1024 * LN2, 744, 745, 1074 * LN2, 1075 * LN2, 746, 1490, 1491, 2235],
    ...[2 ** 52, 2 ** 53, 1e38, 1e308, LARGEST.float64 / 2, LARGEST.float64, Infinity],
  ].flatMap((x) => [x, -x]),
};

/**
 * One entry that leans towards trouble: a cutoff, or up to three floats beside one; a subnormal; any bit pattern; or a number of
 * ordinary size. No NaN.
 */
export function edge(random: Random, format: Format): number {
  switch (random.below(4)) {
    case 0: {
      let x = random.pick(CUTOFFS[format]);
      const step = random.pick([nextUp, nextDown]);
      for (let i = random.below(4); i > 0 && Number.isFinite(x); i--) x = step(x, format);
      return x;
    }
    case 1: {
      const sign = random.pick([1, -1]);
      if (format === 'float32') return sign * fromBits32(random.bits() >>> (9 + random.below(23)));
      return sign * random.bits() * 2 ** -1074 * 2 ** random.below(21);
    }
    case 2:
      return anyBits(random, format);
    default:
      return toFormat(10 * random.normal(), format);
  }
}

const toFormat = (x: number, format: Format): number => (format === 'float32' ? Math.fround(x) : x);

type FloatArray<F extends Format> = F extends 'float32' ? Float32Array : Float64Array;

function createRow<F extends Format>(format: F, length: number, entry: (index: number) => number): FloatArray<F> {
  const row = format === 'float32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) row[i] = entry(i);
  return row as FloatArray<F>;
}

export interface RowOptions {
  /** K, the number of entries. */
  readonly length: number;
  /** Mean of the entries; 0 unless told. */
  readonly offset?: number;
  /** Their standard deviation; 1 unless told. */
  readonly spread?: number;
  /** How far one entry, at a random place, is raised above the highest of the others; unless told, none is. */
  readonly gap?: number;
  /** Share of the entries, in [0, 1], that are −∞; 0 unless told. The entry raised by `gap` is never one of them. */
  readonly masked?: number;
}

/** A row of logits as models produce them: normal, with an offset, a spread, a confident winner and a mask. */
export function normalRow<F extends Format>(random: Random, format: F, options: RowOptions): FloatArray<F> {
  const { length, offset = 0, spread = 1, gap, masked = 0 } = options;
  const row = createRow(format, length, () => offset + spread * random.normal());
  if (masked > 0) for (let i = 0; i < length; i++) if (random.uniform() < masked) row[i] = -Infinity;
  if (gap !== undefined && length > 0) {
    const winner = random.below(length);
    let highest = -Infinity;
    for (let i = 0; i < length; i++) if (i !== winner && row[i] > highest) highest = row[i];
    row[winner] = (highest === -Infinity ? offset : highest) + gap;
  }
  return row;
}

/** The distance from the maximum, in units of log, at which results leave the format: e^−104 < 2⁻¹⁵⁰, e^−746 < 2⁻¹⁰⁷⁶. */
const REACH = { float32: 104, float64: 746 };

/**
 * A row whose maximum is given, at a random place. The other entries lie below it, one half by distances uniform up to 1.5 times the one
 * at which results leave the format, one half by distances with exponents uniform from 2⁻³⁰ up: results reach every binade, the
 * subnormals and 0.
 */
export function descendingRow<F extends Format>(
  random: Random,
  format: F,
  length: number,
  maximum: number,
): FloatArray<F> {
  const winner = random.below(length);
  const farthest = 1.5 * REACH[format];
  return createRow(format, length, (i) => {
    const distance =
      random.below(2) === 0
        ? farthest * random.uniform()
        : farthest * (0.5 + random.uniform() / 2) * 2 ** -random.below(38);
    return i === winner ? maximum : maximum - distance;
  });
}

/** A row of `edge` entries below +∞, which would make it NaN. */
export function edgeRow<F extends Format>(random: Random, format: F, length: number): FloatArray<F> {
  return createRow(format, length, () => {
    for (;;) {
      const x = edge(random, format);
      if (x !== Infinity) return x;
    }
  });
}
