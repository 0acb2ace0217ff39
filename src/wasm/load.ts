// Turns a binary into callable exports: the one place that knows @assemblyscript/loader. Of what the loader returns we
// take the instance's own exports: those it wraps make an array of the arguments at each call.

import { instantiate, instantiateSync } from '@assemblyscript/loader';
import { hex as relaxedPatch } from './bytes.relaxed.ts';
import { hex as simdHex } from './bytes.simd.ts';
import { hasRelaxedSimd, hasSimd } from './detect.ts';
import { decodeHex } from './hex.ts';
import { type Build, isSource as isModule, loadSync as loadModule, type Source } from './load.edge.ts';
import { patched } from './patch.ts';

export type { Source } from './load.edge.ts';

/** The builds, the fastest first. */
export const builds: readonly Build[] = [
  {
    backend: 'relaxed',
    isSupported: hasRelaxedSimd,
    bytes: () => patched(decodeHex(simdHex), decodeHex(relaxedPatch)),
  },
  { backend: 'simd', isSupported: hasSimd, bytes: () => decodeHex(simdHex) },
];

/** What {@link isSource} allows, for messages. */
export const sources: string = 'WebAssembly.Module, ArrayBuffer and views of one';

/** Whether an engine can be made of it. */
export function isSource(value: unknown): value is Source {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || isModule(value);
}

/** Compiles if need be, and instantiates at once. */
export function loadSync(source: Source): WebAssembly.Exports {
  return isModule(source) ? loadModule(source) : instantiateSync(bytesOf(source)).instance.exports;
}

/** As {@link loadSync}, compiling beside the main thread where the host does. */
export async function load(source: Source): Promise<WebAssembly.Exports> {
  return isModule(source) ? loadModule(source) : (await instantiate(bytesOf(source))).instance.exports;
}

/** V8 compiles no DataView. */
function bytesOf(source: BufferSource): BufferSource {
  if (!(source instanceof DataView)) return source;
  return new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
}
