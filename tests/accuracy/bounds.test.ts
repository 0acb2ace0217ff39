// The bounds of bounds.json on a small sample, for each build the host runs: `npm run accuracy` in seconds.

import { expect, test } from 'vitest';
import { onEachBuild } from '../tools/builds.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { softmaxTruth } from '../tools/truth.ts';
import { worst } from '../tools/ulp.ts';
import lines from './bounds.json' with { type: 'json' };
import { measureBackward, measureCrossEntropy, measureForward, measureProducts } from './end-to-end.ts';
import { sweepPairs } from './exp.ts';
import { forward, machineOf } from './machine.ts';
import { createRecorder, type Recorder } from './record.ts';
import { measureShift } from './shift.ts';

/** What exceeds its bound, with the input; and what was not measured at all. */
function exceeded(recorder: Recorder, ids: readonly string[]): unknown[] {
  return ids.flatMap((id): unknown[] => {
    const line = lines.find((other) => other.id === id);
    const finding = recorder.findings[id];
    if (line?.must === undefined || finding === undefined) return [`${id} has no bound or was not measured`];
    return finding.worst <= line.must ? [] : [{ id, must: line.must, ...finding }];
  });
}

const idsOf = (format: string, ...ops: string[]) => ops.flatMap((op) => [`${op}-${format}`, `${op}-${format}-scaled`]);

onEachBuild((create) => {
  test('float32 results hold their bounds, in every layout the same bits', () => {
    const recorder = createRecorder();
    const budget = { entries: { float32: 4000, float64: 0 }, longest: { float32: 4096, float64: 0 }, seed: 1 };
    measureForward(machineOf(create()), recorder, 'float32', budget);
    const ids = idsOf('f32', 'softmax', 'log_softmax', 'log_sum_exp');
    expect(exceeded(recorder, [...ids, 'log_softmax-f32-winner', 'layout'])).toEqual([]);
  });

  test('float64 results hold their bounds, in every layout the same bits', () => {
    const recorder = createRecorder();
    const budget = { entries: { float32: 0, float64: 300 }, longest: { float32: 0, float64: 1000 }, seed: 1 };
    measureForward(machineOf(create()), recorder, 'float64', budget);
    const ids = idsOf('f64', 'softmax', 'log_softmax', 'log_sum_exp');
    const others = ['log_softmax-f64-winner', 'log_sum_exp-f64-terms', 'layout'];
    expect(exceeded(recorder, [...ids, ...others])).toEqual([]);
  });

  test('log-sum-exp and log-softmax of [0, x] hold their bounds from −104 to 0', () => {
    const recorder = createRecorder();
    sweepPairs(machineOf(create()), recorder, 9973);
    expect(exceeded(recorder, ['log_sum_exp-f32-pair', 'log_softmax-f32-pair'])).toEqual([]);
  });

  test('gradients err by less than 4 ulp of their terms', () => {
    const recorder = createRecorder();
    for (const format of ['float32', 'float64'] as const) {
      const budget = { entries: { float32: 4000, float64: 2000 }, longest: { float32: 1000, float64: 257 }, seed: 1 };
      measureBackward(machineOf(create()), recorder, format, budget);
    }
    expect(Object.values(recorder.findings).filter((finding) => finding.worst > 4)).toEqual([]);
  });

  test('products with vectors and cross-entropy hold their bounds', () => {
    const recorder = createRecorder();
    const budget = { entries: { float32: 8000, float64: 4000 }, longest: { float32: 1000, float64: 257 }, seed: 1 };
    for (const format of ['float32', 'float64'] as const) {
      measureProducts(machineOf(create()), recorder, format, budget);
      measureCrossEntropy(machineOf(create()), recorder, format, budget);
    }
    const kernels = [
      'log_softmax_jvp',
      'softmax_hvp',
      'log_softmax_hvp',
      'cross_entropy-loss',
      'cross_entropy-gradient',
    ];
    const ids = kernels.flatMap((kernel) => [`${kernel}-f32`, `${kernel}-f64`]);
    expect(exceeded(recorder, ids)).toEqual([]);
  });

  test('a float32 softmax of 2²⁰ entries holds its bound', () => {
    const machine = machineOf(create());
    const length = 1 << 20;
    const row = normalRow(createRandom(1), 'float32', { length, spread: 0.1 });
    const [x, y] = machine.place('float32', length, length);
    x.set(row);
    forward(machine, 'softmax', x, y, [1, length, 1], 1);
    expect(worst(y, softmaxTruth(row), { input: row }).ulp).toBeLessThanOrEqual(3);
  });

  test('the exact shift is at least as good as a rounded one with everything else perfect, and ten times where that loses most', () => {
    const rows = measureShift(machineOf(create()), 1, 4096);
    expect(rows.filter(({ rounded, ours }) => ours > Math.max(rounded, 3))).toEqual([]);
    expect(Math.max(...rows.map(({ rounded, ours }) => rounded / ours))).toBeGreaterThan(10);
  });
});
