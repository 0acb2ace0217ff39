import { defineConfig } from 'vitest/config';

// One file after the other: browsers share the machine with what they measure.
export default defineConfig({
  test: {
    include: ['tests/site/*.test.mjs'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 240_000, // browsers are installed on first use
  },
});
