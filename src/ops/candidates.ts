import { Candidates } from '../reference/candidates.ts';
import type { Runtime } from '../runtime.ts';

const known = new WeakMap<Runtime, Candidates>();

/** The candidates of a runtime, whose memory its calls share. */
export function candidatesOf(runtime: Runtime): Candidates {
  const candidates = known.get(runtime) ?? new Candidates();
  known.set(runtime, candidates);
  return candidates;
}
