// A linear layer with cross-entropy against the same in float64: every tail of the matrix products, weights that do not fit in the
// memory, batches that pass in chunks. A product of n terms may be wrong by n roundings of their sizes, and no more.

import { describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { formats } from '../tools/operations.ts';
import { ROUNDING } from '../tools/tensors.ts';
import { crossEntropyTruth } from '../tools/truth.ts';
import type { Format } from '../tools/ulp.ts';

interface Size {
  readonly batch: number;
  readonly inFeatures: number;
  readonly classes: number;
  readonly bias?: false;
}

const tails: Size[] = [];
for (const batch of [1, 2, 3, 4, 5, 7, 8, 9]) {
  for (const inFeatures of [1, 2, 3, 4, 5, 8, 17]) {
    for (const classes of [1, 2, 3, 4, 7, 8, 9, 16, 19]) tails.push({ batch, inFeatures, classes });
  }
}

/** More rows than a tile, weights beyond one piece of little memory, and sums longer than the kernel's blocks of 512 terms along each side. */
const large: Size[] = [
  { batch: 200, inFeatures: 3, classes: 10 },
  { batch: 5, inFeatures: 70, classes: 900 },
  { batch: 33, inFeatures: 130, classes: 65 },
  { batch: 700, inFeatures: 3, classes: 5 },
  { batch: 5, inFeatures: 700, classes: 9, bias: false },
  { batch: 5, inFeatures: 3, classes: 1100 },
];

interface Problem extends Omit<Size, 'bias'> {
  readonly features: FloatArray;
  readonly weight: FloatArray;
  readonly bias?: FloatArray;
  readonly targets: Int32Array;
}

function createProblem(format: Format, size: Size): Problem {
  const { batch, inFeatures, classes, bias } = size;
  const random = createRandom(batch * 1000 + inFeatures * 100 + classes);
  return {
    batch,
    inFeatures,
    classes,
    features: normalRow(random, format, { length: batch * inFeatures }),
    weight: normalRow(random, format, { length: classes * inFeatures, spread: 0.5 }),
    ...(bias === false ? {} : { bias: normalRow(random, format, { length: classes }) }),
    targets: Int32Array.from({ length: batch }, () => random.below(classes)),
  };
}

/** What is right, and for each value the sum of the sizes of its terms, by which rounding is measured. */
interface Answer {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
}

interface Answers {
  readonly loss: Answer;
  readonly gradWeight: Answer;
  readonly gradBias: Answer;
  readonly gradFeatures: Answer;
}

function answer({ features, weight, bias, targets, batch, inFeatures, classes }: Problem): Answers {
  const empty = (length: number): Answer => ({ values: new Float64Array(length), sizes: new Float64Array(length) });
  const add = ({ values, sizes }: Answer, i: number, term: number, size: number) => {
    values[i] += term;
    sizes[i] += size;
  };
  const answers = {
    loss: empty(1),
    gradWeight: empty(classes * inFeatures),
    gradBias: empty(classes),
    gradFeatures: empty(batch * inFeatures),
  };
  for (let n = 0; n < batch; n++) {
    const z = new Float64Array(classes);
    let spread = 0; // how far rounding may move a logit, in roundings
    for (let k = 0; k < classes; k++) {
      z[k] = bias?.[k] ?? 0;
      let size = Math.abs(z[k]);
      for (let i = 0; i < inFeatures; i++) {
        const term = features[n * inFeatures + i] * weight[k * inFeatures + i];
        z[k] += term;
        size += Math.abs(term);
      }
      spread = Math.max(spread, size * (inFeatures + 1));
    }
    const { loss, gradient } = crossEntropyTruth(z, { label: targets[n], factor: 1 / batch });
    add(answers.loss, 0, loss.hi[0] / batch, (spread + loss.hi[0]) / batch);
    for (let k = 0; k < classes; k++) {
      const d = gradient.hi[k];
      // a logit that is moved by e moves the gradient by no more than that share of it, nor by more than e / 4 of 1 / batch
      const size = Math.abs(d) * (4 + spread) + (k === targets[n] ? 0 : Math.abs(d)) + batch * Math.abs(d);
      add(answers.gradBias, k, d, size);
      for (let i = 0; i < inFeatures; i++) {
        const [x, w] = [features[n * inFeatures + i], weight[k * inFeatures + i]];
        add(answers.gradWeight, k * inFeatures + i, d * x, size * Math.abs(x));
        add(answers.gradFeatures, n * inFeatures + i, d * w, (size + classes * Math.abs(d)) * Math.abs(w));
      }
    }
  }
  return answers;
}

const answers = new Map<string, Answers>();

function answersOf(format: Format, size: Size, problem: Problem): Answers {
  const key = `${format} ${textOf(size)}`;
  const known = answers.get(key) ?? answer(problem);
  answers.set(key, known);
  return known;
}

const textOf = ({ batch, inFeatures, classes }: Size) => `${batch} × ${inFeatures} × ${classes}`;

onEachBackend((_, create) => {
  const engine = create();
  const little = create({ maxMemoryBytes: 6 * 65536 });

  describe.each(formats)('%s', (format) => {
    test('every tail', () => {
      for (const size of tails) check(engine, format, size);
    });

    test.each(large.map((size) => [textOf(size), size] as const))('%s, in much memory and in little', (_, size) => {
      check(engine, format, size);
      check(little, format, size);
    });
  });

  function check({ linearCrossEntropy }: typeof engine, format: Format, size: Size): void {
    const problem = createProblem(format, size);
    const result = linearCrossEntropy(problem);
    const parts = { ...result, loss: [result.loss] };
    for (const [name, { values, sizes }] of Object.entries(answersOf(format, size, problem))) {
      const actual = parts[name as keyof Answers];
      expect(actual.length, name).toBe(values.length);
      values.forEach((value: number, i: number) => {
        const allowed = 2 * ROUNDING[format] * sizes[i];
        const what = `${textOf(size)}, ${name}[${i}]: ${actual[i]} for ${value}`;
        if (!(Math.abs(actual[i] - value) <= allowed)) expect.fail(what);
      });
    }
  }
});
