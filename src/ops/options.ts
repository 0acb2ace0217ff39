// The option names of the operations: a name that is not among them is an error, not silence.

/** A pure call, which bundlers leave out where nobody needs its result: a spread, here or in an object, they keep. */
const extended = <A extends readonly string[], const B extends readonly string[]>(names: A, ...more: B) =>
  [...names, ...more] as const;

export const plain = ['shape', 'axis', 'out'] as const;
export const tempered = /* @__PURE__ */ extended(plain, 'temperature');
export const scaled = /* @__PURE__ */ extended(tempered, 'base');

export const losses = ['shape', 'axis', 'weight', 'ignoreIndex', 'reduction', 'emptyMean'] as const;
export const lossGradients = /* @__PURE__ */ extended(losses, 'out', 'gradOutput');
export const crossEntropies = /* @__PURE__ */ extended(losses, 'labelSmoothing', 'temperature');
export const crossEntropyGradients = /* @__PURE__ */ extended(crossEntropies, 'out', 'gradOutput');
export const crossEntropyProducts = /* @__PURE__ */ extended(tempered, 'reduction', 'gradOutput');
