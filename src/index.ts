/**
 * The public surface. Each function runs on the default engine; an engine has the same functions as methods.
 * @module softmax-simd
 */

import { defaultRuntime } from './backend.ts';
import * as operations from './ops/index.ts';
import type {
  AxisOptions,
  Backward,
  CrossEntropyHvpOptions,
  CrossEntropyOptions,
  Expansion,
  Forward,
  GradCheckProblem,
  GradCheckResult,
  Hvp,
  Input,
  Labels,
  LinearCrossEntropy,
  Loss,
  LossOptions,
  LossWithGradient,
  MultinomialOptions,
  Reduction,
  SampleOptions,
  Sampler,
  SamplerOptions,
  ScaledOptions,
  TemperatureOptions,
  TopK,
} from './types.ts';
import * as derivatives from './wasm/derivatives.ts';
import * as linear from './wasm/linear.ts';
import * as losses from './wasm/losses.ts';
import * as sampling from './wasm/sample.ts';

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
export const softmaxBackward: Backward<ScaledOptions> = /* @__PURE__ */ operations.softmaxBackward(
  defaultRuntime,
  derivatives.softmaxBackward,
);

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
  derivatives.logSoftmaxBackward,
);

/**
 * Forward mode of {@link softmax}: how its output moves where its input moves along a tangent, s ⊙ (v − ⟨s, v⟩) / T. The Jacobian is
 * symmetric: the same numbers as {@link softmaxBackward}.
 *
 * @param tangent v, the direction in which the input moves
 * @param output s, what softmax returned: of the element type and shape of tangent
 * @param options as for {@link softmaxBackward}
 * @returns `out`, or a new array of the type and shape of tangent; 0 at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmaxJvp([1, 0, 0], softmax([1, 2, 3])); // [0.0819…, -0.0220…, -0.0598…]
 */
export const softmaxJvp: Backward<ScaledOptions> = /* @__PURE__ */ operations.softmaxJvp(
  defaultRuntime,
  derivatives.softmaxBackward,
);

/**
 * Forward mode of {@link logSoftmax}: (v − ⟨e^output, v⟩) / T.
 *
 * @param tangent v, the direction in which the input moves
 * @param output what logSoftmax returned: of the element type and shape of tangent
 * @param options as for {@link softmaxBackward}
 * @returns `out`, or a new array of the type and shape of tangent; 0 where output is −∞, and at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * logSoftmaxJvp([1, 0, 0], logSoftmax([1, 2, 3])); // [0.9099…, -0.0900…, -0.0900…]
 */
export const logSoftmaxJvp: Backward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxJvp(
  defaultRuntime,
  derivatives.logSoftmaxJvp,
);

/**
 * The Jacobian of {@link softmax} for every slice: diag(s) − s sᵀ, entry (i, j) being ∂s_i / ∂z_j for T = 1. It has K² entries:
 * {@link softmaxBackward} and {@link softmaxJvp} give its products in K.
 *
 * @param output s, what softmax returned
 * @param options `shape`, `axis`, `out`, which shares no memory with output
 * @returns `out`, or a new array of the type of output and of shape [...batch, K, K]: K is the length of the axis, which is moved last.
 *   Plain arrays come back nested so, flat ones that came with a `shape` flat
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmaxJacobian(softmax([1, 2, 3])); // [[0.0819…, -0.0220…, -0.0598…], [-0.0220…, 0.1848…, -0.1628…], [-0.0598…, -0.1628…, 0.2226…]]
 */
export const softmaxJacobian: Expansion<2> = /* @__PURE__ */ operations.softmaxJacobian(defaultRuntime);

/**
 * The Jacobian of {@link logSoftmax} for every slice: I − 1 sᵀ, s = e^output, row i having the derivatives of output i for T = 1.
 *
 * @param output what logSoftmax returned
 * @param options as for {@link softmaxJacobian}
 * @returns as {@link softmaxJacobian}
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * logSoftmaxJacobian(logSoftmax([1, 3])); // [[0.8807…, -0.8807…], [-0.1192…, 0.1192…]]
 */
export const logSoftmaxJacobian: Expansion<2> = /* @__PURE__ */ operations.logSoftmaxJacobian(
  defaultRuntime,
  derivatives.logSoftmaxJacobian,
);

/**
 * All second derivatives of {@link softmax} for every slice: entry (m, i, j) is ∂²s_m / ∂z_i ∂z_j
 * = s_m ((δ_mi − s_i)(δ_mj − s_j) − s_i (δ_ij − s_j)) for T = 1. It has K³ entries: {@link softmaxHvp} gives its products in K.
 *
 * @param output s, what softmax returned
 * @param options as for {@link softmaxJacobian}
 * @returns `out`, or a new array of the type of output and of shape [...batch, K, K, K], the axis moved last; plain arrays as for
 *   {@link softmaxJacobian}
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmaxHessian([0.25, 0.75]); // [[[0.09375, -0.09375], [-0.09375, 0.09375]], [[-0.09375, 0.09375], [0.09375, -0.09375]]]
 */
export const softmaxHessian: Expansion<3> = /* @__PURE__ */ operations.softmaxHessian(defaultRuntime);

/**
 * The second derivative of {@link softmax} times a vector, (Σ_m g_m ∇²s_m) v: s ⊙ ((g − b) ⊙ (v − a) − c) / T², where a = ⟨s, v⟩,
 * b = ⟨g, s⟩, c = ⟨s, (g − b) ⊙ (v − a)⟩. No matrix is made.
 *
 * @param gradOutput g, the gradient of the loss with respect to the output of softmax
 * @param output s, what softmax returned: of the element type and shape of gradOutput
 * @param vector v, likewise
 * @param options as for {@link softmaxBackward}; `out` may be any of the arguments
 * @returns `out`, or a new array of the type and shape of gradOutput; 0 at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * softmaxHvp([1, 0, 0], softmax([1, 2, 3]), [0, 0, 1]); // [-0.0491…, 0.0293…, 0.0197…]
 */
export const softmaxHvp: Hvp<ScaledOptions> = /* @__PURE__ */ operations.softmaxHvp(
  defaultRuntime,
  derivatives.softmaxHvp,
);

/**
 * The second derivative of {@link logSoftmax} times a vector, (Σ_m g_m ∇²log s_m) v: −Σ g · s ⊙ (v − ⟨s, v⟩) / T², s = e^output. No
 * matrix is made.
 *
 * @param gradOutput g, the gradient of the loss with respect to the output of logSoftmax
 * @param output what logSoftmax returned: of the element type and shape of gradOutput
 * @param vector v, likewise
 * @param options as for {@link softmaxBackward}; `out` may be any of the arguments
 * @returns `out`, or a new array of the type and shape of gradOutput; 0 at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * logSoftmaxHvp([1, 0, 0], logSoftmax([1, 2, 3]), [0, 0, 1]); // [0.0598…, 0.1628…, -0.2226…]
 */
export const logSoftmaxHvp: Hvp<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxHvp(
  defaultRuntime,
  derivatives.logSoftmaxHvp,
);

/**
 * Compares a gradient with central differences in float64, (f(x + ε) − f(x − ε)) / 2ε, an element at a time: 2 calls of `forward` for
 * each. For functions of this package and for anyone's own.
 *
 * @param problem `forward`, a function of a Float64Array that gives a number or an array; `backward(x, gradOutput)`, its gradient;
 *   `input`, where to check; `gradOutput`, for a `forward` that gives an array (default: random numbers by `seed`, default 0);
 *   `epsilon` > 0, the step, at least 2^-26 of the entry (default 2^-17; for functions that compute in float32, 1e-2 or so)
 * @returns `passed`: every error is at most `epsilon` times the largest entry of both gradients, besides what `forward` rounds, taken as
 *   16 ulp; `maxAbsError`; `maxRelError`, as a part of that largest entry; `worstIndex`, the element of the input where it is. A NaN does not pass
 * @throws TypeError, RangeError for arguments that are wrong, and for results that do not fit
 * @example
 * const forward = (x) => logSoftmax(x);
 * const input = [1, 2, 3];
 * gradCheck({ forward, backward: (x, g) => logSoftmaxBackward(g, logSoftmax(x)), input }).passed; // true
 * const wrong = (x, g) => logSoftmax(x).map((l, i) => g[i] * (1 - Math.exp(l))); // without the sum
 * gradCheck({ forward, backward: wrong, input, gradOutput: [1, 1, 1] }).maxAbsError; // 1.3304…
 */
export const gradCheck: (problem: GradCheckProblem) => GradCheckResult = /* @__PURE__ */ operations.gradCheck(
  defaultRuntime,
);

/**
 * Cross-entropy of logits with labels or probabilities: −log p_y, or −Σ_j t_j log p_j, p = softmax(logits / T). In float64 throughout for
 * the sum of the rows; never computed from probabilities, so that the loss of a confident right answer keeps its digits.
 *
 * @param logits as for {@link softmax}; classes along `axis`, every other place is a row
 * @param targets a label for each row (an integer typed array, or plain integers, flat or nested as the rows), or
 *   probabilities in the shape of the logits (a float array of either type, or plain arrays); they need not sum to 1
 * @param options `shape`, `axis`, `temperature`; `weight`, one number per class; `ignoreIndex`, the label of rows that count for nothing
 *   (default -100); `labelSmoothing` ε in 0…1: targets become (1 − ε) t + ε / K; `reduction` 'mean' (default; divides by the sum of the
 *   labels' weights, for probabilities by the number of rows), 'sum' or 'none'; `emptyMean` 'nan' (default) or 'zero', the mean where
 *   that divisor is 0. The formulas are those of PyTorch 2
 * @returns the loss, a float64 number; for 'none' an array of the logits' type, of their shape without the axis
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; RangeError naming row and label for a label that is no class
 * @example
 * crossEntropy([[1, 2, 3], [3, 2, 1]], [2, 0]); // 0.4076…
 * crossEntropy([[1, 2, 3], [3, 2, 1]], [2, 1], { reduction: 'none' }); // [0.4076…, 1.4076…]
 * crossEntropy([1, 2, 3], [0.25, 0.25, 0.5], { labelSmoothing: 0.1 }); // 1.1826…
 * crossEntropy([[30, 0]], [0]); // 9.357…e-14
 */
export const crossEntropy: Loss<CrossEntropyOptions> = /* @__PURE__ */ operations.crossEntropy(
  defaultRuntime,
  losses.crossEntropy,
);

/**
 * {@link crossEntropy} and its gradient with respect to the logits, p − t over T for each row, in one pass. p_y − 1 does not cancel.
 *
 * @param logits as for {@link crossEntropy}
 * @param targets as for {@link crossEntropy}
 * @param options as for {@link crossEntropy}; `out`, which receives the gradient and may be the logits; for reduction 'none' also
 *   `gradOutput`, one number per row of the type of the logits (default: ones): the gradient is that of Σ gradOutput · loss
 * @returns `loss` as {@link crossEntropy}; `gradient`, `out` or a new array of the type and shape of the logits: 0 where a logit is
 *   −∞, in ignored rows, and at temperatures 0 and Infinity
 * @throws as {@link crossEntropy}; `out` is then unchanged
 * @example
 * const { loss, gradient } = crossEntropyWithGradient([[1, 2, 3]], [2]);
 * loss; // 0.4076…
 * gradient; // [[0.0900…, 0.2447…, -0.3347…]]
 */
export const crossEntropyWithGradient: LossWithGradient<CrossEntropyOptions> =
  /* @__PURE__ */ operations.crossEntropyWithGradient(defaultRuntime, losses.crossEntropy);

/**
 * The second derivative of {@link crossEntropy} times a vector: (diag(p) − p pᵀ) v / T² for each row, p = softmax(logits / T), over the
 * number of rows for reduction 'mean'. It depends on the targets only through their sum, here 1. For class weights and ignored
 * labels, take reduction 'none' and give as `gradOutput` what each row counts.
 *
 * @param logits as for {@link crossEntropy}
 * @param vector v, of the element type and shape of the logits
 * @param options `shape`, `axis`, `temperature`, `reduction` (default 'mean'), `gradOutput` (for 'none': a factor for each row), `out`,
 *   which may be either argument
 * @returns `out`, or a new array of the type and shape of the logits; 0 at temperatures 0 and Infinity
 * @throws TypeError, RangeError for arguments that are wrong or do not fit; `out` is then unchanged
 * @example
 * crossEntropyHvp([[1, 2, 3]], [[1, 0, 0]]); // [[0.0819…, -0.0220…, -0.0598…]]
 */
export const crossEntropyHvp: Backward<CrossEntropyHvpOptions> = /* @__PURE__ */ operations.crossEntropyHvp(
  defaultRuntime,
  losses.crossEntropyHvp,
);

/**
 * Negative log-likelihood of log-probabilities, such as {@link logSoftmax} gives, with labels: −w_y · logProbability_y. A loss of
 * cross-entropy in two steps.
 *
 * @param logProbabilities as the logits of {@link crossEntropy}; taken as they are
 * @param targets a label for each row, as for {@link crossEntropy}
 * @param options `shape`, `axis`, `weight`, `ignoreIndex`, `reduction`, `emptyMean`, as for {@link crossEntropy}
 * @returns as {@link crossEntropy}
 * @throws as {@link crossEntropy}
 * @example
 * nllLoss(logSoftmax([[1, 2, 3], [3, 2, 1]]), [2, 0]); // 0.4076…
 */
export const nllLoss: Loss<LossOptions, Labels> = /* @__PURE__ */ operations.nllLoss(defaultRuntime);

/**
 * {@link nllLoss} and its gradient with respect to the log-probabilities: −w_y at the label, 0 elsewhere.
 *
 * @param logProbabilities as for {@link nllLoss}
 * @param targets as for {@link nllLoss}
 * @param options as for {@link nllLoss}; `out` and `gradOutput` as for {@link crossEntropyWithGradient}
 * @returns `loss` as {@link nllLoss}; `gradient`, `out` or a new array of the type and shape of the log-probabilities
 * @throws as {@link nllLoss}; `out` is then unchanged
 * @example
 * nllLossWithGradient([[-2, -1], [-1, -2]], [1, 1]).gradient; // [[0, -0.5], [0, -0.5]]
 */
export const nllLossWithGradient: LossWithGradient<LossOptions, Labels> =
  /* @__PURE__ */ operations.nllLossWithGradient(defaultRuntime);

/**
 * {@link crossEntropy} of a linear layer, z = features · weightᵀ + bias, with the gradients of all three: gradWeight = dᵀ · features,
 * gradBias = Σ d, gradFeatures = d · weight, d being the gradient of z. The batch passes in chunks: its logits never exist at once.
 *
 * @param problem `features` [batch, inFeatures], `weight` [classes, inFeatures] and `bias` [classes] (optional), of one element type;
 *   the sizes `batch`, `inFeatures`, `classes`; `targets` as for {@link crossEntropy}, a label for each row or [batch, classes]; the
 *   options of {@link crossEntropyWithGradient} but `shape`, `axis`, `out` and `weight`, which is `classWeight` here
 * @returns `loss` as {@link crossEntropy}, for 'none' [batch]; `gradWeight`, `gradBias` (also without a bias) and `gradFeatures`, new
 *   arrays, plain where plain ones came
 * @throws as {@link crossEntropy}; RangeError where a single row or a row of weights does not fit within `maxMemoryBytes`
 * @example
 * const problem = { features: [[1, 2]], weight: [[1, 0], [0, 1]], targets: [1], batch: 1, inFeatures: 2, classes: 2 };
 * const { loss, gradWeight, gradBias, gradFeatures } = linearCrossEntropy(problem);
 * loss; // 0.3132…
 * gradWeight; // [[0.2689…, 0.5378…], [-0.2689…, -0.5378…]]
 * gradBias; // [0.2689…, -0.2689…]
 * gradFeatures; // [[0.2689…, -0.2689…]]
 */
export const linearCrossEntropy: LinearCrossEntropy = /* @__PURE__ */ operations.linearCrossEntropy(
  defaultRuntime,
  linear.linearCrossEntropy,
);

/**
 * Draws tokens from softmax(logits / T) over the last axis, after top-k, top-p and min-p, in this order. Numbers are Philox4x32-10 of the seed, the
 * row and the draw (Salmon et al. 2011): the same seed gives the same tokens on every engine, in every build, on every backend. An entry of probability 0
 * is never drawn; nothing is sorted.
 *
 * @param logits any numbers, -Infinity for what must not be drawn: a Float32Array, a Float64Array, a WasmBuffer or (nested) arrays of numbers
 * @param options `shape`, `temperature` T ≥ 0 (default 1; 0 is greedy), `topK` ≥ 1, `topP` and `minP` in [0, 1], `seed` (default: a random one),
 *   `count` of draws from each row (default 1), `firstRow`: the number of the first row, for a tensor that comes in parts (default 0)
 * @returns indices into the rows, [rows, count]
 * @throws TypeError, RangeError for arguments that are wrong or do not fit, for an axis of length 0, and for a row with NaN, +∞ or nothing but −∞
 * @example
 * sample([2, 1, 3, 5, 4], { temperature: 0 }); // Int32Array [3]
 * sample([2, 1, 3, 5, 4], { topP: 0.8, seed: 1, count: 5 }); // Int32Array [4, 3, 3, 3, 3]
 */
export const sample: (logits: Input, options?: SampleOptions) => Int32Array = /* @__PURE__ */ operations.sample(
  defaultRuntime,
  sampling.sample,
);

/**
 * Draws indices in proportion to weights, over the last axis.
 *
 * @param probabilities finite numbers from 0, which need not sum to 1: a Float32Array, a Float64Array, a WasmBuffer or (nested) arrays of numbers
 * @param options `shape`, `seed` (default: a random one), `count` of draws from each row (default 1), `replacement` (default true; else the
 *   draws are successive, each from what the ones before it left)
 * @returns indices into the rows, [rows, count]
 * @throws TypeError, RangeError for arguments that are wrong or do not fit, for an axis of length 0, for a row without a positive weight, and for more draws
 *   without replacement than there are positive weights
 * @example
 * multinomial([1, 0, 3], { seed: 1, count: 4 }); // Int32Array [2, 2, 0, 2]
 * multinomial([1, 0, 3], { seed: 1, count: 2, replacement: false }); // Int32Array [2, 0]
 */
export const multinomial: (probabilities: Input, options?: MultinomialOptions) => Int32Array =
  /* @__PURE__ */ operations.multinomial(defaultRuntime);

/**
 * The k largest entries of each row and where they are, in descending order, ties to the lower index. Nothing but they is sorted.
 *
 * @param x any numbers: a Float32Array, a Float64Array, a WasmBuffer or (nested) arrays of numbers; NaN counts as the largest
 * @param k how many, from 0 to the length of the last axis
 * @param options `shape`
 * @returns `values` of the type of x and `indices`, each [..., k]
 * @throws TypeError, RangeError for arguments that are wrong or do not fit
 * @example
 * topK([2, 1, 3, 5, 4], 2); // { values: [5, 4], indices: [3, 4] }
 */
export const topK: TopK = /* @__PURE__ */ operations.topK(defaultRuntime, sampling.topK);

/**
 * A sampler for the tokens of one text: {@link sample} with a memory of how often it was called, and penalties.
 *
 * @param options as for {@link sample}, without `shape`, `count` and `firstRow`, and `repetitionPenalty` r > 0, `frequencyPenalty`, `presencePenalty`: a logit of a token that is c > 0
 *   times in the history becomes (logit > 0 ? logit / r : logit · r) − frequencyPenalty · c − presencePenalty
 * @returns `next(logits, { history, logitBias })`, the next token; `lastLogProbability`; `reset(seed)`
 * @throws TypeError, RangeError for options that are wrong
 * @example
 * const sampler = createSampler({ temperature: 0.7, topK: 50, topP: 0.95, minP: 0.05, repetitionPenalty: 1.1, seed: 7 });
 * const history = [3, 3];
 * const token = sampler.next(new Float32Array([2, 1, 3, 5, 4]), { history, logitBias: { 4: -Infinity } });
 * token; // 3
 * sampler.lastLogProbability; // -0.1333…
 */
export const createSampler: (options?: SamplerOptions) => Sampler = /* @__PURE__ */ operations.createSampler(
  defaultRuntime,
  { crossEntropy: losses.crossEntropy, sample: sampling.sample },
);
