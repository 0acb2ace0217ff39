// Runs a suite once per backend. The first test of each proves which backend it got.

import { describe, expect, test } from 'vitest';
import { createEngineSync, type Engine, type EngineOptions } from '../../src/index.ts';
import type { Backend } from '../../src/runtime.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';

/** Makes engines of the suite's backend. */
export type Create = (options?: EngineOptions) => Engine;

const backends: { backend: Backend; isSupported: () => boolean }[] = [
  { backend: 'js', isSupported: () => true },
  { backend: 'simd', isSupported: hasSimd },
  { backend: 'relaxed', isSupported: hasRelaxedSimd },
];

/** A suite per backend; where the host lacks one, a skipped test says so. */
export function onEachBackend(suite: (backend: Backend, create: Create) => void): void {
  for (const { backend, isSupported } of backends) {
    describe(backend, () => {
      test.skipIf(!isSupported())(`runs on ${backend}`, () => {
        expect(createEngineSync({ backend }).backend).toBe(backend);
      });
      if (isSupported()) suite(backend, (options) => createEngineSync({ backend, ...options }));
    });
  }
}
