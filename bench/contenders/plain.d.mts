import type { Contender } from './ours.mjs';

export const plain: Contender;
