import type { Contender } from './ours.mjs';

export const reference: Contender;
