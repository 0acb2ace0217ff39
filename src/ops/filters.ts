// What sample and createSampler have in common: their options.

import { checkCount, checkInteger, checkPart, scaleOf } from '../check.ts';
import type { Filters } from '../reference/sample.ts';
import type { FilterOptions } from '../types.ts';

export const filterNames = ['temperature', 'topK', 'topP', 'minP', 'seed'] as const;

/** Every integer that a seed may be has a float64 of its own. */
const SEEDS = 2 ** 53;

export function filtersOf(name: string, { temperature, topK, topP = 1, minP = 0 }: FilterOptions): Filters {
  return {
    scale: scaleOf(name, temperature, undefined),
    topK: topK === undefined ? Infinity : checkCount(name, 'topK', topK, 1),
    topP: checkPart(name, 'topP', topP),
    minP: checkPart(name, 'minP', minP),
  };
}

/** The seed that was given, or a random one. */
export function seedOf(name: string, seed: unknown): number {
  if (seed === undefined) return Math.floor(Math.random() * SEEDS);
  return checkInteger(name, 'seed', seed, 0, SEEDS - 1);
}
