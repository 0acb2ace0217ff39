// What a user's program would do, the same on every host: each function of softmax-simd beside that of softmax-simd/reference, on the default
// engine and on an engine of each module that the host hands over.

import * as api from 'softmax-simd';
import * as reference from 'softmax-simd/reference';

const [ROWS, LENGTH] = [4, 19];
const COUNT = ROWS * LENGTH;

/** Numbers from -range to range that look like noise and are the same everywhere. */
const noise = (count, seed, range = 4) =>
  Array.from(
    { length: count },
    (_, i) => range * (2 * ((((i + 1) * 0.618_033_988_7 + seed * 0.414_213_562_3) * 97) % 1) - 1),
  );

const shape = [ROWS, LENGTH];
const layouts = [{ shape }, { shape, axis: 0 }];
const labels = { [-1]: [3, 0, -100, 18], 0: Array.from({ length: LENGTH }, (_, i) => i % ROWS) };
const arrayTypes = [Float32Array, Float64Array];

/** A case is what a function of `f` gives for an array type and a layout; `x` are logits, the other arguments come from `of`. */
const cases = {
  softmax: (f, { x, layout }) => [f.softmax(x, layout), f.softmax(x, { ...layout, temperature: 0.5 })],
  logSoftmax: (f, { x, layout }) => [f.logSoftmax(x, layout), f.logSoftmax(x, { ...layout, base: 2 })],
  logSumExp: (f, { x, layout }) => f.logSumExp(x, layout),
  softmin: (f, { x, layout }) => f.softmin(x, layout),
  hardmax: (f, { x, layout }) => f.hardmax(x, layout),
  softmaxBackward: (f, { g, p, layout }) => f.softmaxBackward(g, p, layout),
  logSoftmaxBackward: (f, { g, l, layout }) => f.logSoftmaxBackward(g, l, layout),
  softmaxJvp: (f, { v, p, layout }) => f.softmaxJvp(v, p, layout),
  logSoftmaxJvp: (f, { v, l, layout }) => f.logSoftmaxJvp(v, l, layout),
  softmaxJacobian: (f, { p, layout }) => f.softmaxJacobian(p, layout),
  logSoftmaxJacobian: (f, { l, layout }) => f.logSoftmaxJacobian(l, layout),
  softmaxHessian: (f, { p, layout }) => f.softmaxHessian(p, layout),
  softmaxHvp: (f, { g, v, p, layout }) => f.softmaxHvp(g, p, v, layout),
  logSoftmaxHvp: (f, { g, v, l, layout }) => f.logSoftmaxHvp(g, l, v, layout),
  gradCheck(f) {
    const backward = (x, gradOutput) => f.softmaxBackward(gradOutput, f.softmax(x));
    return Number(f.gradCheck({ forward: f.softmax, backward, input: [1, 2, 3] }).passed);
  },
  crossEntropy: (f, { x, t, layout }) => [
    f.crossEntropy(x, t, layout),
    f.crossEntropy(x, t, { ...layout, reduction: 'none' }),
  ],
  crossEntropyWithGradient(f, { x, t, p, layout }) {
    const [hard, soft] = [f.crossEntropyWithGradient(x, t, layout), f.crossEntropyWithGradient(x, p, layout)];
    return [hard.loss, hard.gradient, soft.loss, soft.gradient];
  },
  crossEntropyHvp: (f, { x, v, layout }) => f.crossEntropyHvp(x, v, layout),
  nllLoss: (f, { l, t, layout }) => f.nllLoss(l, t, layout),
  nllLossWithGradient(f, { l, t, layout }) {
    const { loss, gradient } = f.nllLossWithGradient(l, t, layout);
    return [loss, gradient];
  },
  linearCrossEntropy(f, { x, weight, bias }) {
    const sizes = { batch: ROWS, inFeatures: LENGTH, classes: 3 };
    const { loss, ...gradients } = f.linearCrossEntropy({ features: x, weight, bias, targets: [0, 2, 1, 2], ...sizes });
    return [loss, gradients.gradWeight, gradients.gradBias, gradients.gradFeatures];
  },
  sample: (f, { x, long }) => [
    f.sample(x, { shape, temperature: 0.8, topK: 9, topP: 0.9, seed: 1, count: 5 }),
    f.sample(long, { topP: 0.9, seed: 1, count: 5 }),
  ],
  multinomial: (f, { p }) => f.multinomial(p, { shape, seed: 2, count: 5, replacement: false }),
  createSampler(f, { x }) {
    const sampler = f.createSampler({ minP: 0.01, repetitionPenalty: 1.1, seed: 3 });
    return [sampler.next(x, { history: [4] }), sampler.lastLogProbability];
  },
  topK(f, { x, long }) {
    const [some, others] = [f.topK(x, 6, { shape }), f.topK(long, 6)];
    return [some.values, some.indices, others.values, others.indices];
  },
};

/** What the cases take: arrays of one type, for one layout. */
function argumentsOf(ArrayType, layout) {
  const of = (seed, count = COUNT) => ArrayType.from(noise(count, seed));
  const x = of(1);
  const [p, l] = [reference.softmax(x, layout), reference.logSoftmax(x, layout)];
  return {
    layout,
    x,
    p,
    l,
    t: labels[layout.axis ?? -1],
    g: of(2),
    v: of(3),
    weight: of(4, 3 * LENGTH),
    bias: of(5, 3),
    long: of(6, 2048), // short rows are sampled without kernels
  };
}

/** The numbers of a result, in order. */
const numbersOf = (result) => (typeof result === 'number' ? [result] : Array.from(result).flatMap(numbersOf));

/** Off by so much of the largest number, at most. JavaScript is the reference itself. */
const toleranceOf = (backend, ArrayType) => (backend === 'js' ? 0 : ArrayType === Float32Array ? 2e-6 : 1e-14);

/** Compares the default engine with the reference. */
function compare() {
  const { backend } = api.getDefaultEngine();
  const failures = [];
  let compared = 0;
  for (const [name, run] of Object.entries(cases)) {
    for (const ArrayType of arrayTypes) {
      for (const layout of layouts) {
        const given = argumentsOf(ArrayType, layout);
        const [ours, expected] = [api, reference].map((functions) => numbersOf(run(functions, given)));
        const scale = Math.max(...expected.map(Math.abs).filter(Number.isFinite));
        const tolerance = toleranceOf(backend, ArrayType) * scale;
        const wrong = expected.findIndex(
          (value, i) => !(Object.is(ours[i], value) || Math.abs(ours[i] - value) <= tolerance),
        );
        compared += expected.length;
        if (wrong >= 0 || ours.length !== expected.length) {
          const what = `${ours[wrong]} for ${expected[wrong]}, number ${wrong} of ${ours.length} for ${expected.length}`;
          failures.push(`${name}, ${ArrayType.name}, axis ${layout.axis ?? -1}, ${backend}: ${what}`);
        }
      }
    }
  }
  return { backend, compared, failures };
}

/** Engines of their own, and memory of theirs. */
async function* engineFailures(options, backend) {
  for (const engine of [api.createEngineSync(options), await api.createEngine(options)]) {
    if (engine.backend !== backend)
      yield `an engine of its own has backend ${engine.backend}, the default one ${backend}`;
    const buffer = engine.allocate('float64', 2);
    const result = engine.softmax(buffer, { out: buffer });
    if (result !== buffer || String(buffer.array) !== '0.5,0.5') yield `softmax in a WasmBuffer gave ${buffer.array}`;
    engine.dispose();
  }
  const { backend: js } = await api.createEngine({ backend: 'js' });
  if (js !== 'js') yield `backend 'js' gave ${js}`;
}

/**
 * @param {WebAssembly.Module[]} modules
 * @returns {Promise<{ backends: string[], compared: number, failures: string[] }>} of the default engine first, then of each module
 */
export async function check(modules = []) {
  const failures = Object.keys(reference)
    .filter((name) => !(name in cases))
    .map((name) => `${name} has no case`);
  const report = { backends: [], compared: 0, failures };
  for (const options of [{}, ...modules.map((module) => ({ module }))]) {
    if (options.module) api.setDefaultEngine(api.createEngineSync(options));
    const { backend, compared, failures } = compare();
    report.backends.push(backend);
    report.compared += compared;
    report.failures.push(...failures);
    for await (const failure of engineFailures(options, backend)) report.failures.push(failure);
  }
  return report;
}
