// The bits of the SIMD build are those in expected.json, and so are the tokens, here as on the engines of `npm run test:engines`, which writes
// that file too.

import { expect, test } from 'vitest';
import { createEngineSync } from '../../src/index.ts';
import { binaryOf } from '../tools/builds.ts';
import { isFused, runCorpus } from './corpus.mjs';
import expected from './expected.json' with { type: 'json' };
import { runTokens } from './tokens.mjs';

const isRelaxed = isFused() !== undefined;

test('the SIMD build gives the expected bits', () => {
  const { hash, ops, oddNaN } = runCorpus(binaryOf('simd'));
  expect(hash).toBe(expected.hash);
  expect(ops).toEqual(expected.ops);
  expect(oddNaN).toBe(0);
});

test.skipIf(!isRelaxed)(
  'the relaxed build gives canonical NaN and, where nothing is relaxed, the bits of the other',
  () => {
    const { ops, oddNaN } = runCorpus(binaryOf('relaxed'));
    expect(ops).toMatchObject(expected.relaxed);
    expect(Object.entries(ops).filter(([op, hash]) => hash === expected.ops[op as keyof typeof expected.ops])).toEqual(
      Object.entries(expected.relaxed),
    );
    expect(oddNaN).toBe(0);
  },
);

test('the same seed gives the same tokens on every backend', () => {
  const { tokens } = expected;
  expect(runTokens(createEngineSync)).toEqual({ ...(isRelaxed && { relaxed: tokens }), simd: tokens, js: tokens });
});

test('another bit is another hash', () => {
  const binary = binaryOf('simd');
  const constant = [0x8e, 0xbe, 0xbf, 0x35]; // F32_LN2_LO of assembly/core/constants.ts
  const at = binary.findIndex((_, i) => constant.every((byte, k) => binary[i + k] === byte));
  expect(at).toBeGreaterThan(0);
  binary[at] ^= 1;
  expect(runCorpus(binary).hash).not.toBe(expected.hash);
});
