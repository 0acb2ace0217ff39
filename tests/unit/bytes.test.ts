// How the binaries are within the package: as hexadecimal digits, and one as a patch of the other.

import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { patchOf } from '../../assembly/tools/patch.mjs';
import { decodeHex } from '../../src/wasm/hex.ts';
import { patched } from '../../src/wasm/patch.ts';

const utf8 = new TextEncoder();
const everyByte = Array.from({ length: 256 }, (_, i) => i);

afterEach(() => vi.unstubAllGlobals());

test.each(['by hand', 'by the host'])('hexadecimal digits of every byte, %s', (way) => {
  const fromHex = vi.fn((text: string) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16)));
  vi.stubGlobal('Uint8Array', class extends Uint8Array {});
  Object.assign(Uint8Array, { fromHex: way === 'by hand' ? undefined : fromHex });
  expect([...decodeHex(everyByte.map((byte) => byte.toString(16).padStart(2, '0')).join(''))]).toEqual(everyByte);
  expect([...decodeHex('')]).toEqual([]);
  expect(fromHex).toHaveBeenCalledTimes(way === 'by hand' ? 0 : 2);
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
      expect(patched(base, Uint8Array.from(patchOf(base, result)))).toEqual(result);
    }),
  );
});

test('what both have is copied', () => {
  const base = Uint8Array.from(everyByte);
  const result = Uint8Array.from([...everyByte.slice(0, 100), 1, 2, 3, ...everyByte.slice(150)]);
  expect(patchOf(base, result)).toEqual([209, 1, 0, 0, 100, 3, 1, 2, 3, 50, 106, 0, 0, 0]);
});
