/** The hash of what is drawn on each backend, the relaxed one where the host can. */
export function runTokens(createEngine: typeof import('../../src/index.ts').createEngineSync): {
  relaxed?: string;
  simd: string;
  js: string;
};
