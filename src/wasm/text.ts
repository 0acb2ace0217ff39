// The binaries as text, written by assembly/tools/text.mjs.
//
// A byte b is the number (b + 3) mod 256: a digit up to 86, as most instructions are, or two, of which the first, 87 or 88, stands for 87 or twice that.
// So brotli and gzip see where bytes repeat, which base64 hides from them, at half the length of hexadecimal. Digits are the characters from the
// space to "~" that mean nothing within a JavaScript string of any kind, nor in a page: all but " $ ' < \ and `.

const BASE = 87;
const OFFSET = 3;

/** The bytes of a text. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const digits = new Uint8Array(128);
  let count = 0;
  for (let code = 0x20; code <= 0x7e; code++) {
    if (!'"$\'<\\`'.includes(String.fromCharCode(code))) digits[code] = count++;
  }
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let first = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digits[text.charCodeAt(i)];
    if (digit >= BASE) first = (digit - BASE + 1) * BASE;
    else {
      bytes[length++] = first + digit - OFFSET; // modulo 256
      first = 0;
    }
  }
  return bytes.slice(0, length);
}

/**
 * What a patch makes of other bytes. It is the length of that and a list of steps: how many bytes to insert, these bytes, how many to skip, how many to copy;
 * each number in LEB128.
 */
export function patched(base: Uint8Array, patch: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 0;
  let from = 0;
  let to = 0;
  const number = (): number => {
    const byte = patch[at++];
    return byte < 0x80 ? byte : byte - 0x80 + 0x80 * number();
  };
  const bytes = new Uint8Array(number());
  while (at < patch.length) {
    const inserted = number();
    bytes.set(patch.subarray(at, at + inserted), to);
    at += inserted;
    from += number();
    const copied = number();
    bytes.set(base.subarray(from, from + copied), to + inserted);
    from += copied;
    to += inserted + copied;
  }
  return bytes;
}
