// The binaries as text: what assembly/tools/text.mjs writes is what src/wasm/text.ts reads.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, patchOf } from '../../assembly/tools/text.mjs';
import { decode, patched } from '../../src/wasm/text.ts';

const utf8 = new TextEncoder();
const everyByte = Array.from({ length: 256 }, (_, i) => i);

test('every byte comes back, alone and after every other', () => {
  const pairs = everyByte.flatMap((a) => everyByte.flatMap((b) => [a, b]));
  expect([...decode(encode(pairs))]).toEqual(pairs);
  expect([...decode('')]).toEqual([]);
});

test('is of characters that mean nothing in a string nor in a page', () => {
  const characters = new Set(encode(everyByte));
  expect(characters.size).toBe(89);
  expect([...characters].join('')).toMatch(/^[ -~]*$/);
  for (const character of '"$\'<\\`') expect(characters).not.toContain(character);
});

test('a patch makes of any bytes any others', () => {
  const bytes = fc.array(fc.oneof(fc.constantFrom(...'abcdefgh'.repeat(40)), fc.constant('z')), { maxLength: 600 });
  const common = fc.constantFrom('', 'the common part of both, which is copied'.repeat(20));
  fc.assert(
    fc.property(bytes, bytes, bytes, common, (a, b, c, shared) => {
      const [base, result] = [
        [...a, shared],
        [...b, shared, ...c],
      ].map((parts) => utf8.encode(parts.join('')));
      expect(patched(base, decode(encode(patchOf(base, result))))).toEqual(result);
    }),
  );
});

test('what both have is copied', () => {
  const base = Uint8Array.from(everyByte);
  const result = Uint8Array.from([...everyByte.slice(0, 100), 1, 2, 3, ...everyByte.slice(150)]);
  expect(patchOf(base, result)).toEqual([209, 1, 0, 0, 100, 3, 1, 2, 3, 50, 106, 0, 0, 0]);
});
