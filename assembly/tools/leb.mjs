/** A number from 0 in LEB128, as in the WebAssembly specification. */
export function leb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
