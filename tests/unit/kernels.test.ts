// Which kernels an operation calls: as a function of the package and as a method of an engine.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setDefaultRuntime } from '../../src/backend.ts';
import { operationsOn } from '../../src/engine.ts';
import * as functions from '../../src/index.ts';
import * as operations from '../../src/ops/index.ts';
import type { Abi } from '../../src/wasm/abi.ts';
import { WasmRuntime } from '../../src/wasm/runtime.ts';
import { onEachBuild } from '../tools/builds.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';

type Operations = ReturnType<typeof operationsOn>;

const K = 2048; // long enough for the kernels of sampling
const x = normalRow(createRandom(1), 'float32', { length: K });
const s = Float32Array.from(x, () => 1 / K);
const l = s.map(Math.log);
const short = x.slice(0, 4);
const layer = { features: x.slice(0, K / 4), weight: x, targets: [1], batch: 1, inFeatures: K / 4, classes: 4 };

/** A call of every operation, and its kernels: transposing, for which the layout decides, is left out. */
const calls: Record<keyof Operations, [kernels: string[], call: (of: Operations) => unknown]> = {
  softmax: [['softmax_f32'], (of) => of.softmax(x)],
  logSoftmax: [['log_softmax_f32'], (of) => of.logSoftmax(x)],
  logSumExp: [['log_sum_exp_f32'], (of) => of.logSumExp(x)],
  softmin: [['softmax_f32'], (of) => of.softmin(x)],
  hardmax: [['hardmax_f32'], (of) => of.hardmax(x)],
  softmaxBackward: [['softmax_backward_f32'], (of) => of.softmaxBackward(x, s)],
  logSoftmaxBackward: [['log_softmax_backward_f32'], (of) => of.logSoftmaxBackward(x, l)],
  softmaxJvp: [['softmax_backward_f32'], (of) => of.softmaxJvp(x, s)],
  logSoftmaxJvp: [['log_softmax_jvp_f32'], (of) => of.logSoftmaxJvp(x, l)],
  softmaxJacobian: [[], (of) => of.softmaxJacobian(short)],
  logSoftmaxJacobian: [['log_softmax_backward_f32'], (of) => of.logSoftmaxJacobian(short)],
  softmaxHessian: [[], (of) => of.softmaxHessian(short)],
  softmaxHvp: [['softmax_hvp_f32'], (of) => of.softmaxHvp(x, s, x)],
  logSoftmaxHvp: [['log_softmax_hvp_f32'], (of) => of.logSoftmaxHvp(x, l, x)],
  crossEntropy: [['cross_entropy_f32'], (of) => of.crossEntropy(x, [1])],
  crossEntropyWithGradient: [['cross_entropy_f32'], (of) => of.crossEntropyWithGradient(x, [1])],
  crossEntropyHvp: [['softmax_backward_f32', 'softmax_f32'], (of) => of.crossEntropyHvp(x, x)],
  nllLoss: [[], (of) => of.nllLoss(l, [1])],
  nllLossWithGradient: [[], (of) => of.nllLossWithGradient(l, [1])],
  linearCrossEntropy: [['cross_entropy_f32', 'matmul_f32'], (of) => of.linearCrossEntropy(layer)],
  gradCheck: [[], (of) => of.gradCheck({ forward: (z) => z, backward: (_, g) => g, input: [1] })],
  sample: [['block_maxima_f32', 'mass_from_f32', 'weigh_f32'], (of) => of.sample(x, { seed: 1, topP: 0.9 })],
  multinomial: [[], (of) => of.multinomial(s, { seed: 1 })],
  topK: [['block_maxima_f32'], (of) => of.topK(x, 2)],
  createSampler: [
    ['block_maxima_f32', 'cross_entropy_f32', 'mass_from_f32', 'weigh_f32'],
    (of) => {
      const sampler = of.createSampler({ seed: 1, topP: 0.9 });
      sampler.next(x);
      return sampler.lastLogProbability;
    },
  ],
};

test('every operation is among the calls', () => {
  expect(Object.keys(calls).sort()).toEqual(Object.keys(operations).sort());
});

onEachBuild((create) => {
  const called = new Set<string>();
  const counted = Object.entries(create()).map(([name, entry]) => [
    name,
    typeof entry !== 'function'
      ? entry
      : (...args: unknown[]) => {
          called.add(name);
          return (entry as (...args: unknown[]) => unknown)(...args);
        },
  ]);
  const runtime = new WasmRuntime('test', 'simd', Object.fromEntries(counted) as unknown as Abi, 2 ** 26);

  beforeAll(() => setDefaultRuntime(runtime));
  afterAll(() => functions.setDefaultEngine(functions.createEngineSync()));

  describe.each([
    ['a function of the package', functions],
    ['a method of an engine', operationsOn(runtime)],
  ])('as %s', (_, of) => {
    test.each(Object.entries(calls))('%s', (_, [kernels, call]) => {
      called.clear();
      call(of);
      expect([...called].filter((name) => !name.startsWith('transpose')).sort()).toEqual(kernels);
    });
  });
});
