// What `verify` asks, operation by operation: calls, and what is right. Inputs, bounds and results in more than float64 are those of
// the tests; where there is no such truth, the reference in float64 stands for it.

import { createRandom, normalRow, type Random } from '../../tests/tools/inputs.ts';
import {
  createArray,
  createRows,
  derivatives,
  type Layout,
  layouts,
  operations,
  place,
  type RowOperation,
  shapeOf,
  slackOf,
  sliceOf,
  textOf,
} from '../../tests/tools/operations.ts';
import { crossEntropyTruth, type Truth } from '../../tests/tools/truth.ts';
import type { Operations } from '../engine.ts';
import type { Backend, CrossEntropyOptions, DType, FilterOptions, FloatArray, ScaledOptions } from '../index.ts';
import * as reference from '../reference.ts';

/** The operations of an engine and those of the reference. */
type Functions = Pick<Operations, keyof Operations & keyof typeof reference>;

/** A result of a call: draws are integers. */
type Numbers = FloatArray | Int32Array;

/** Some of the numbers that a call gives, and what they should be. */
export interface Part {
  readonly what: string;
  /** Where they stand in the result of the call. */
  read(result: Numbers[]): ArrayLike<number>;
  readonly truth: Truth;
  /** The number whose ulp is the unit; undefined: each its own. */
  readonly unit: number | undefined;
  /** What they may be wrong by, in ulp. */
  allowed(backend: Backend): number;
  /** What they came from. */
  readonly inputs: readonly ArrayLike<number>[];
}

/** One call. */
export interface Question {
  /** Shape, axis and options. */
  readonly where: string;
  call(functions: Functions): Numbers[];
  readonly parts: readonly Part[];
}

type Ask = (dtype: DType, seed: number) => Generator<Question>;

/** Lengths of rows that meet every tail of the vectors, short ones and one beyond; by the axes of the length that the result has. */
const LENGTHS = {
  1: [1, 2, 3, 4, 5, 7, 8, 10, 16, 19, 33, 67, 301],
  2: [1, 2, 3, 4, 5, 8, 11, 17],
  3: [1, 2, 3, 5, 8],
};

const SCALES: readonly ScaledOptions[] = [
  { temperature: 0.7 },
  { base: 2 },
  { temperature: 1e-3 },
  { temperature: 10 },
];

/** An operation of the tests' tables. */
function rowsOf(name: (typeof operations)[number]['name'] | (typeof derivatives)[number]['name']): Ask {
  const operation = [...operations, ...derivatives].find((entry) => entry.name === name) as RowOperation;
  const { rank = 1, sign } = operation;
  // What is promised of log-sum-exp where its terms cancel: 3 ulp of the larger one. The tests' rows meet no more than 2.
  const bound = name === 'logSumExp' ? { ...operation.bound, float64: 3 } : operation.bound;
  const scales = SCALES.filter((options) => operation.scales.some((key) => key in options));
  return function* (dtype, seed) {
    for (const [turn, length] of LENGTHS[rank].entries()) {
      const random = createRandom(seed * 1000 + length);
      const rows = [...createRows(operation, random, dtype, length), ...specialRows(operation, random, dtype, length)];
      for (const options of [{}, ...(scales.length > 0 ? [scales[turn % scales.length]] : [])]) {
        const scale = scaleOf(options);
        const judged = rows.map((inputs) => {
          const truth = operation.truth(inputs, sign * scale);
          return { inputs, truth, unit: finite(operation.unit?.(inputs, scale, truth)) };
        });
        for (const layout of [...layouts, { outer: rows.length, inner: 1 }]) {
          yield tensor(operation, dtype, length, layout, options, judged, (backend, inputs) => {
            return bound[dtype] + slackOf(backend, operation, [...inputs], scale, dtype);
          });
        }
      }
    }
  };

  function tensor(
    operation: RowOperation,
    dtype: DType,
    length: number,
    layout: Layout,
    options: ScaledOptions,
    rows: readonly { inputs: FloatArray[]; truth: Truth; unit: number | undefined }[],
    allowed: (backend: Backend, inputs: readonly FloatArray[]) => number,
  ): Question {
    const slices = layout.outer * layout.inner;
    const settings = { ...shapeOf(layout, length), ...options };
    const tensors = rows[0].inputs.map((_, input) => {
      const values = createArray(dtype, slices * length);
      place(
        rows.map((row) => row.inputs[input]),
        layout,
        values,
      );
      return values;
    });
    const parts = Array.from({ length: slices }, (_, slice): Part => {
      const { inputs, truth, unit } = rows[slice % rows.length];
      const size = truth.hi.length;
      return {
        what: `slice ${slice}`,
        read: ([result]) =>
          rank === 1
            ? sliceOf(result as FloatArray, layout, size, slice)
            : result.subarray(slice * size, (slice + 1) * size),
        truth,
        unit,
        allowed: (backend) => allowed(backend, inputs),
        inputs,
      };
    });
    return {
      where: textOf(settings),
      call: (functions) => [(functions[operation.name] as (...args: unknown[]) => FloatArray)(...tensors, settings)],
      parts,
    };
  }
}

const finite = (x: number | undefined) => (x !== undefined && Number.isFinite(x) ? x : undefined);
const scaleOf = ({ temperature = 1, base }: ScaledOptions) => (base === undefined ? 1 / temperature : Math.log(base));

/** NaN, infinities and the largest numbers where they may stand: in logits, and NaN in the first of several arrays. */
function specialRows({ of, inputs }: RowOperation, random: Random, dtype: DType, length: number): FloatArray[][] {
  const place = (...values: number[]) => {
    const row = normalRow(random, dtype, { length });
    for (const value of values) row[random.below(length)] = value;
    return row;
  };
  if (of !== undefined) {
    const [row] = createRows({ of, inputs } as RowOperation, random, dtype, length, 1);
    row[0][random.below(length)] = Number.NaN;
    return [row];
  }
  const largest = dtype === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
  return [
    place(Number.NaN),
    place(Number.POSITIVE_INFINITY),
    place(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
    createArray(dtype, length).fill(Number.NEGATIVE_INFINITY),
    place(largest, largest),
    place(largest, -largest),
    place(-largest),
  ].map((row) => [row]);
}

// --- losses ---------------------------------------------------------------------------------------------------------

const IGNORED = -100;
const LOSS_LENGTHS = [1, 2, 3, 5, 8, 10, 17, 67];
const LOSS_BOUND = { float32: 4, float64: 8 };

interface Variant {
  readonly options: CrossEntropyOptions;
  readonly weighted?: true;
  /** Only rows whose entries are no further apart than some hundreds: smoothed targets are small, and may take a loss back into the format. */
  readonly tame?: true;
}

const variants: readonly Variant[] = [
  { options: {} },
  { options: { temperature: 0.7 }, weighted: true },
  { options: { labelSmoothing: 0.1 }, weighted: true, tame: true },
];

function crossEntropies(withGradient: boolean): Ask {
  return function* (dtype, seed) {
    for (const length of LOSS_LENGTHS) {
      for (const { options, weighted, tame } of variants) {
        const random = createRandom(seed * 1000 + length);
        const rows = tame
          ? [1, 6, 30].map((spread) => normalRow(random, dtype, { length, spread }))
          : createRows(operations[0], random, dtype, length).map(([row]) => row);
        // None below 1: a loss within the format comes from a logarithm within it.
        const weight = weighted && createArray(dtype, length).map(() => random.pick([1, 1.5, 1 + random.uniform()]));
        const { labelSmoothing = 0 } = options;
        const scale = scaleOf(options);
        const judged = rows.map((row, kind) => {
          const label = kind % 5 === 2 ? IGNORED : kind % 2 ? random.below(length) : row.indexOf(Math.max(...row));
          const w = (j: number) => (weight ? weight[j] : 1);
          const truth = crossEntropyTruth(row, {
            label,
            coefficient: (1 - labelSmoothing) * w(label),
            targets: labelSmoothing ? Array.from(row, (_, j) => (w(j) * labelSmoothing) / length) : [],
            scale,
            factor: scale,
          });
          return { row, label, ...(label === IGNORED ? nothing(length) : truth) };
        });
        for (const layout of layouts) {
          const slices = Array.from({ length: layout.outer * layout.inner }, (_, slice) => judged[slice % rows.length]);
          const logits = createArray(dtype, slices.length * length);
          place(
            slices.map(({ row }) => row),
            layout,
            logits,
          );
          const targets = Int32Array.from(slices, ({ label }) => label);
          const settings = {
            ...shapeOf(layout, length),
            ...options,
            ...(weight && { weight }),
            reduction: 'none' as const,
          };
          const parts = slices.flatMap(({ row, label, loss, gradient, term }, slice): Part[] => {
            const allowed = (backend: Backend) =>
              LOSS_BOUND[dtype] + slackOf(backend, { sign: 1 }, [row], scale, dtype);
            const inputs = [row, [label]];
            const ofLoss: Part = {
              what: `loss of slice ${slice}`,
              read: ([losses]) => losses.subarray(slice, slice + 1),
              truth: loss,
              unit: undefined,
              allowed,
              inputs,
            };
            const ofGradient: Part = {
              what: `gradient of slice ${slice}`,
              read: ([, gradients]) => sliceOf(gradients as FloatArray, layout, length, slice),
              truth: gradient,
              unit: finite(term),
              allowed,
              inputs,
            };
            return withGradient ? [ofLoss, ofGradient] : [ofLoss];
          });
          yield {
            where: textOf({ ...settings, ...(weight && { weight: 'given' }) }),
            call(functions) {
              if (!withGradient) return [functions.crossEntropy(logits, targets, settings)];
              const { loss, gradient } = functions.crossEntropyWithGradient(logits, targets, settings);
              return [loss, gradient];
            },
            parts,
          };
        }
      }
    }
  };
}

function nothing(length: number) {
  return { loss: exactly(new Float64Array(1)), gradient: exactly(new Float64Array(length)), term: 0 };
}

/** Numbers as truth. */
function exactly(values: Float64Array): Truth {
  return { hi: values, lo: new Float64Array(values.length), exponent: new Int32Array(values.length) };
}

interface Comparison<T extends readonly ArrayLike<number>[]> {
  readonly where: string;
  readonly inputs: T;
  readonly call: (functions: Functions, inputs: T) => Numbers[];
  /** What each of the results may be wrong by, in ulp; by how many, for integers. */
  readonly bounds: readonly number[];
  /** The numbers whose ulp is the unit for each of the results. */
  readonly units?: (results: ArrayLike<number>[]) => readonly number[];
  /** For draws, which depend on the element type: the reference in this one. */
  readonly isExact?: true;
}

/** Against the reference: in float64, whatever the element type. */
function likeReference<const T extends readonly ArrayLike<number>[]>(
  dtype: DType,
  { where, inputs, call, bounds, units, isExact }: Comparison<T>,
): Question {
  const widen = (input: ArrayLike<number>) => (input instanceof Float32Array ? Float64Array.from(input) : input);
  const expected = call(reference, (isExact ? inputs : inputs.map(widen)) as T);
  const unit = units?.(expected);
  return {
    where,
    call: (functions) => call(functions, inputs),
    parts: expected.map((values, i) => ({
      what: `result ${i}`,
      read: (results) => results[i],
      truth: exactly(Float64Array.from(values)),
      unit: unit?.[i],
      // In float64 the reference, too, may be off.
      allowed: () => (dtype === 'float32' ? bounds[i] : 2 * bounds[i]),
      inputs,
    })),
  };
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

function* crossEntropyHvps(dtype: DType, seed: number): Generator<Question> {
  const temperature = 1.5;
  for (const length of LOSS_LENGTHS) {
    for (const layout of layouts) {
      const random = createRandom(seed * 1000 + length);
      const settings = { ...shapeOf(layout, length), temperature };
      const rows = layout.outer * layout.inner;
      const logits = normalRow(random, dtype, { length: rows * length, spread: 2 });
      const vector = normalRow(random, dtype, { length: rows * length });
      yield likeReference(dtype, {
        where: textOf(settings),
        inputs: [logits, vector],
        call: (functions, [x, v]) => [functions.crossEntropyHvp(x, v, settings)],
        bounds: [LOSS_BOUND[dtype]],
        // No term of s ⊙ (v − ⟨s, v⟩) / T² / rows is larger than the largest of v.
        units: () => [largest(vector) / temperature ** 2 / rows],
      });
    }
  }
}

function nllLosses(withGradient: boolean): Ask {
  return function* (dtype, seed) {
    for (const length of LOSS_LENGTHS) {
      const random = createRandom(seed * 1000 + length);
      const rows = 7;
      const logProbabilities = normalRow(random, dtype, { length: rows * length, spread: 3, offset: -20 });
      const weight = createArray(dtype, length).map(() => random.uniform());
      const targets = Int32Array.from({ length: rows }, (_, i) => (i === 2 ? IGNORED : random.below(length)));
      for (const reduction of ['none', 'mean', 'sum'] as const) {
        const settings = { shape: [rows, length], reduction };
        yield likeReference(dtype, {
          where: textOf({ ...settings, weight: 'given' }),
          inputs: [logProbabilities, targets, weight],
          call(functions, [x, labels, w]) {
            const options = { ...settings, weight: w };
            if (!withGradient) return [lossesOf(functions.nllLoss(x, labels, options), x)];
            const { loss, gradient } = functions.nllLossWithGradient(x, labels, options);
            return [lossesOf(loss, x), gradient as FloatArray];
          },
          bounds: [1, 1],
        });
      }
    }
  };
}

/** A loss as an array of the element type of the input: a mean or a sum is a number. */
function lossesOf(loss: number | FloatArray, { BYTES_PER_ELEMENT }: FloatArray): FloatArray {
  if (typeof loss !== 'number') return loss;
  return BYTES_PER_ELEMENT === 4 ? Float32Array.of(loss) : Float64Array.of(loss);
}

/** Sums of products may cancel: in ulp of what the largest terms may add up to, which is that for gradients of the logits that sum to at most 1. */
function* linearCrossEntropies(dtype: DType, seed: number): Generator<Question> {
  for (const [batch, inFeatures, classes] of [
    [1, 1, 2],
    [3, 5, 4],
    [9, 17, 7],
    [32, 64, 10],
    [70, 19, 33],
  ]) {
    const random = createRandom(seed * 1000 + batch);
    const array = (length: number, spread: number) => normalRow(random, dtype, { length, spread });
    const targets = Int32Array.from({ length: batch }, () => random.below(classes));
    const [features, weight, bias] = [
      array(batch * inFeatures, 1),
      array(classes * inFeatures, 0.5),
      array(classes, 1),
    ];
    const sizes = { batch, inFeatures, classes };
    const bound = 32;
    yield likeReference(dtype, {
      where: textOf(sizes),
      inputs: [features, weight, bias, targets],
      call(functions, [x, w, b, labels]) {
        const result = functions.linearCrossEntropy({ features: x, weight: w, bias: b, targets: labels, ...sizes });
        return [lossesOf(result.loss, x), result.gradWeight, result.gradBias, result.gradFeatures];
      },
      bounds: [bound, bound, bound, bound],
      units: ([losses]) => [Math.max(losses[0], 1), largest(features), 1, largest(weight) / batch],
    });
  }
}

/** A right gradient and a wrong one: of functions that no backend computes. */
function* gradChecks(dtype: DType, seed: number): Generator<Question> {
  for (const wrong of [0, 1e-3]) {
    yield likeReference(dtype, {
      where: wrong ? 'a wrong gradient' : 'a right gradient',
      inputs: [Float64Array.from(normalRow(createRandom(seed), dtype, { length: 9 }))],
      call(functions, [input]) {
        const { passed, worstIndex } = functions.gradCheck({
          forward: (z) => z.map((value) => value ** 3),
          backward: (z, g) => z.map((value, i) => g[i] * 3 * value ** 2 + wrong),
          input,
          seed,
        });
        return [Int32Array.of(Number(passed), worstIndex)];
      },
      bounds: [0],
    });
  }
}

// --- sampling -------------------------------------------------------------------------------------------------------

const DRAW_LENGTHS = [1, 2, 3, 8, 33, 301, 5000];

const filters: readonly FilterOptions[] = [
  {},
  { temperature: 0 },
  { temperature: 0.7, topK: 5 },
  { temperature: 2, topP: 0.9 },
  { minP: 0.05 },
  { topK: 50, topP: 0.95, minP: 0.01 },
];

/** Logits as for softmax, of which some are −∞, but not all of a row. */
function drawnRows(random: Random, dtype: DType, length: number, rows: number): FloatArray {
  return normalRow(random, dtype, { length: rows * length, spread: 3, masked: length > 2 ? 0.1 : 0 }).map((x, i) =>
    i % length === 0 && x === -Infinity ? 0 : x,
  ) as FloatArray;
}

function* samples(dtype: DType, seed: number): Generator<Question> {
  for (const length of DRAW_LENGTHS) {
    for (const options of filters) {
      const rows = 5;
      const settings = { shape: [rows, length], ...options, seed, count: 7 };
      yield likeReference(dtype, {
        where: textOf(settings),
        inputs: [drawnRows(createRandom(seed * 1000 + length), dtype, length, rows)],
        call: (functions, [x]) => [functions.sample(x, settings)],
        bounds: [0],
        isExact: true,
      });
    }
  }
}

function* samplers(dtype: DType, seed: number): Generator<Question> {
  for (const length of DRAW_LENGTHS) {
    for (const options of filters) {
      const settings = { ...options, repetitionPenalty: 1.1, frequencyPenalty: 0.1, presencePenalty: 0.2, seed };
      yield likeReference(dtype, {
        where: `length ${length}, ${textOf(settings)}`,
        inputs: [drawnRows(createRandom(seed * 1000 + length), dtype, length, 1)],
        call(functions, [x]) {
          const sampler = functions.createSampler(settings);
          const history: number[] = [];
          const logProbabilities: number[] = [];
          for (let i = 0; i < 5; i++) {
            history.push(sampler.next(x, { history }));
            logProbabilities.push(sampler.lastLogProbability);
          }
          const array = x.BYTES_PER_ELEMENT === 4 ? Float32Array : Float64Array;
          return [Int32Array.from(history), array.from(logProbabilities)];
        },
        bounds: [0, dtype === 'float32' ? LOSS_BOUND.float32 : 32], // the reference rounds exponents of up to some tens
        isExact: true,
      });
    }
  }
}

function* multinomials(dtype: DType, seed: number): Generator<Question> {
  for (const length of DRAW_LENGTHS) {
    for (const replacement of [true, false]) {
      const rows = 5;
      const settings = { shape: [rows, length], replacement, seed, count: replacement ? 7 : Math.ceil(length / 2) };
      yield likeReference(dtype, {
        where: textOf(settings),
        inputs: [createArray(dtype, rows * length).map(createRandom(seed * 1000 + length).uniform) as FloatArray],
        call: (functions, [x]) => [functions.multinomial(x, settings)],
        bounds: [0],
        isExact: true,
      });
    }
  }
}

function* largestOnes(dtype: DType, seed: number): Generator<Question> {
  for (const length of DRAW_LENGTHS) {
    for (const k of new Set([0, 1, Math.min(5, length), length])) {
      const shape = [5, length];
      const random = createRandom(seed * 1000 + length);
      const x = drawnRows(random, dtype, length, 5);
      x[random.below(x.length)] = Number.NaN;
      yield likeReference(dtype, {
        where: `k ${k}, ${textOf({ shape })}`,
        inputs: [x],
        call(functions, [input]) {
          const { values, indices } = functions.topK(input, k, { shape });
          return [values, indices];
        },
        bounds: [0, 0],
        isExact: true,
      });
    }
  }
}

/** What is asked of every operation: the list is that of the library, or this does not compile. */
export const checks: { readonly [K in keyof Operations]: Ask } = {
  softmax: rowsOf('softmax'),
  logSoftmax: rowsOf('logSoftmax'),
  logSumExp: rowsOf('logSumExp'),
  softmin: rowsOf('softmin'),
  hardmax: rowsOf('hardmax'),
  softmaxBackward: rowsOf('softmaxBackward'),
  logSoftmaxBackward: rowsOf('logSoftmaxBackward'),
  softmaxJvp: rowsOf('softmaxJvp'),
  logSoftmaxJvp: rowsOf('logSoftmaxJvp'),
  softmaxJacobian: rowsOf('softmaxJacobian'),
  logSoftmaxJacobian: rowsOf('logSoftmaxJacobian'),
  softmaxHessian: rowsOf('softmaxHessian'),
  softmaxHvp: rowsOf('softmaxHvp'),
  logSoftmaxHvp: rowsOf('logSoftmaxHvp'),
  crossEntropy: crossEntropies(false),
  crossEntropyWithGradient: crossEntropies(true),
  crossEntropyHvp: crossEntropyHvps,
  nllLoss: nllLosses(false),
  nllLossWithGradient: nllLosses(true),
  linearCrossEntropy: linearCrossEntropies,
  gradCheck: gradChecks,
  sample: samples,
  createSampler: samplers,
  multinomial: multinomials,
  topK: largestOnes,
};
