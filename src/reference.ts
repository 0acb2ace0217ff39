/**
 * The same functions in plain JavaScript: same names, options, checks and errors, float64 inside, no WebAssembly. For
 * hosts and tests that want to do without it; src/reference/ is what they compute.
 * @module softmax-simd/reference
 */

import * as operations from './ops/index.ts';
import { JsRuntime } from './runtime.ts';
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

export type * from './types.ts';

const runtime = /* @__PURE__ */ new JsRuntime();
const host = () => runtime;

/** `softmax` of the main entry in plain JavaScript. */
export const softmax: Forward<ScaledOptions> = /* @__PURE__ */ operations.softmax(host);

/** `logSoftmax` of the main entry in plain JavaScript. */
export const logSoftmax: Forward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmax(host);

/** `logSumExp` of the main entry in plain JavaScript. */
export const logSumExp: Reduction<TemperatureOptions> = /* @__PURE__ */ operations.logSumExp(host);

/** `softmin` of the main entry in plain JavaScript. */
export const softmin: Forward<ScaledOptions> = /* @__PURE__ */ operations.softmin(host);

/** `hardmax` of the main entry in plain JavaScript. */
export const hardmax: Forward<AxisOptions> = /* @__PURE__ */ operations.hardmax(host);

/** `softmaxBackward` of the main entry in plain JavaScript. */
export const softmaxBackward: Backward<ScaledOptions> = /* @__PURE__ */ operations.softmaxBackward(host);

/** `logSoftmaxBackward` of the main entry in plain JavaScript. */
export const logSoftmaxBackward: Backward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxBackward(host);

/** `softmaxJvp` of the main entry in plain JavaScript. */
export const softmaxJvp: Backward<ScaledOptions> = /* @__PURE__ */ operations.softmaxJvp(host);

/** `logSoftmaxJvp` of the main entry in plain JavaScript. */
export const logSoftmaxJvp: Backward<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxJvp(host);

/** `softmaxJacobian` of the main entry in plain JavaScript. */
export const softmaxJacobian: Expansion<2> = /* @__PURE__ */ operations.softmaxJacobian(host);

/** `logSoftmaxJacobian` of the main entry in plain JavaScript. */
export const logSoftmaxJacobian: Expansion<2> = /* @__PURE__ */ operations.logSoftmaxJacobian(host);

/** `softmaxHessian` of the main entry in plain JavaScript. */
export const softmaxHessian: Expansion<3> = /* @__PURE__ */ operations.softmaxHessian(host);

/** `softmaxHvp` of the main entry in plain JavaScript. */
export const softmaxHvp: Hvp<ScaledOptions> = /* @__PURE__ */ operations.softmaxHvp(host);

/** `logSoftmaxHvp` of the main entry in plain JavaScript. */
export const logSoftmaxHvp: Hvp<ScaledOptions> = /* @__PURE__ */ operations.logSoftmaxHvp(host);

/** `gradCheck` of the main entry in plain JavaScript. */
export const gradCheck: (problem: GradCheckProblem) => GradCheckResult = /* @__PURE__ */ operations.gradCheck(host);

/** `crossEntropy` of the main entry in plain JavaScript. */
export const crossEntropy: Loss<CrossEntropyOptions> = /* @__PURE__ */ operations.crossEntropy(host);

/** `crossEntropyWithGradient` of the main entry in plain JavaScript. */
export const crossEntropyWithGradient: LossWithGradient<CrossEntropyOptions> =
  /* @__PURE__ */ operations.crossEntropyWithGradient(host);

/** `crossEntropyHvp` of the main entry in plain JavaScript. */
export const crossEntropyHvp: Backward<CrossEntropyHvpOptions> = /* @__PURE__ */ operations.crossEntropyHvp(host);

/** `nllLoss` of the main entry in plain JavaScript. */
export const nllLoss: Loss<LossOptions, Labels> = /* @__PURE__ */ operations.nllLoss(host);

/** `nllLossWithGradient` of the main entry in plain JavaScript. */
export const nllLossWithGradient: LossWithGradient<LossOptions, Labels> =
  /* @__PURE__ */ operations.nllLossWithGradient(host);

/** `linearCrossEntropy` of the main entry in plain JavaScript. */
export const linearCrossEntropy: LinearCrossEntropy = /* @__PURE__ */ operations.linearCrossEntropy(host);

/** `sample` of the main entry in plain JavaScript. */
export const sample: (logits: Input, options?: SampleOptions) => Int32Array = /* @__PURE__ */ operations.sample(host);

/** `multinomial` of the main entry in plain JavaScript. */
export const multinomial: (probabilities: Input, options?: MultinomialOptions) => Int32Array =
  /* @__PURE__ */ operations.multinomial(host);

/** `topK` of the main entry in plain JavaScript. */
export const topK: TopK = /* @__PURE__ */ operations.topK(host);

/** `createSampler` of the main entry in plain JavaScript. */
export const createSampler: (options?: SamplerOptions) => Sampler = /* @__PURE__ */ operations.createSampler(host);
