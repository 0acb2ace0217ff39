// Sampling by brute force: a full sort, sums of whole numbers of any size, and the documented way from bits to a token. Written from the documents,
// without the code of src.

import { uniformsExactly } from './philox.ts';
import type { Format } from './ulp.ts';

/** The filters of a call, with nothing left out. */
export interface Filtering {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
}

const round = Math.fround;

/** The coefficients of 2^f, of npm run coefficients, from the highest. */
const COEFFICIENTS = [
  0.0013273379299789667, 0.009671528823673725, 0.055507026612758636, 0.24022242426872253, 0.6931470036506653, 1,
];

/** The exponent q of the unit 2^−q of a row of K entries. */
export const unitExponent = (length: number): number => Math.min(48, 53 - Math.ceil(Math.log2(length)));

/** e^((x − max) / T) in units of the row, as src/reference/weights.ts says. */
export function unitsOf(x: number, max: number, temperature: number, q: number, format: Format): bigint {
  const s = Math.min(Math.LOG2E * (1 / temperature || 2 ** -1074), Number.MAX_VALUE);
  const isNormal = s >= 2 ** -126 && s <= (2 - 2 ** -23) * 2 ** 127;
  const factor = isNormal ? round(s) : s;
  const difference = format === 'float32' ? round(x - max) : x - max;
  const y = round(difference === -Infinity ? (x / 2 - max / 2) * (2 * factor) : difference * factor);
  if (y < -100) return 0n;
  const below = Math.floor(y);
  const f0 = y - below; // exact, as is the choice of the nearest below
  const n = f0 < 0.5 || (f0 === 0.5 && below % 2 === 0) ? below : below + 1;
  const f = y - n;
  const value = COEFFICIENTS.reduce((p, c) => round(round(p * f) + c)) * 2 ** (n + q);
  const whole = Math.floor(value);
  const rest = value - whole;
  const up = rest > 0.5 || (rest === 0.5 && whole % 2 === 1);
  return BigInt(whole) + (up ? 1n : 0n);
}

/** All indices of a row in descending order, ties by index; −0 is 0, and NaN comes first. */
export function sortedIndices(row: ArrayLike<number>): number[] {
  const rank = (x: number) => (Number.isNaN(x) ? [1, 0] : [0, x]);
  return Array.from(row, (_, i) => i).sort((a, b) => {
    const [[nanA, x], [nanB, y]] = [rank(row[a]), rank(row[b])];
    return nanB - nanA || (x > y ? -1 : x < y ? 1 : a - b);
  });
}

/** The entries that the filters leave, in descending order, those that top-k leaves, and the weight of each in units. */
export function filter(
  row: ArrayLike<number>,
  format: Format,
  { temperature, topK, topP, minP }: Filtering,
): { kept: number[]; afterTopK: number[]; units: (index: number) => bigint; q: number } {
  const q = unitExponent(row.length);
  const order = sortedIndices(row).filter((i) => row[i] !== -Infinity);
  const afterTopK = order.slice(0, temperature === 0 ? 1 : topK);
  const weights = new Map(
    afterTopK.map((i) => [
      i,
      temperature === 0 ? 2n ** BigInt(q) : unitsOf(row[i], row[order[0]], temperature, q, format),
    ]),
  );
  const units = (index: number) => weights.get(index)!;
  let kept = afterTopK;
  if (topP < 1) {
    const target = topP * Number(sum(afterTopK.map(units)));
    let cumulative = 0n;
    let length = 0;
    do cumulative += units(afterTopK[length++]);
    while (Number(cumulative) < target);
    kept = afterTopK.slice(0, length);
  }
  return { kept: kept.filter((i) => Number(units(i)) * 2 ** -q >= minP), afterTopK, units, q };
}

/** The tokens of draws first … first + count − 1 of a row. */
export function drawExactly(
  row: ArrayLike<number>,
  format: Format,
  filtering: Filtering,
  seed: number,
  rowNumber: number,
  first: number,
  count: number,
): number[] {
  const { kept, afterTopK, units } = filter(row, format, filtering);
  const ascending = (indices: number[]) => [...indices].sort((a, b) => a - b);
  const [left, all] = [ascending(kept), ascending(afterTopK)];
  const pickerOf = (from: number[]) => {
    let total = 0n;
    const cumulative = from.map((i) => {
      total += units(i);
      return Number(total);
    });
    return (u: bigint): number => {
      const at = Number(u) * 2 ** -53 * Number(total);
      return from[cumulative.findIndex((sum) => sum > at)];
    };
  };
  const [pickLeft, pickAny] = [pickerOf(left), pickerOf(all)];
  return Array.from({ length: count }, (_, n) => {
    const [one, two] = uniformsExactly(seed, rowNumber, first + n);
    if (filtering.topP === 1) return pickLeft(one);
    const token = pickAny(one);
    return left.includes(token) ? token : pickLeft(two);
  });
}

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, x) => total + x, 0n);
