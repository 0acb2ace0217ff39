// The same functions in plain JavaScript: same names, options, checks and errors, float64 inside, no WebAssembly. For
// hosts and tests that want to do without it; src/reference/ is what they compute.

import * as operations from './ops/index.ts';
import { JsRuntime } from './runtime.ts';
import type { AxisOptions, Backward, Forward, Reduction, ScaledOptions, TemperatureOptions } from './types.ts';

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
