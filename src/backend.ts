// Picks what to run on, and holds the default.

import { checkInteger, checkOptions, checkWord, notAllowed } from './check.ts';
import { type Backend, JsRuntime, type Runtime } from './runtime.ts';
import { checkAbi } from './wasm/abi.ts';
import { builds, isSource, load, loadSync, type Source, sources } from './wasm/load.ts';
import { WasmRuntime } from './wasm/runtime.ts';

/** What `createEngine` takes. */
export interface EngineOptions {
  /**
   * `'auto'` takes the fastest that the host runs: relaxed SIMD, SIMD, JavaScript. The others insist on one.
   * Default: `'auto'`.
   */
  backend?: 'auto' | Backend | undefined;
  /** One of the two binaries of this package, in place of the embedded ones: compiled or, except for the edge entry, as bytes. */
  module?: WebAssembly.Module | BufferSource | undefined;
  /** The wasm memory never grows beyond this. Default: 128 MiB, where one row of 2^24 float32 has room. */
  maxMemoryBytes?: number | undefined;
}

const DEFAULT_MAX_MEMORY_BYTES = 128 * 2 ** 20;
const ADDRESSABLE_BYTES = 2 ** 32;

let current: Runtime | undefined;

/** What the top-level functions run on; made on first use. */
export function defaultRuntime(): Runtime {
  current ??= createRuntimeSync('softmax-simd', {});
  return current;
}

/** Sets what the top-level functions run on. */
export function setDefaultRuntime(runtime: Runtime): void {
  current = runtime;
}

/**
 * The runtime that the options insist on, or the first of the candidates that starts.
 * @throws TypeError, RangeError for wrong options, Error if what they insist on does not run here. `name` begins the message.
 */
export function createRuntimeSync(name: string, options: EngineOptions): Runtime {
  const checked = check(name, options);
  for (const { backend, source } of candidates(name, checked)) {
    let exports: WebAssembly.Exports;
    try {
      exports = loadSync(source());
    } catch (cause) {
      checkRefusal(name, checked, cause);
      continue;
    }
    return startRuntime(name, backend, exports, checked.maxMemoryBytes);
  }
  return new JsRuntime();
}

/** As {@link createRuntimeSync}, compiling beside the main thread where the host does. */
export async function createRuntime(name: string, options: EngineOptions): Promise<Runtime> {
  const checked = check(name, options);
  for (const { backend, source } of candidates(name, checked)) {
    let exports: WebAssembly.Exports;
    try {
      exports = await load(source());
    } catch (cause) {
      checkRefusal(name, checked, cause);
      continue;
    }
    return startRuntime(name, backend, exports, checked.maxMemoryBytes);
  }
  return new JsRuntime();
}

interface Checked {
  backend: 'auto' | Backend;
  module: Source | undefined;
  maxMemoryBytes: number;
}

/** One thing to try before JavaScript. The build of a module that came without a word is not known before it runs. */
interface Candidate {
  backend: Backend | undefined;
  source(): Source;
}

function candidates(name: string, { backend, module }: Checked): Candidate[] {
  if (backend === 'js') return [];
  if (module !== undefined) return [{ backend: backend === 'auto' ? undefined : backend, source: () => module }];
  const supported = builds.filter((build) => build.isSupported());
  const wanted = backend === 'auto' ? supported : supported.filter((build) => build.backend === backend);
  if (wanted.length === 0 && backend !== 'auto') {
    if (builds.length === 0) {
      throw new Error(
        `${name}: backend '${backend}' has no module, and this entry none inside; allowed are the module with it, and backend 'auto' and 'js'.`,
      );
    }
    const here = ['auto', ...supported.map((build) => build.backend), 'js'].map((other) => `'${other}'`).join(', ');
    throw new Error(`${name}: backend '${backend}' does not run on this host; allowed here are ${here}.`);
  }
  return wanted.map((build) => ({ backend: build.backend, source: () => build.bytes() }));
}

function startRuntime(
  name: string,
  backend: Backend | undefined,
  exports: WebAssembly.Exports,
  maxMemoryBytes: number,
): Runtime {
  const abi = checkAbi(name, exports);
  const build = abi.relaxed.value ? 'relaxed' : 'simd';
  if (backend !== undefined && backend !== build) {
    throw new TypeError(
      `${name}: module is the ${build} build and backend '${backend}'; allowed are 'auto' and '${build}'.`,
    );
  }
  return new WasmRuntime(name, build, abi, maxMemoryBytes);
}

/** Passes over a refusal (by a content security policy, for one) where the options leave the choice to us. */
function checkRefusal(name: string, { backend, module }: Checked, cause: unknown): void {
  if (backend === 'auto' && module === undefined) return;
  const what = module === undefined ? `backend '${backend}'` : 'module';
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new Error(
    `${name}: ${what} was refused by this host (${why}); allowed are backend 'auto' and 'js', without a module.`,
    { cause },
  );
}

function check(name: string, options: EngineOptions): Checked {
  checkOptions(name, options, ['backend', 'module', 'maxMemoryBytes']);
  const { backend = 'auto', module, maxMemoryBytes = DEFAULT_MAX_MEMORY_BYTES } = options;
  checkWord(name, 'backend', backend, ['auto', 'relaxed', 'simd', 'js']);
  if (module !== undefined && !isSource(module)) {
    throw notAllowed(name, 'module', module, sources, TypeError);
  }
  if (module !== undefined && backend === 'js') {
    throw new TypeError(`${name}: module is given with backend 'js'; allowed are 'auto', 'relaxed' and 'simd'.`);
  }
  checkInteger(name, 'maxMemoryBytes', maxMemoryBytes, 0, ADDRESSABLE_BYTES, `integers to ${ADDRESSABLE_BYTES}`);
  return { backend, module, maxMemoryBytes };
}
