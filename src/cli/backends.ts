import { type Backend, createEngineSync, type Engine } from '../index.ts';

export const backends: readonly Backend[] = ['relaxed', 'simd', 'js'];

/** An engine, or why there is none on this host. */
export type Start = { engine: Engine; reason?: undefined } | { engine?: undefined; reason: string };

/** Tries a backend. */
export function start(backend: Backend): Start {
  try {
    return { engine: createEngineSync({ backend }) };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
