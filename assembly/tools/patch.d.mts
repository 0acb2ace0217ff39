export function patchOf(base: Uint8Array, bytes: Uint8Array): number[];
