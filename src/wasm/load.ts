// Turns a binary into callable exports: the one place that knows @assemblyscript/loader. Of what the loader returns we
// take the instance's own exports: those it wraps make an array of the arguments at each call.

import { instantiate, instantiateSync } from '@assemblyscript/loader';
import { type Abi, kernelNames } from './abi.ts';

/** A compiled module, or the bytes of one. */
export type Source = WebAssembly.Module | BufferSource;

/** Compiles and instantiates at once. */
export function loadSync(source: Source): WebAssembly.Exports {
  return instantiateSync(source).instance.exports;
}

/** As {@link loadSync}, compiling beside the main thread where the host does. */
export async function load(source: Source): Promise<WebAssembly.Exports> {
  return (await instantiate(source)).instance.exports;
}

/** @throws TypeError if the module is not one of ours. `name` begins the message. */
export function checkAbi(name: string, exports: WebAssembly.Exports): Abi {
  const needed = [
    'memory',
    'heap_base',
    'relaxed',
    ...kernelNames.flatMap((kernel) => [`${kernel}_f32`, `${kernel}_f64`]),
  ];
  const missing = needed.filter((key) => !(key in exports));
  if (missing.length > 0) {
    throw new TypeError(
      `${name}: module lacks the exports ${missing.join(', ')}; allowed are softmax.simd.wasm and softmax.relaxed.wasm of this version.`,
    );
  }
  return exports as unknown as Abi;
}
