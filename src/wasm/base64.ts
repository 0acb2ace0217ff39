const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes base64 without padding. By hand: `atob`, `Buffer` and `Uint8Array.fromBase64` are each missing somewhere. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;

  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0; // the last `held` of these have not been written yet
  let held = 0;
  let written = 0;
  for (let i = 0; i < text.length; i++) {
    bits = (bits << 6) | values[text.charCodeAt(i)];
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[written++] = bits >> held;
    }
  }
  return bytes;
}
