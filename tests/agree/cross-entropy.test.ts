// The losses of rows and their gradients against the truth: every length that meets every tail of the vectors, each layout, each kind
// of target. Bounds: 4 ulp of the largest term of the row in float32, 8 in float64.

import { assert, describe, expect, test } from 'vitest';
import type { CrossEntropyOptions, FloatArray } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, type Random } from '../tools/inputs.ts';
import {
  createArray,
  createRows,
  formats,
  KINDS,
  type Layout,
  layouts,
  operationOf,
  place,
  sameBits,
  shapeOf,
  slackOf,
  sliceOf,
  textOf,
} from '../tools/operations.ts';
import { type CrossEntropyTerms, crossEntropyTruth, type Truth } from '../tools/truth.ts';
import { type Format, ulpError } from '../tools/ulp.ts';

const LENGTHS = Array.from({ length: 67 }, (_, i) => i + 1);
const BOUND = { float32: 4, float64: 8 };
const IGNORED = -7;

interface Variant {
  readonly name: string;
  readonly soft?: true;
  readonly weighted?: true;
  readonly ignores?: true;
  readonly smoothing?: number;
  readonly temperature?: number;
}

const variants: Variant[] = [
  { name: 'labels' },
  { name: 'labels, some of them ignored, and class weights', ignores: true, weighted: true },
  { name: 'labels and a temperature', temperature: 0.7 },
  { name: 'smoothed labels', smoothing: 0.1 },
  { name: 'smoothed labels and class weights', smoothing: 0.3, weighted: true, ignores: true, temperature: 2 },
  { name: 'probabilities', soft: true },
  { name: 'smoothed probabilities and class weights', soft: true, smoothing: 0.2, weighted: true, temperature: 3 },
];

/** A row of logits and what it is measured by. */
interface Row {
  readonly logits: FloatArray;
  readonly label: number;
  readonly probabilities: FloatArray;
  readonly gradOutput: number;
  readonly loss: Truth;
  readonly gradient: Truth;
  /** The largest term of the gradient; undefined where there is none. */
  readonly term: number | undefined;
  /** −log p of a far entry may overflow where the loss, which multiplies it by a small target, does not: ∞ is right, too. */
  readonly overflows: boolean;
}

interface Question {
  readonly weight: FloatArray;
  readonly rows: Row[];
}

const questions = new Map<string, Question>(); // truth takes longer than all the backends together

function questionOf(variant: Variant, format: Format, length: number): Question {
  const key = `${variant.name} ${format} ${length}`;
  let question = questions.get(key);
  if (!question) {
    const random = createRandom(length);
    const weight = createArray(format, length).map(() => random.pick([0, 0.5, 1, 3, random.uniform()]));
    const logits = createRows(operationOf('softmax'), random, format, length).map(([row]) => row);
    question = { weight, rows: logits.map((row, i) => createRow(variant, random, row, i, weight)) };
    questions.set(key, question);
  }
  return question;
}

function createRow(variant: Variant, random: Random, logits: FloatArray, kind: number, weight: FloatArray): Row {
  const { soft, weighted, ignores, smoothing = 0, temperature = 1 } = variant;
  const { length } = logits;
  const winner = logits.indexOf(Math.max(...logits));
  const label = ignores && kind % 5 === 2 ? IGNORED : kind % 2 === 0 ? winner : random.below(length);
  const probabilities = sharesOf(random, logits, kind);
  const gradOutput = kind % 3 === 0 ? 1 : Math.fround(random.normal());

  const w = (j: number) => (weighted ? weight[j] : 1);
  const spread = smoothing / length;
  const targets = Array.from(probabilities, (q, j) => w(j) * (spread + (soft ? (1 - smoothing) * q : 0)));
  const terms: CrossEntropyTerms = {
    ...(soft ? {} : { label, coefficient: (1 - smoothing) * w(label) }),
    ...(soft || smoothing ? { targets } : {}),
    scale: 1 / temperature,
    factor: gradOutput / temperature,
  };
  const nothing = { hi: new Float64Array(length), lo: new Float64Array(length), exponent: new Int32Array(length) };
  const counts = soft || label !== IGNORED;
  const truth = counts ? crossEntropyTruth(logits, terms) : { loss: nothing, gradient: nothing, term: 0 };
  const term = Number.isFinite(truth.term) ? truth.term : undefined;
  const overflows = Boolean(soft || smoothing) && leavesFormat(logits);
  return { logits, label, probabilities, gradOutput, ...truth, term, overflows };
}

/** Some 0, of every size; in every other row all 0 where the logits are −∞. */
function sharesOf(random: Random, logits: FloatArray, kind: number): FloatArray {
  const shares = logits.map((x) =>
    x === -Infinity && kind % 2 === 0 ? 0 : random.pick([0, 1e-6, 1]) * random.uniform(),
  );
  const total = Array.from(shares).reduce((sum, share) => sum + share, 0) || 1;
  return shares.map((share) => share / total);
}

onEachBackend((backend, create) => {
  const engine = create();
  const little = create({ maxMemoryBytes: 4 * 65536 });

  describe.each(formats)('%s', (format) => {
    test.each(variants)('$name', async (variant) => {
      const worst = { ulp: 0, text: 'every element is right to the last bit' };
      for (const length of LENGTHS) {
        for (const layout of layouts) ask(variant, format, length, layout, worst);
      }
      expect(worst.ulp, worst.text).toBeLessThanOrEqual(BOUND[format]);
    });

    test('the loss of a confident right answer keeps its digits', () => {
      for (const gap of [10, 30, 50, 80]) {
        for (const zeros of [2, 128]) {
          const row = [gap, ...new Array<number>(zeros).fill(0)];
          const { loss, gradient } = engine.crossEntropyWithGradient(rowOf(row, format), [0]);
          // log(1 + n e^−gap), and p_0 − 1 = −n e^−gap / (1 + n e^−gap)
          const others = zeros * Math.exp(-gap);
          const error = 8 * 2 ** -(format === 'float32' ? 24 : 53);
          const where = `at ${gap}, ${zeros} others`;
          expect(Math.abs(loss / Math.log1p(others) - 1), `loss ${where}`).toBeLessThanOrEqual(error);
          expect(Math.abs(gradient[0] / (-others / (1 + others)) - 1), `gradient ${where}`).toBeLessThanOrEqual(error);
        }
      }
      const { loss } = engine.crossEntropyWithGradient(rowOf([30, 0], format), [0]);
      expect(loss.toExponential(5)).toBe('9.35762e-14');
    });
  });

  function ask(
    variant: Variant,
    format: Format,
    length: number,
    layout: Layout,
    worst: { ulp: number; text: string },
  ): void {
    const { weight, rows } = questionOf(variant, format, length);
    const slices = layout.outer * layout.inner;
    const batch = Array.from({ length: slices }, (_, i) => rows[i % KINDS]);
    const tensorOf = (part: 'logits' | 'probabilities') => {
      const tensor = createArray(format, slices * length);
      place(
        batch.map((row) => row[part]),
        layout,
        tensor,
      );
      return tensor;
    };
    const logits = tensorOf('logits');
    const targets = variant.soft ? tensorOf('probabilities') : Int32Array.from(batch, ({ label }) => label);
    const options: CrossEntropyOptions & { reduction: 'none' } = {
      ...shapeOf(layout, length),
      ...(variant.weighted ? { weight } : {}),
      ...(variant.smoothing ? { labelSmoothing: variant.smoothing } : {}),
      ...(variant.temperature ? { temperature: variant.temperature } : {}),
      ...(variant.soft ? {} : { ignoreIndex: IGNORED }),
      reduction: 'none',
    };
    const gradOutput = createArray(format, slices);
    gradOutput.set(batch.map((row) => row.gradOutput));
    const where = `length ${length}, outer ${layout.outer}, inner ${layout.inner}, ${textOf(options)}`;
    const { loss, gradient } = engine.crossEntropyWithGradient(logits, targets, { ...options, gradOutput });

    batch.forEach((row, slice) => {
      const slack = slackOf(backend, { sign: 1 }, [row.logits], 1 / (variant.temperature ?? 1), format);
      const judge = (what: string, actual: number, truth: Truth, i: number, unit?: number) => {
        const ulp = ulpError(actual, truth.hi[i], truth.lo[i], format, truth.exponent[i], unit) - slack;
        if (ulp <= worst.ulp) return;
        worst.ulp = ulp;
        worst.text = `${ulp.toFixed(2)} ulp: ${what} is ${actual}, truth ${truth.hi[i]}; ${where}, label ${row.label}, row [${row.logits.join(', ').slice(0, 500)}]`;
      };
      if (!(row.overflows && loss[slice] === Infinity)) judge('loss', loss[slice], row.loss, 0);
      sliceOf(gradient, layout, length, slice).forEach((value, i) => {
        judge(`gradient ${i}`, value, row.gradient, i, row.term);
      });
    });

    if (!sameBits(engine.crossEntropy(logits, targets, options), loss)) assert.fail(`the loss alone differs, ${where}`);
    const same = (what: string, actual: { loss: FloatArray; gradient: FloatArray }) => {
      if (!sameBits(actual.loss, loss) || !sameBits(actual.gradient, gradient))
        assert.fail(`other bits ${what}, ${where}`);
    };
    const copy = logits.slice() as FloatArray;
    same('in place', engine.crossEntropyWithGradient(copy, targets, { ...options, gradOutput, out: copy }));
    same('in wasm memory', resident(logits, targets, { ...options, gradOutput }));
    same('in little memory', little.crossEntropyWithGradient(logits, targets, { ...options, gradOutput }));
  }

  /** With logits and gradient in the engine's memory, one element from where a buffer begins. */
  function resident(
    logits: FloatArray,
    targets: FloatArray | Int32Array,
    options: CrossEntropyOptions & { reduction: 'none'; gradOutput: FloatArray },
  ): { loss: FloatArray; gradient: FloatArray } {
    const buffers = [logits, logits].map(({ length }) =>
      engine.allocate(logits instanceof Float32Array ? 'float32' : 'float64', length + 1),
    );
    const [inside, out] = buffers.map(({ array }) => array.subarray(1));
    inside.set(logits);
    const { loss, gradient } = engine.crossEntropyWithGradient(inside, targets, { ...options, out });
    const result = { loss, gradient: gradient.slice() };
    for (const buffer of buffers) buffer.free();
    return result;
  }
});

/** Whether twice the distance of two logits, which temperatures from ½ on may make of it, is beyond the format. */
function leavesFormat(logits: FloatArray): boolean {
  const held = Array.from(logits).filter((x) => x !== -Infinity);
  const reach = 2 * (Math.max(...held) - Math.min(...held));
  return !Number.isFinite(logits instanceof Float32Array ? Math.fround(reach) : reach);
}

function rowOf(values: number[], format: Format): FloatArray {
  const row = createArray(format, values.length);
  row.set(values);
  return row;
}
