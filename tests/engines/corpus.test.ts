// The bits of the SIMD build are those in expected.json, here as on the engines of `npm run test:engines`, which writes that file too.

import { expect, test } from 'vitest';
import { binaryOf } from '../tools/builds.ts';
import { isFused, runCorpus } from './corpus.mjs';
import expected from './expected.json' with { type: 'json' };

test('the SIMD build gives the expected bits', () => {
  const { hash, ops, oddNaN } = runCorpus(binaryOf('simd'));
  expect({ hash, ops }).toEqual(expected);
  expect(oddNaN).toBe(0);
});

test.skipIf(isFused() === undefined)('every NaN of the relaxed build is canonical', () => {
  expect(runCorpus(binaryOf('relaxed')).oddNaN).toBe(0);
});

test('another bit is another hash', () => {
  const binary = binaryOf('simd');
  const constant = [0x8e, 0xbe, 0xbf, 0x35]; // F32_LN2_LO of assembly/core/constants.ts
  const at = binary.findIndex((_, i) => constant.every((byte, k) => binary[i + k] === byte));
  expect(at).toBeGreaterThan(0);
  binary[at] ^= 1;
  expect(runCorpus(binary).hash).not.toBe(expected.hash);
});
