import type { Case } from '../cases.mjs';

export interface Prepared {
  run: () => unknown;
  read?: (result: unknown) => unknown;
  check?: (result: unknown) => void;
  release?: () => void;
  skip?: undefined;
}
export interface Contender {
  name: string;
  prepare: (testCase: Case) => Prepared | { skip: string };
}
export function ours(backend: 'simd' | 'relaxed'): Contender[];
