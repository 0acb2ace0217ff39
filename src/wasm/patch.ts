// The relaxed build within the package is a patch of the other, written by assembly/tools/patch.mjs.

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
