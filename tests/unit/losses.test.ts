// Losses on every backend. The expected numbers are the formulas by hand: rows with the probabilities ½ ½ and ¼ ¾.

import { assert, describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';
import { sameBits } from '../tools/operations.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = (...values: number[]) => Float32Array.from(values);
const f64 = (...values: number[]) => Float64Array.from(values);
const i32 = (...values: number[]) => Int32Array.from(values);
const [half, quarter, threeQuarters] = [Math.LN2, Math.log(4), Math.log(4 / 3)]; // −log p

/** Element by element, relative to the largest, or to `floor`. */
function expectClose(actual: unknown, expected: unknown, tolerance = 1e-15, floor = 0): void {
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), floor);
  const wrong = a.findIndex((x, i) => !Object.is(x, b[i]) && !(Math.abs(x - b[i]) <= tolerance * largest));
  if (wrong >= 0) assert.fail(`entry ${wrong} is ${a[wrong]}, expected ${b[wrong]}`);
}

function numbersOf(value: unknown): number[] {
  return [value].flat(9).flatMap((x) => (ArrayBuffer.isView(x) ? [...(x as Float64Array)] : (x as number)));
}

const logits = [[0, 0], [0, Math.log(3)]]; // biome-ignore format: rows
type Row = [what: string, targets: number[] | number[][], options: object, loss: number | number[], gradient: number[][]]; // biome-ignore format: one line

const rows: Row[] = [
  ['mean', [0, 1], {}, (half + threeQuarters) / 2, [[-0.25, 0.25], [0.125, -0.125]]],
  ['sum', [0, 1], { reduction: 'sum' }, half + threeQuarters, [[-0.5, 0.5], [0.25, -0.25]]],
  ['none', [0, 1], { reduction: 'none' }, [half, threeQuarters], [[-0.5, 0.5], [0.25, -0.25]]],
  ['none with gradOutput', [0, 1], { reduction: 'none', gradOutput: [2, -1] }, [half, threeQuarters], [[-1, 1], [-0.25, 0.25]]],
  ['the other labels', [1, 0], {}, (half + quarter) / 2, [[0.25, -0.25], [-0.375, 0.375]]],
  ['class weights', [0, 1], { weight: [1, 3] }, (half + 3 * threeQuarters) / 4, [[-0.125, 0.125], [0.1875, -0.1875]]],
  ['class weights, none', [0, 1], { weight: [1, 3], reduction: 'none' }, [half, 3 * threeQuarters], [[-0.5, 0.5], [0.75, -0.75]]],
  ['a class weight of 0', [0, 1], { weight: [0, 1] }, threeQuarters, [[0, 0], [0.25, -0.25]]],
  ['an ignored row', [0, -100], {}, half, [[-0.5, 0.5], [0, 0]]],
  ['an ignored row, none', [0, -100], { reduction: 'none' }, [half, 0], [[-0.5, 0.5], [0, 0]]],
  ['an ignored class', [0, 1], { ignoreIndex: 1 }, half, [[-0.5, 0.5], [0, 0]]],
  ['an ignored row and weights', [1, -100], { weight: [1, 3] }, half, [[0.5, -0.5], [0, 0]]],
  ['all ignored', [-100, -100], {}, nan, [[0, 0], [0, 0]]],
  ['all ignored, emptyMean zero', [-100, -100], { emptyMean: 'zero' }, 0, [[0, 0], [0, 0]]],
  ['all ignored, sum', [-100, -100], { reduction: 'sum' }, 0, [[0, 0], [0, 0]]],
  ['no weight but that of smoothing', [1, 1], { weight: [1, 0], labelSmoothing: 0.5 }, nan, [[0, 0], [0, 0]]],
  ['smoothing', [0, 1], { labelSmoothing: 0.5, reduction: 'none' }, [half, quarter / 4 + (3 / 4) * threeQuarters], [[-0.25, 0.25], [0, 0]]],
  ['smoothing by all', [0, 0], { labelSmoothing: 1, reduction: 'none' }, [half, (quarter + threeQuarters) / 2], [[0, 0], [-0.25, 0.25]]],
  ['smoothing and weights', [0, 1], { labelSmoothing: 0.5, weight: [1, 3] },
    (half / 2 + half + 1.5 * threeQuarters + quarter / 4 + (3 / 4) * threeQuarters) / 4, [[0, 0], [-0.0625 + 0.15625, -0.09375]]],
  ['smoothing and an ignored row', [0, -100], { labelSmoothing: 0.5 }, half, [[-0.25, 0.25], [0, 0]]],
  ['probabilities', [[1, 0], [0.5, 0.5]], {}, (half + (quarter + threeQuarters) / 2) / 2, [[-0.25, 0.25], [-0.125, 0.125]]],
  ['probabilities, weights', [[1, 0], [0.5, 0.5]], { weight: [1, 3] },
    (half + quarter / 2 + 1.5 * threeQuarters) / 2, [[-0.25, 0.25], [0, 0]]],
  ['probabilities, smoothing', [[1, 0], [0, 1]], { labelSmoothing: 0.5, reduction: 'sum' },
    half + quarter / 4 + (3 / 4) * threeQuarters, [[-0.25, 0.25], [0, 0]]],
  ['targets that do not sum to 1', [[2, 0], [0, 0]], { reduction: 'none' }, [2 * half, 0], [[-1, 1], [0, 0]]],
]; // biome-ignore format: a table

onEachBackend((backend, create) => {
  const engine = create();
  const { crossEntropy, crossEntropyWithGradient, nllLoss, nllLossWithGradient, linearCrossEntropy } = engine;
  const { logSoftmax, logSoftmaxBackward } = engine;

  describe('cross-entropy', () => {
    test.each(rows)('%s', (_, targets, options, loss, gradient) => {
      const result = crossEntropyWithGradient(logits, targets, options);
      expectClose(result.loss, loss);
      expect(result.gradient.map((row) => row.length)).toEqual([2, 2]);
      expectClose(result.gradient, gradient);
      const { gradOutput: _gradOutput, ...rest } = options as { gradOutput?: unknown };
      expect(crossEntropy(logits, targets, rest)).toEqual(result.loss);

      // The same in float32, by columns, and from a layer that is the identity.
      const single = crossEntropyWithGradient(f32(...logits.flat()), typed(targets), {
        shape: [2, 2],
        ...narrow(options),
      });
      expectClose(single.loss, loss, 3e-7);
      expectClose(single.gradient, gradient, 3e-7);
      const columns = f64(logits[0][0], logits[1][0], logits[0][1], logits[1][1]);
      const turned = targets.flat().length === 2 ? targets : f64(...[0, 1, 0, 1].map((n, i) => (targets as number[][])[n][i >> 1])); // biome-ignore format: one line
      const byColumns = crossEntropyWithGradient(columns, turned, { shape: [2, 2], axis: 0, ...wide(options) });
      expectClose(byColumns.loss, loss);
      expectClose(byColumns.gradient, [gradient[0][0], gradient[1][0], gradient[0][1], gradient[1][1]]);
      const { weight: classWeight, ...others } = options as { weight?: number[] };
      const layer = linearCrossEntropy({ features: logits, weight: [[1, 0], [0, 1]], targets, classWeight, batch: 2, inFeatures: 2, classes: 2, ...others }); // biome-ignore format: one line
      expectClose(layer.loss, loss);
      expectClose(layer.gradFeatures, gradient);
      const sums = [0, 1].map((k) => gradient[0][k] + gradient[1][k]);
      const products = [0, 1].map((k) => [0, gradient[1][k] * Math.log(3)]);
      expectClose(layer.gradBias, sums, 1e-15, 0.25);
      expectClose(layer.gradWeight, products, 1e-15, 0.25);
    });

    const typed = (targets: number[] | number[][]) => (targets.flat().length === 2 ? i32(...targets.flat()) : f32(...targets.flat())); // biome-ignore format: one line
    const narrow = (options: { gradOutput?: number[] }) => (options.gradOutput ? { ...options, gradOutput: f32(...options.gradOutput) } : options); // biome-ignore format: one line
    const wide = (options: { gradOutput?: number[] }) => (options.gradOutput ? { ...options, gradOutput: f64(...options.gradOutput) } : options); // biome-ignore format: one line

    test('temperature', () => {
      const halved = logits.map((row) => row.map((x) => x / 2));
      const { loss, gradient } = crossEntropyWithGradient(halved, [0, 1], { temperature: 0.5 });
      expectClose(loss, (half + threeQuarters) / 2);
      expectClose(gradient, [[-0.5, 0.5], [0.25, -0.25]]); // biome-ignore format: rows
      expect(crossEntropyWithGradient([1, 3], [1], { temperature: 0 })).toEqual({ loss: 0, gradient: [0, 0] });
      expect(crossEntropyWithGradient([1, 3], [0], { temperature: 0 })).toEqual({ loss: inf, gradient: [0, 0] });
      expect(crossEntropyWithGradient([1, 3], [0], { temperature: inf })).toEqual({ loss: half, gradient: [0, 0] });
    });

    test('a confident right answer keeps its digits', () => {
      // log1p(e^-30) and p − 1 by mpmath
      const { loss, gradient } = crossEntropyWithGradient([[30, 0]], [0]);
      expectClose(loss, 9.357622968839737e-14, 1e-15);
      expectClose(gradient, [[-9.357622968839299e-14, 9.357622968839299e-14]], 1e-15);
      const single = crossEntropyWithGradient(f32(30, 0), f32(1, 0));
      expectClose(single.loss, 9.357622968839737e-14, 3e-7);
      expectClose(single.gradient, [-9.357622968839299e-14, 9.357622968839299e-14], 3e-7);
    });

    test('labels of any integer type, flat or nested as the rows are', () => {
      const expected = crossEntropy(logits, [1, 0]);
      for (const Type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]) {
        expect(crossEntropy(logits, Type.of(1, 0))).toBe(expected);
      }
      expect(crossEntropy(logits, BigInt64Array.of(1n, 0n))).toBe(expected);
      expect(crossEntropy(logits, BigUint64Array.of(1n, 0n))).toBe(expected);
      expect(crossEntropy([[[0, 0], [0, Math.log(3)]]], [[1, 0]])).toBe(expected); // biome-ignore format: rows
      expect(crossEntropy([[[0, 0], [0, Math.log(3)]]], [1, 0])).toBe(expected); // biome-ignore format: rows
      expect(crossEntropy(logits, BigInt64Array.of(1n, -100n))).toBe(half);
    });

    test('the class axis anywhere', () => {
      const random = createRandom(4);
      const shape = [3, 5, 2, 4];
      const x = normalRow(random, 'float64', { length: 120 });
      const labels = Int32Array.from({ length: 24 }, () => random.below(5));
      const inRows = new Float64Array(120);
      for (let n = 0; n < 3; n++) {
        for (let c = 0; c < 5; c++) for (let i = 0; i < 8; i++) inRows[(n * 8 + i) * 5 + c] = x[(n * 5 + c) * 8 + i];
      }
      const { loss, gradient } = crossEntropyWithGradient(x, labels, { shape, axis: 1, reduction: 'none' });
      const expected = crossEntropyWithGradient(inRows, labels, { shape: [24, 5], reduction: 'none' });
      expectClose(loss, expected.loss);
      for (let n = 0; n < 3; n++) {
        for (let c = 0; c < 5; c++) {
          for (let i = 0; i < 8; i++)
            expect(gradient[(n * 5 + c) * 8 + i]).toBe(expected.gradient[(n * 8 + i) * 5 + c]);
        }
      }
    });

    test('none: an array of the type of the logits, in their shape without the axis', () => {
      const none = { reduction: 'none' } as const;
      expect(crossEntropy(f32(0, 0), [0], none)).toEqual(f32(half));
      expect(crossEntropy(f64(0, 0), [0], none)).toEqual(f64(half));
      expect(crossEntropy([0, 0], [0], none)).toEqual([half]);
      expect(crossEntropy([[[0, 0]], [[0, 0]]], [[0], [1]], none)).toEqual([[half], [half]]);
      expect(crossEntropy([[[0, 0]], [[0, 0]]], [[0, 0]], { ...none, axis: 0 })).toEqual([[half, half]]);
    });

    test('out, which may be the logits', () => {
      const x = f64(0, 0);
      expect(crossEntropyWithGradient(x, [0], { out: x }).gradient).toBe(x);
      expect(x).toEqual(f64(-0.5, 0.5));
      const buffer = engine.allocate('float64', 2);
      expect(crossEntropyWithGradient([0, 0], [0], { out: buffer }).gradient).toBe(buffer);
      expect(buffer.array).toEqual(f64(-0.5, 0.5));
      const targets = engine.allocate('float32', 2);
      targets.array.set([1, 0]);
      expect(crossEntropyWithGradient(f64(0, 0), targets).gradient).toEqual(f64(-0.5, 0.5));
    });

    test('of nothing', () => {
      const shape = [0, 3];
      expect(crossEntropy(f32(), [], { shape })).toBe(nan);
      expect(crossEntropy(f32(), [], { shape, emptyMean: 'zero' })).toBe(0);
      expect(crossEntropy(f32(), f32(), { shape })).toBe(nan);
      expect(crossEntropy(f32(), [], { shape, reduction: 'sum' })).toBe(0);
      expect(crossEntropyWithGradient(f32(), [], { shape, reduction: 'none' })).toEqual({
        loss: f32(),
        gradient: f32(),
      });
      expect(crossEntropyWithGradient([], [])).toEqual({ loss: 0, gradient: [] }); // the targets are as empty as the logits
    });

    test.each<[string, number[], number[], object, number, number[]]>([
      ['NaN', [nan, 0], [1], {}, nan, [nan, nan]],
      ['NaN in an ignored row', [nan, 0], [-100], { reduction: 'sum' }, 0, [0, 0]],
      ['+∞', [inf, 0], [0], {}, nan, [nan, nan]],
      ['all −∞', [-inf, -inf], [0], {}, nan, [nan, nan]],
      ['−∞ elsewhere', [0, -inf, 0], [0], {}, half, [-0.5, 0, 0.5]],
      ['−∞ at the label', [0, -inf, 0], [1], {}, inf, [0.5, 0, 0.5]],
      ['−∞ and a target of 0', [0, -inf, 0], [0.5, 0, 0.5], {}, half, [0, 0, 0]],
      ['−∞ and a target above 0', [0, -inf, 0], [0.5, 0.5, 0], {}, inf, [0, 0, 0.5]],
      ['−∞ and smoothing', [0, -inf], [0], { labelSmoothing: 0.5 }, inf, [0.25, 0]],
      ['−∞ at a label of weight 0', [0, -inf], [1], { weight: [1, 0], reduction: 'sum' }, 0, [0, 0]],
      ['one class', [3], [0], {}, 0, [0]],
      ['±1e300', [1e300, -1e300], [0], {}, 0, [0, 0]],
      ['the largest numbers, wrong', [1.7e308, -1.7e308], [1], {}, inf, [1, -1]],
      ['±1e300, wrong', [1e300, -1e300], [1], {}, 2e300, [1, -1]],
    ])('%s', (_, x, targets, options, loss, gradient) => {
      for (const padding of [0, 40, 400]) {
        // Padding of −∞ counts for nothing, but for smoothing, where all is lost.
        if (padding > 0 && (Number.isNaN(loss) || 'weight' in options || 'labelSmoothing' in options)) continue;
        const filler = new Array<number>(padding).fill(-inf);
        const zeros = new Array<number>(padding).fill(0);
        const soft = targets.length > 1 ? [...targets, ...zeros] : targets;
        const result = crossEntropyWithGradient([...x, ...filler], soft, options);
        expectClose(result.loss, loss);
        expectClose(result.gradient, [...gradient, ...zeros]);
        expect(result.gradient.some((value) => Object.is(value, -0))).toBe(false);
      }
    });
  });

  describe('negative log-likelihood', () => {
    test.each(rows.filter(([, targets, options]) => targets.flat().length === 2 && !('labelSmoothing' in options)))(
      'of log-softmax, %s: cross-entropy in two steps',
      (_, targets, options, loss, gradient) => {
        const output = logSoftmax(logits);
        const result = nllLossWithGradient(output, targets as number[], options);
        expectClose(result.loss, loss);
        expectClose(logSoftmaxBackward(result.gradient, output), gradient);
        const { gradOutput: _gradOutput, ...rest } = options as { gradOutput?: unknown };
        expect(nllLoss(output, targets as number[], rest)).toEqual(result.loss);
      },
    );

    test('reads nothing but the label', () => {
      expect(nllLossWithGradient(f32(-1, nan, -inf), [0])).toEqual({ loss: 1, gradient: f32(-1, 0, 0) });
      // Not enumerable, so no error: as little as any other property that is no option.
      const hidden = Object.defineProperty({}, 'temperature', { value: 2 });
      expect(nllLossWithGradient(f32(-1, nan, -inf), [0], hidden)).toEqual({ loss: 1, gradient: f32(-1, 0, 0) });
      expect(nllLoss([-1, -inf], [1])).toBe(inf);
      expect(nllLoss([-1, -inf], [1], { weight: [1, 0], reduction: 'sum' })).toBe(0);
      expect(nllLoss([0, -1], [0])).toBe(0);
      const x = f64(-1, -2, -3, -4, -5, -6);
      expect(nllLossWithGradient(x, [1, 0], { shape: [3, 2], axis: 0, out: x })).toEqual({
        loss: 2.5,
        gradient: f64(0, -0.5, -0.5, 0, 0, 0),
      });
    });
  });

  describe('of a linear layer', () => {
    test('known numbers', () => {
      // z = (0, ln 3): d = p − y = (¼, −¼)
      const { loss, gradWeight, gradBias, gradFeatures } = linearCrossEntropy({
        features: f64(2, 1),
        weight: f64(1, 0, 0, 1),
        bias: f64(-2, Math.log(3) - 1),
        targets: [1],
        batch: 1,
        inFeatures: 2,
        classes: 2,
      });
      expectClose(loss, threeQuarters);
      expectClose(gradWeight, [0.5, 0.25, -0.5, -0.25]);
      expectClose(gradBias, [0.25, -0.25]);
      expectClose(gradFeatures, [0.25, -0.25]);
    });

    test('what comes back', () => {
      const sizes = { batch: 1, inFeatures: 1, classes: 2 };
      const plain = linearCrossEntropy({ features: [[1]], weight: [0, 0], targets: [0], reduction: 'none', ...sizes });
      expect(plain).toEqual({ loss: [half], gradWeight: [-0.5, 0.5], gradBias: [-0.5, 0.5], gradFeatures: [[0]] });
      const typed = linearCrossEntropy({ features: f32(1), weight: f32(0, 0), targets: i32(0), reduction: 'none', ...sizes }); // biome-ignore format: one line
      expect(typed).toEqual({ loss: f32(half), gradWeight: f32(-0.5, 0.5), gradBias: f32(-0.5, 0.5), gradFeatures: f32(0) }); // biome-ignore format: one line
    });

    test('a batch of 0', () => {
      const problem = { features: f32(), weight: f32(1, 2), targets: i32(), batch: 0, inFeatures: 1, classes: 2 };
      const empty = { gradWeight: f32(0, 0), gradBias: f32(0, 0), gradFeatures: f32() };
      expect(linearCrossEntropy(problem)).toEqual({ loss: nan, ...empty });
      expect(linearCrossEntropy({ ...problem, reduction: 'sum' })).toEqual({ loss: 0, ...empty });
    });
  });

  if (backend === 'js') return;

  // However the arrays come to the kernels, the numbers are those of the reference.
  const random = createRandom(8);
  const targetsOf = (kind: string, n: number, classes: number) =>
    kind === 'labels'
      ? Int32Array.from({ length: n }, () => (random.below(9) === 0 ? -100 : random.below(classes)))
      : normalRow(random, kind as 'float32', { length: n * classes }).map(Math.abs);
  const put = (engine: ReturnType<typeof create>, array: FloatArray) => {
    const buffer = engine.allocate('float32', array.length);
    buffer.array.set(array);
    return buffer;
  };
  const kinds = ['labels', 'float32', 'float64'].flatMap((kind) => [
    [kind, {}],
    [kind, { labelSmoothing: 0.2, reduction: 'sum' }],
  ]) as [string, object][];

  describe.each([
    [4, 10, 1],
    [3, 4, 5],
    [300, 70, 1],
    [2, 60, 400],
    [700, 3, 20],
    [1, 5000, 5],
  ])('[%d, %d, %d]', (outer, length, inner) => {
    const shape = [outer, length, inner];
    const x = normalRow(random, 'float32', { length: outer * length * inner, spread: 3 });
    const weight = normalRow(random, 'float64', { length }).map(Math.abs);

    test.each(kinds)('%s %j', (kind, more) => {
      const targets = targetsOf(kind, outer * inner, length);
      const options = { shape, axis: 1, temperature: 0.7, weight, ...more };
      const expected = reference.crossEntropyWithGradient(x, targets, options);
      const actual = engine.crossEntropyWithGradient(x, targets, options);
      expectClose(actual.loss, expected.loss, 1e-6);
      expectClose(actual.gradient, expected.gradient, 1e-6);
      expect(engine.crossEntropy(x, targets, options)).toBe(actual.loss);

      const tight = create({ maxMemoryBytes: 2 ** 20 });
      const inChunks = tight.crossEntropyWithGradient(x, targets, options);
      expect(inChunks.loss).toBe(actual.loss);
      expect(sameBits(inChunks.gradient, actual.gradient)).toBe(true);

      const resident = create({ maxMemoryBytes: 2 ** 23 });
      const [logits, out] = [put(resident, x), put(resident, x)];
      const soft = kind === 'float32' ? put(resident, targets as Float32Array) : targets;
      expect(resident.crossEntropyWithGradient(logits, soft, { ...options, out }).loss).toBe(actual.loss);
      expect(sameBits(out.array, actual.gradient)).toBe(true);
      expect(sameBits(logits.array, x)).toBe(true);
      expect(resident.crossEntropyWithGradient(logits, soft, { ...options, out: logits }).loss).toBe(actual.loss);
      expect(sameBits(logits.array, actual.gradient)).toBe(true);
    });
  });

  describe.each([
    [1, 1, 1],
    [300, 7, 10],
    [30, 40, 300],
    [37, 100, 30],
  ])('a layer of %d × %d × %d', (batch, inFeatures, classes) => {
    const features = normalRow(random, 'float32', { length: batch * inFeatures });
    const weight = normalRow(random, 'float32', { length: classes * inFeatures });
    const bias = normalRow(random, 'float32', { length: classes });

    test.each(kinds)('%s %j', (kind, more) => {
      const targets = targetsOf(kind, batch, classes);
      for (const withBias of [undefined, bias]) {
        const problem = {
          features,
          weight,
          bias: withBias,
          targets,
          batch,
          inFeatures,
          classes,
          temperature: 3,
          ...more,
        };
        const expected = reference.linearCrossEntropy(problem);
        const check = (actual: { [key in keyof typeof expected]: unknown }) => {
          for (const key of ['loss', 'gradWeight', 'gradBias', 'gradFeatures'] as const) {
            expectClose(actual[key], expected[key], 4e-6);
          }
        };
        check(engine.linearCrossEntropy(problem));
        check(create({ maxMemoryBytes: 2 ** 18 }).linearCrossEntropy(problem));
        const resident = create();
        check(
          resident.linearCrossEntropy({
            ...problem,
            features: put(resident, features),
            weight: put(resident, weight),
            bias: withBias && put(resident, withBias),
            targets: kind === 'float32' ? put(resident, targets as Float32Array) : targets,
          }),
        );
      }
    });
  });
});
