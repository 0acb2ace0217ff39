import { defineConfig } from 'vitest/config';
import { hasRelaxedSimd } from './src/wasm/detect.ts';

// Node 20 has relaxed SIMD behind a flag: with it, the relaxed build is tested there as well. Child processes run without.
const execArgv = hasRelaxedSimd() ? [] : ['--experimental-wasm-relaxed-simd'];

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks',
    execArgv,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    typecheck: { enabled: true, include: ['tests/types/**/*.test-d.ts'] },
  },
});
