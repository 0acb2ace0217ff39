// Why hexadecimal: base64 hides from gzip and brotli where bytes repeat. It is shorter before compression, and longer by
// a third after it.

/** The bytes of a string of hexadecimal digits, in small letters. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const { fromHex } = Uint8Array as { fromHex?: (text: string) => Uint8Array<ArrayBuffer> };
  return fromHex ? fromHex.call(Uint8Array, text) : decodeByHand(text);
}

/** For the engines of before 2025; nothing else that decodes is everywhere. */
function decodeByHand(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** '0' … '9' are 0x30 … 0x39; 'a' … 'f' are 0x61 … 0x66. */
function digit(code: number): number {
  return (code & 15) + (code >> 6) * 9;
}
