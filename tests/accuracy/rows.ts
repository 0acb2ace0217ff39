// Rows of logits for the end-to-end errors. A row is its format, its length and its seed: `makeRow` gives it again.

import { createRandom, descendingRow, edgeRow, normalRow, type Random } from '../tools/inputs.ts';
import type { Format } from '../tools/ulp.ts';
import type { FloatArray } from './machine.ts';

/** Every length from 2 to 67 meets every remainder of a strip twice; then the lengths of classifiers and vocabularies. */
export const LENGTHS: readonly number[] = [
  ...Array.from({ length: 66 }, (_, i) => i + 2),
  ...[128, 257, 1000, 4096, 65537, 1 << 20],
];

/** 208 is where the kernels change the shift in float32, 1492 in float64. */
const OFFSETS = {
  float32: [0, 0, 100, -100, 207, -207, 209, -209, 1000, -1e4, 1e6, 1e30],
  float64: [0, 0, 100, -100, 709, 1491, -1491, 1493, -1493, -1e4, 1e6, 1e300],
};
const SPREADS = [0.1, 0.3, 1, 2, 3, 6, 10, 30, 100];
const GAP = { float32: 200, float64: 1500 };
const LOWEST = { float32: 104, float64: 745 };

/** Rows of at most two values, many entries sharing the maximum: the sums that rounding hits the same way at each addition. */
function twoValuedRow(random: Random, format: Format, length: number, offset: number): FloatArray {
  const row = format === 'float32' ? new Float32Array(length) : new Float64Array(length);
  const step = LOWEST[format] * random.uniform() * 2 ** -random.below(30);
  const share = random.uniform();
  for (let i = 0; i < length; i++) row[i] = random.uniform() < share ? offset : offset - step;
  return row;
}

export function makeRow(format: Format, length: number, seed: number): FloatArray {
  const random = createRandom(seed);
  const offset = random.pick(OFFSETS[format]);
  const spread = random.pick(SPREADS);
  switch (random.below(10)) {
    case 0:
      return descendingRow(random, format, length, offset);
    case 1:
      return descendingRow(random, format, length, 416 * random.uniform() - 208);
    case 2:
      return edgeRow(random, format, length);
    case 3:
      return twoValuedRow(random, format, length, offset);
    case 4:
    case 5:
      return normalRow(random, format, { length, offset, spread, gap: GAP[format] * random.uniform() ** 3 });
    case 6:
      return normalRow(random, format, { length, offset, spread, masked: random.uniform() });
    default:
      return normalRow(random, format, { length, offset, spread });
  }
}
