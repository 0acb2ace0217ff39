import { Candidates } from '../reference/candidates.ts';
import type { Runtime } from '../runtime.ts';

const known = new WeakMap<Runtime, Candidates>();

/** The candidates of a runtime, whose memory its calls share. */
export function withCandidates(runtime: Runtime, call: (candidates: Candidates) => void): void {
  const candidates = known.get(runtime) ?? new Candidates();
  known.set(runtime, candidates);
  try {
    call(candidates);
  } finally {
    candidates.release();
  }
}
