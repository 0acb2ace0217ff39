import { createRuntime, createRuntimeSync, defaultRuntime, type EngineOptions, setDefaultRuntime } from './backend.ts';
import { checkInteger, checkWord, describe } from './check.ts';
import * as operations from './ops/index.ts';
import { type Backend, checkAlive, type Runtime } from './runtime.ts';
import type { DType } from './types.ts';
import type { WasmBuffer } from './wasm/buffer.ts';
import {
  logSoftmaxBackward,
  logSoftmaxHvp,
  logSoftmaxJacobian,
  logSoftmaxJvp,
  softmaxBackward,
  softmaxHvp,
} from './wasm/derivatives.ts';
import { linearCrossEntropy } from './wasm/linear.ts';
import { crossEntropy, crossEntropyHvp } from './wasm/losses.ts';
import { sample, topK } from './wasm/sample.ts';

/** Every operation, by name. */
export type Operations = { readonly [K in keyof typeof operations]: ReturnType<(typeof operations)[K]> };

/**
 * The operations on one backend with one memory: the functions of this package as methods, which may be taken off the
 * object. Engines share nothing.
 */
export interface Engine extends Operations {
  /** What really runs. */
  readonly backend: Backend;

  /**
   * An array of zeros in the engine's memory, where operations use it without a copy.
   * @param dtype 'float32' or 'float64'
   * @param length number of elements, from 0
   * @throws RangeError if it does not fit within `maxMemoryBytes`
   * @example
   * const logits = engine.allocate('float32', 640);
   * engine.softmax(logits, { shape: [64, 10], out: logits });
   * logits.free();
   */
  allocate(dtype: 'float32', length: number): WasmBuffer<Float32Array>;
  /** The same of float64. */
  allocate(dtype: 'float64', length: number): WasmBuffer<Float64Array>;
  /** The same of a type that is known at run time only. */
  allocate(dtype: DType, length: number): WasmBuffer;

  /** Lets go of the memory. The engine and its buffers cannot be used afterwards; a second call does nothing. */
  dispose(): void;
}

/**
 * Makes an engine without blocking: where the host can, it compiles beside the main thread.
 *
 * @param options backend ('auto', 'relaxed', 'simd', 'js'), module, maxMemoryBytes (bytes, default 128 MiB)
 * @returns the engine; `engine.backend` says what runs
 * @throws TypeError, RangeError for wrong options; Error if the backend asked for does not run on this host
 * @example
 * const engine = await createEngine({ backend: 'simd' });
 * engine.softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6652…]
 * engine.dispose();
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return engineOf(await createRuntime('createEngine', options));
}

/**
 * Makes an engine at once. Compiling the binary takes a few milliseconds.
 *
 * @param options as for {@link createEngine}
 * @returns the engine
 * @throws as {@link createEngine}
 * @example
 * const engine = createEngineSync({ maxMemoryBytes: 2 ** 24 });
 * engine.backend; // 'relaxed', 'simd' or 'js'
 */
export function createEngineSync(options: EngineOptions = {}): Engine {
  return engineOf(createRuntimeSync('createEngineSync', options));
}

/**
 * The engine behind the top-level functions; made on first use.
 *
 * @returns the engine
 * @example
 * getDefaultEngine().backend; // 'relaxed', 'simd' or 'js'
 */
export function getDefaultEngine(): Engine {
  return engineOf(defaultRuntime());
}

/**
 * Sets the engine behind the top-level functions.
 *
 * @param engine made by {@link createEngine} or {@link createEngineSync}
 * @throws TypeError if it is not an engine
 * @example
 * setDefaultEngine(createEngineSync({ backend: 'simd' })); // the same bits everywhere
 */
export function setDefaultEngine(engine: Engine): void {
  const runtime = runtimes.get(engine);
  if (!runtime) {
    throw new TypeError(`setDefaultEngine: engine is ${describe(engine)}; allowed is what createEngine returns.`);
  }
  checkAlive('setDefaultEngine', runtime);
  setDefaultRuntime(runtime);
}

const engines = new WeakMap<Runtime, Engine>();
const runtimes = new WeakMap<Engine, Runtime>();

/** The operations as the methods of an engine. */
export function operationsOn(runtime: Runtime): Operations {
  const host = () => runtime;
  return {
    createSampler: operations.createSampler(host, { crossEntropy, sample }),
    crossEntropy: operations.crossEntropy(host, crossEntropy),
    crossEntropyHvp: operations.crossEntropyHvp(host, crossEntropyHvp),
    crossEntropyWithGradient: operations.crossEntropyWithGradient(host, crossEntropy),
    gradCheck: operations.gradCheck(host),
    hardmax: operations.hardmax(host),
    linearCrossEntropy: operations.linearCrossEntropy(host, linearCrossEntropy),
    logSoftmax: operations.logSoftmax(host),
    logSoftmaxBackward: operations.logSoftmaxBackward(host, logSoftmaxBackward),
    logSoftmaxHvp: operations.logSoftmaxHvp(host, logSoftmaxHvp),
    logSoftmaxJacobian: operations.logSoftmaxJacobian(host, logSoftmaxJacobian),
    logSoftmaxJvp: operations.logSoftmaxJvp(host, logSoftmaxJvp),
    logSumExp: operations.logSumExp(host),
    multinomial: operations.multinomial(host),
    nllLoss: operations.nllLoss(host),
    nllLossWithGradient: operations.nllLossWithGradient(host),
    sample: operations.sample(host, sample),
    softmax: operations.softmax(host),
    softmaxBackward: operations.softmaxBackward(host, softmaxBackward),
    softmaxHessian: operations.softmaxHessian(host),
    softmaxHvp: operations.softmaxHvp(host, softmaxHvp),
    softmaxJacobian: operations.softmaxJacobian(host),
    softmaxJvp: operations.softmaxJvp(host, softmaxBackward),
    softmin: operations.softmin(host),
    topK: operations.topK(host, topK),
  };
}

/** The engine of a runtime: always the same one. */
function engineOf(runtime: Runtime): Engine {
  const known = engines.get(runtime);
  if (known) return known;
  const engine: Engine = Object.freeze({
    ...operationsOn(runtime),
    backend: runtime.backend,
    allocate: ((dtype: unknown, length: unknown) => allocate(runtime, dtype, length)) as Engine['allocate'],
    dispose: () => runtime.dispose(),
  });
  engines.set(runtime, engine);
  runtimes.set(engine, runtime);
  return engine;
}

function allocate(runtime: Runtime, dtype: unknown, length: unknown): WasmBuffer {
  checkAlive('allocate', runtime);
  const type = checkWord('allocate', 'dtype', dtype as DType, ['float32', 'float64']);
  const count = checkInteger('allocate', 'length', length, 0, Infinity, 'non-negative integers');
  return runtime.allocate('allocate', type, count);
}
