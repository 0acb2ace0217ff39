import type { Contender } from './ours.mjs';

export const mapReduce: Contender;
