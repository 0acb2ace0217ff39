// load.ts of the edge entry, which rolldown.config.mjs builds over this file: where compiling bytes is refused, and in places the mere mention
// of it, a module comes compiled by the host. An object tells what it is by its tag, as a host may make modules outside the realm of the code.

import type { Backend } from '../runtime.ts';

/** A compiled module, or the bytes of one. */
export type Source = WebAssembly.Module | BufferSource;

/** A binary inside the package. */
export interface Build {
  readonly backend: Exclude<Backend, 'js'>;
  isSupported(): boolean;
  bytes(): BufferSource;
}

/** The builds, the fastest first: here, none is inside. */
export const builds: readonly Build[] = [];

/** What {@link isSource} allows, for messages. */
export const sources: string = 'WebAssembly.Module';

/** Whether an engine can be made of it. */
export function isSource(value: unknown): value is Source {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Module]';
}

/** Compiles if need be, and instantiates at once. */
export function loadSync(source: Source): WebAssembly.Exports {
  return new WebAssembly.Instance(source as WebAssembly.Module).exports;
}

/** As {@link loadSync}, compiling beside the main thread where the host does. */
export async function load(source: Source): Promise<WebAssembly.Exports> {
  return loadSync(source);
}
