// The public surface. Each function runs on the default engine; an engine has the same functions as methods.

import { defaultRuntime } from './backend.ts';
import * as operations from './ops/index.ts';
import type { AxisOptions, Backward, Forward, Reduction, ScaledOptions, TemperatureOptions } from './types.ts';

export type { EngineOptions } from './backend.ts';
export { createEngine, createEngineSync, type Engine, getDefaultEngine, setDefaultEngine } from './engine.ts';
export type { Backend } from './runtime.ts';
export type * from './types.ts';
export type { WasmBuffer } from './wasm/buffer.ts';

/**
 * Softmax along one axis: e^(x_i / T) / Σ_j e^(x_j / T), as probabilities that sum to 1.
 *
 * @param x logits, any real numbers: a Float32Array, a Float64Array, a WasmBuffer or (nested) arrays of numbers
 * @param options `shape` (default: one axis), `axis` (default: the last), `temperature` T ≥ 0 or `base` b > 0, b ≠ 1
 *   (powers of b instead of e), `out`
 * @returns `out`, or a new array of the type and shape of x; NaN throughout a slice that holds NaN or +∞, or only −∞
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6652…]
 * softmax([[1, 3], [3, 1]], { axis: 0 }); // [[0.1192…, 0.8807…], [0.8807…, 0.1192…]]
 * softmax(new Float32Array([1, 2, 3]), { temperature: 0.5 }); // Float32Array [0.0158…, 0.1173…, 0.8668…]
 */
export const softmax: Forward<ScaledOptions> = /* @__PURE__ */ operations.softmax(defaultRuntime);

/**
 * The natural logarithm of softmax: x_i / T − log Σ_j e^(x_j / T). Never computed from softmax: it keeps its accuracy
 * where probabilities round to 0 or to 1.
 *
 * @param x logits, as for {@link softmax}
 * @param options as for {@link softmax}; the logarithm stays natural with any `base`
 * @returns `out`, or a new array of the type and shape of x, entries ≤ 0
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * logSoftmax([1, 2, 3]); // [-2.4076…, -1.4076…, -0.4076…]
 * logSoftmax([0, 1000]); // [-1000, 0]
 */
export const logSoftmax: Forward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmax(defaultRuntime);

/**
 * log Σ_j e^(x_j / T) over one axis, which the result no longer has. A smooth maximum.
 *
 * @param x logits, as for {@link softmax}
 * @param options `shape`, `axis`, `temperature`, `out`
 * @returns `out`, or a new array of the type of x with one axis fewer; a vector gives an array of length 1. −∞ over an
 *   axis of length 0
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * logSumExp([1, 2, 3]); // [3.4076…]
 * logSumExp([[1000, 1000], [0, 0]]); // [1000.6931…, 0.6931…]
 */
export const logSumExp: Reduction<TemperatureOptions> = /* @__PURE__ */ operations.logSumExp(defaultRuntime);

/**
 * Softmax of −x: the smallest entry gets the largest share.
 *
 * @param x costs, as the logits of {@link softmax}
 * @param options as for {@link softmax}
 * @returns `out`, or a new array of the type and shape of x
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmin([1, 2, 3]); // [0.6652…, 0.2447…, 0.0900…]
 */
export const softmin: Forward<ScaledOptions> = /* @__PURE__ */ operations.softmin(defaultRuntime);

/**
 * One-hot of the first maximum along one axis: 1 there, 0 elsewhere. The limit of softmax as the temperature goes to 0.
 *
 * @param x any numbers, as for {@link softmax}
 * @param options `shape`, `axis`, `out`
 * @returns `out`, or a new array of the type and shape of x; NaN throughout a slice that holds a NaN
 * @throws TypeError, RangeError for arguments that are wrong or do not fit, and for an axis of length 0; `out` is then unchanged
 * @example
 * hardmax([1, 3, 3]); // [0, 1, 0]
 */
export const hardmax: Forward<AxisOptions> = /* @__PURE__ */ operations.hardmax(defaultRuntime);

/**
 * The gradient of a loss with respect to the input of {@link softmax}: s ⊙ (g − ⟨g, s⟩) / T.
 *
 * @param gradOutput g, the gradient of the loss with respect to the output of softmax
 * @param output s, what softmax returned: of the element type and shape of gradOutput
 * @param options `shape`, `axis`, `temperature`, `base`: those of the forward call; `out`, which may be either argument
 * @returns `out`, or a new array of the type and shape of gradOutput; 0 at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * const probabilities = softmax([1, 2, 3]);
 * softmaxBackward([1, 0, 0], probabilities); // [0.0819…, -0.0220…, -0.0598…]
 */
export const softmaxBackward: Backward<ScaledOptions> = /* @__PURE__ */ operations.softmaxBackward(defaultRuntime);

/**
 * The gradient of a loss with respect to the input of {@link logSoftmax}: (g − e^output · Σ g) / T.
 *
 * @param gradOutput g, the gradient of the loss with respect to the output of logSoftmax
 * @param output what logSoftmax returned: of the element type and shape of gradOutput
 * @param options as for {@link softmaxBackward}
 * @returns `out`, or a new array of the type and shape of gradOutput; 0 where output is −∞, and at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * const logProbabilities = logSoftmax([1, 2, 3]);
 * logSoftmaxBackward([1, 1, 1], logProbabilities); // [0.7299…, 0.2658…, -0.9957…]
 */
export const logSoftmaxBackward: Backward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxBackward(
  defaultRuntime,
);
