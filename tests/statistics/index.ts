// What npm run statistics and the test have in common.

import type { Finding } from './chi-square.ts';

export { createEngineSync } from '../../src/index.ts';
export { experiments, impossible } from './statistics.ts';

/** Draws of each experiment, and of all together that may draw nothing forbidden. */
export const chosen = {
  full: { draws: 1e7, forbidden: 1e9 },
  quick: { draws: 1e6, forbidden: 1e7 },
};

/** A p-value nearer to 0, or to 1, fails: counts that fit too well are no draws either. */
export const LEAST_P = 1e-4;

export const passes = ({ p }: Finding): boolean => p >= LEAST_P && p <= 1 - LEAST_P;
