// A binary as a patch of another; src/wasm/patch.ts, which applies it, says how.

import { leb } from './leb.mjs';

/** A copy shorter than this costs more than the bytes themselves. */
const LEAST_COPY = 12;

/** How many bytes are skipped at most: further away, what looks alike is something else. */
const REACH = 1024;

/** @param {Uint8Array} base @param {Uint8Array} bytes @returns {number[]} the patch that makes them of the others */
export function patchOf(base, bytes) {
  const [baseText, text] = [base, bytes].map((each) => Array.from(each, (byte) => String.fromCharCode(byte)).join(''));
  const patch = leb(bytes.length);
  let inserted = [];
  let from = 0;
  const step = (start, count) => {
    patch.push(...leb(inserted.length), ...inserted, ...leb(start - from), ...leb(count));
    inserted = [];
    from = start + count;
  };
  for (let at = 0; at < bytes.length; ) {
    const found = baseText.slice(from, from + REACH).indexOf(text.slice(at, at + LEAST_COPY));
    if (found < 0) {
      inserted.push(bytes[at++]);
      continue;
    }
    const start = from + found;
    let count = 0;
    while (start + count < base.length && at + count < bytes.length && base[start + count] === bytes[at + count])
      count++;
    step(start, count);
    at += count;
  }
  step(from, 0);
  return patch;
}
