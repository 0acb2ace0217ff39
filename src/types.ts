// The types of the public signatures: what may come in, and what comes back for it.

import type { WasmBuffer } from './wasm/buffer.ts';

/** The two element types of the kernels. */
export type FloatArray = Float32Array | Float64Array;

/** The name of an element type. */
export type DType = 'float32' | 'float64';

/** Plain numbers, nested to any depth; taken as float64. */
export type NestedArray = readonly number[] | readonly NestedArray[];

/** Whatever an operation reads. */
export type Input = FloatArray | WasmBuffer | NestedArray;

/** Whatever an operation may write its result to. */
export type Output = FloatArray | WasmBuffer;

/** What `out` may be beside an input `T`: of the same element type. */
export type OutputFor<T> =
  T extends WasmBuffer<infer A>
    ? A | WasmBuffer<A>
    : T extends Float32Array
      ? Float32Array | WasmBuffer<Float32Array>
      : Float64Array | WasmBuffer<Float64Array>;

/** The result for an input `T`: a typed array of the same element type, or plain arrays of the same depth. */
export type ResultFor<T> =
  T extends WasmBuffer<infer A>
    ? A
    : T extends Float32Array
      ? Float32Array
      : T extends Float64Array
        ? Float64Array
        : T extends readonly number[]
          ? number[]
          : T extends readonly (infer U)[]
            ? ResultFor<U>[]
            : never;

/** As {@link ResultFor}, with one axis fewer; a vector still gives an array, of length 1. */
export type ReducedFor<T> = T extends FloatArray | WasmBuffer | readonly number[]
  ? ResultFor<T>
  : T extends readonly (infer U)[]
    ? U extends readonly number[]
      ? number[]
      : ReducedFor<U>[]
    : never;

/** Where the operation runs, and where its result goes. */
export interface AxisOptions<Out = Output> {
  /** Sizes of the axes, row-major. Default: `[x.length]`, or the nesting of plain arrays. */
  shape?: readonly number[] | undefined;
  /** The axis the operation runs over; negative ones count from the end. Default: -1. */
  axis?: number | undefined;
  /** Receives the result and is returned. May be the very input; may not overlap it in part. */
  out?: Out | undefined;
}

/** {@link AxisOptions} with a temperature. */
export interface TemperatureOptions<Out = Output> extends AxisOptions<Out> {
  /** T ≥ 0: the operation sees x / T. 0 and Infinity mean the limits. Default: 1. */
  temperature?: number | undefined;
}

/** {@link TemperatureOptions}, or a base instead. */
export interface ScaledOptions<Out = Output> extends TemperatureOptions<Out> {
  /** b > 0, b ≠ 1: powers of b instead of e, as `temperature: 1 / Math.log(b)`. Not together with `temperature`. */
  base?: number | undefined;
}

/** @inline */
type WithoutOut<Options> = Omit<Options, 'out'> & { out?: undefined };
/** @inline */
type WithOut<Options, Out> = Omit<Options, 'out'> & { out: Out };

/** An operation on one tensor whose result has the tensor's shape. */
export interface Forward<Options extends AxisOptions> {
  <T extends Input>(x: T, options?: WithoutOut<Options>): ResultFor<T>;
  <T extends Input, Out extends OutputFor<T>>(x: T, options: WithOut<Options, Out>): Out;
  <T extends Input>(x: T, options?: Options & AxisOptions<OutputFor<T>>): ResultFor<T> | OutputFor<T>;
}

/** An operation on one tensor that removes the axis. */
export interface Reduction<Options extends AxisOptions> {
  <T extends Input>(x: T, options?: WithoutOut<Options>): ReducedFor<T>;
  <T extends Input, Out extends OutputFor<T>>(x: T, options: WithOut<Options, Out>): Out;
  <T extends Input>(x: T, options?: Options & AxisOptions<OutputFor<T>>): ReducedFor<T> | OutputFor<T>;
}

/** A gradient with respect to the input of a forward operation, from the gradient and the value of its output. */
export interface Backward<Options extends AxisOptions> {
  <T extends Input>(gradOutput: T, output: Input, options?: WithoutOut<Options>): ResultFor<T>;
  <T extends Input, Out extends OutputFor<T>>(gradOutput: T, output: Input, options: WithOut<Options, Out>): Out;
  <T extends Input>(
    gradOutput: T,
    output: Input,
    options?: Options & AxisOptions<OutputFor<T>>,
  ): ResultFor<T> | OutputFor<T>;
}

/** A product with the second derivative of an operation, from the gradient and the value of its output. */
export interface Hvp<Options extends AxisOptions> {
  <T extends Input>(gradOutput: T, output: Input, vector: Input, options?: WithoutOut<Options>): ResultFor<T>;
  <T extends Input, Out extends OutputFor<T>>(
    gradOutput: T,
    output: Input,
    vector: Input,
    options: WithOut<Options, Out>,
  ): Out;
  <T extends Input>(
    gradOutput: T,
    output: Input,
    vector: Input,
    options?: Options & AxisOptions<OutputFor<T>>,
  ): ResultFor<T> | OutputFor<T>;
}

/** The result for an input `T` whose axis became two or three: a typed array, or plain arrays one or two levels deeper. */
export type ExpandedFor<T, Axes extends 2 | 3> = T extends FloatArray | WasmBuffer
  ? ResultFor<T>
  : Axes extends 2
    ? ResultFor<T>[]
    : ResultFor<T>[][];

/** All derivatives of an operation at once: the axis moved last, and two or three of its length there. */
export interface Expansion<Axes extends 2 | 3> {
  <T extends Input>(output: T, options?: WithoutOut<AxisOptions> & { shape?: undefined }): ExpandedFor<T, Axes>;
  <T extends Input>(
    output: T,
    options: WithoutOut<AxisOptions> & { shape: readonly number[] },
  ): T extends readonly number[] ? number[] : ExpandedFor<T, Axes>;
  <T extends Input, Out extends OutputFor<T>>(output: T, options: WithOut<AxisOptions, Out>): Out;
  <T extends Input>(
    output: T,
    options?: AxisOptions<OutputFor<T>>,
  ): ExpandedFor<T, Axes> | (T extends readonly number[] ? number[] : never) | OutputFor<T>;
}

// --- losses ---------------------------------------------------------------------------------------------------------

/** Typed arrays of integers. */
export type IntegerArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A class for each row: integers, plain ones nested as the rows are or not at all. */
export type Labels = IntegerArray | NestedArray;

/** Labels, or a probability for each class of each row, in the shape of the logits. */
export type Targets = Labels | FloatArray | WasmBuffer;

/** How the losses of the rows become one. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** What all losses take. */
export interface LossOptions {
  /** Sizes of the axes, row-major. Default: `[x.length]`, or the nesting of plain arrays. */
  shape?: readonly number[] | undefined;
  /** The axis of the classes; negative ones count from the end. Default: -1. */
  axis?: number | undefined;
  /** A factor for each class. Default: 1. */
  weight?: Input | undefined;
  /** Rows with this label count for nothing. Default: -100. */
  ignoreIndex?: number | undefined;
  /** `'mean'` divides by the sum of the labels' weights, for probabilities by the number of rows. Default: `'mean'`. */
  reduction?: LossReduction | undefined;
  /** The mean of no row that counts. Default: `'nan'`. */
  emptyMean?: 'nan' | 'zero' | undefined;
}

/** {@link LossOptions} of cross-entropy. */
export interface CrossEntropyOptions extends LossOptions {
  /** The part of each target that is spread evenly over the classes, 0 to 1. Default: 0. */
  labelSmoothing?: number | undefined;
  /** T ≥ 0: the loss sees logits / T. 0 and Infinity mean the limits. Default: 1. */
  temperature?: number | undefined;
}

/** What a loss takes to give its gradient, too. */
export interface GradientOptions<Out = Output> {
  /** For reduction `'none'`: the gradient with respect to each row's loss, one number per row. Default: ones. */
  gradOutput?: Input | undefined;
  /** Receives the gradient. May be the very input; may not overlap it in part. */
  out?: Out | undefined;
}

/** What `crossEntropyHvp` takes. */
export interface CrossEntropyHvpOptions<Out = Output> extends AxisOptions<Out> {
  /** That of the loss: `'mean'` divides by the number of rows. Default: `'mean'`. */
  reduction?: LossReduction | undefined;
  /** T ≥ 0, that of the loss. Default: 1. */
  temperature?: number | undefined;
  /** For reduction `'none'`: a factor for each row. Default: ones. */
  gradOutput?: Input | undefined;
}

/** @inline */
type ToNumber = { reduction?: 'mean' | 'sum' | undefined };
/** @inline */
type ToRows = { reduction: 'none' };

/** A loss and its gradient. */
export interface LossAndGradient<Loss, Gradient> {
  /** A number, or for reduction `'none'` one for each row. */
  loss: Loss;
  /** Of the shape of the input. */
  gradient: Gradient;
}

/** A loss: a number, or for reduction `'none'` one for each row. */
export interface Loss<Options extends LossOptions, T0 = Targets> {
  <T extends Input>(x: T, targets: T0, options?: Options & ToNumber): number;
  <T extends Input>(x: T, targets: T0, options: Options & ToRows): ReducedFor<T>;
  <T extends Input>(x: T, targets: T0, options?: Options): number | ReducedFor<T>;
}

/** A loss with its gradient. */
export interface LossWithGradient<Options extends LossOptions, T0 = Targets> {
  <T extends Input>(
    x: T,
    targets: T0,
    options?: Options & ToNumber & { out?: undefined; gradOutput?: undefined },
  ): LossAndGradient<number, ResultFor<T>>;
  <T extends Input>(
    x: T,
    targets: T0,
    options: Options & ToRows & WithoutOut<GradientOptions>,
  ): LossAndGradient<ReducedFor<T>, ResultFor<T>>;
  <T extends Input, Out extends OutputFor<T>>(
    x: T,
    targets: T0,
    options: Options & ToNumber & { out: Out; gradOutput?: undefined },
  ): LossAndGradient<number, Out>;
  <T extends Input, Out extends OutputFor<T>>(
    x: T,
    targets: T0,
    options: Options & ToRows & WithOut<GradientOptions, Out>,
  ): LossAndGradient<ReducedFor<T>, Out>;
  <T extends Input>(
    x: T,
    targets: T0,
    options?: Options & GradientOptions<OutputFor<T>>,
  ): LossAndGradient<number | ReducedFor<T>, ResultFor<T> | OutputFor<T>>;
}

/** What `linearCrossEntropy` takes: a linear layer, its inputs, the targets, and the options of the loss. */
export interface LinearCrossEntropyProblem<F extends Input = Input, W extends Input = Input> {
  /** [batch, inFeatures] */
  features: F;
  /** [classes, inFeatures] */
  weight: W;
  /** [classes]. Default: none. */
  bias?: Input | undefined;
  /** A label for each row, or probabilities, [batch, classes]. */
  targets: Targets;
  /** Number of rows, from 0. */
  batch: number;
  /** Number of features, from 1. */
  inFeatures: number;
  /** Number of classes, from 1. */
  classes: number;
  /** The loss's factor for each class, `weight` being the layer's. Default: 1. */
  classWeight?: Input | undefined;
  /** As in {@link LossOptions}. */
  ignoreIndex?: number | undefined;
  /** As in {@link CrossEntropyOptions}. */
  labelSmoothing?: number | undefined;
  /** As in {@link LossOptions}. */
  reduction?: LossReduction | undefined;
  /** As in {@link CrossEntropyOptions}. */
  temperature?: number | undefined;
  /** As in {@link LossOptions}. */
  emptyMean?: 'nan' | 'zero' | undefined;
  /** As in {@link GradientOptions}. */
  gradOutput?: Input | undefined;
}

/** A vector beside an input `T`: a typed array of its element type, or a plain array. */
export type VectorFor<T> = T extends FloatArray | WasmBuffer ? ResultFor<T> : number[];

/** The loss of a linear layer and its gradients. */
export interface LinearCrossEntropyResult<Loss, F, W> {
  /** A number, or for reduction `'none'` one for each row. */
  loss: Loss;
  /** [classes, inFeatures] */
  gradWeight: ResultFor<W>;
  /** [classes], also where there is no bias. */
  gradBias: VectorFor<F>;
  /** [batch, inFeatures] */
  gradFeatures: ResultFor<F>;
}

/** Cross-entropy of a linear layer, with the gradients of all that goes in. */
export interface LinearCrossEntropy {
  <F extends Input, W extends Input>(
    problem: LinearCrossEntropyProblem<F, W> & ToNumber & { gradOutput?: undefined },
  ): LinearCrossEntropyResult<number, F, W>;
  <F extends Input, W extends Input>(
    problem: LinearCrossEntropyProblem<F, W> & ToRows,
  ): LinearCrossEntropyResult<VectorFor<F>, F, W>;
  <F extends Input, W extends Input>(
    problem: LinearCrossEntropyProblem<F, W>,
  ): LinearCrossEntropyResult<number | VectorFor<F>, F, W>;
}

// --- sampling --------------------------------------------------------------------------------------------------------

/** What decides which tokens may be drawn, in the order in which it is applied. */
export interface FilterOptions {
  /** T ≥ 0: the probabilities are softmax(logits / T). 0 is greedy: the first maximum. Default: 1. */
  temperature?: number | undefined;
  /** Only the k largest logits, from 1; ties by index. Default: all. */
  topK?: number | undefined;
  /** Of those, the shortest prefix in descending order with a cumulative probability of at least this, 0 to 1. Default: 1, all. */
  topP?: number | undefined;
  /** Of those, the ones at least this part as probable as the most probable, 0 to 1. Default: 0, all. */
  minP?: number | undefined;
  /** An integer from 0 to 2^53 − 1: the same seed gives the same tokens. Default: a random one. */
  seed?: number | undefined;
}

/** What `sample` takes. */
export interface SampleOptions extends FilterOptions {
  /** Sizes of the axes, row-major; a row is the last axis. Default: `[x.length]`, or the nesting of plain arrays. */
  shape?: readonly number[] | undefined;
  /** Draws from each row. Default: 1. */
  count?: number | undefined;
  /** The number of the first row, where a tensor comes in parts: the same seed then gives what it gives for all of it. Default: 0. */
  firstRow?: number | undefined;
}

/** What `multinomial` takes. */
export interface MultinomialOptions {
  /** As in {@link SampleOptions}. */
  shape?: readonly number[] | undefined;
  /** As in {@link FilterOptions}. */
  seed?: number | undefined;
  /** Draws from each row. Default: 1. */
  count?: number | undefined;
  /** Whether an entry may be drawn again. Default: true. */
  replacement?: boolean | undefined;
}

/** What `topK` takes. */
export interface TopKOptions {
  /** As in {@link SampleOptions}. */
  shape?: readonly number[] | undefined;
}

/** The largest entries of each row, in descending order. */
export type TopK = <T extends Input>(
  x: T,
  k: number,
  options?: TopKOptions,
) => {
  /** k entries for each row. */
  values: ResultFor<T>;
  /** Where in their row they are. */
  indices: T extends FloatArray | WasmBuffer ? Int32Array : ResultFor<T>;
};

/** What `createSampler` takes. */
export interface SamplerOptions extends FilterOptions {
  /** r > 0: a positive logit of a token in the history is divided by r, another multiplied. Default: 1. */
  repetitionPenalty?: number | undefined;
  /** Subtracted from a token's logit for each time it is in the history. Default: 0. */
  frequencyPenalty?: number | undefined;
  /** Subtracted once from the logit of a token in the history. Default: 0. */
  presencePenalty?: number | undefined;
}

/** What is added to the logits of tokens; -Infinity forbids one. */
export type LogitBias = ReadonlyMap<number, number> | Readonly<Record<number, number>>;

/** What the `next` of a sampler takes. */
export interface NextOptions {
  /** The tokens so far, for the penalties: integers from 0 to below the number of logits. Default: none. */
  history?: ArrayLike<number> | undefined;
  /** Default: none. */
  logitBias?: LogitBias | undefined;
}

/** Draws one token after the other. */
export interface Sampler {
  /**
   * Draws the next token: after penalties and bias, as the n-th draw of `sample` with this sampler's options does, n counting from its
   * creation or reset.
   * @param logits one row; it is not changed
   * @returns the token, an index into logits
   * @throws TypeError, RangeError for arguments that are wrong, and for NaN, +∞ or nothing but −∞ in logits; no draw is then used up
   */
  next(logits: Input, options?: NextOptions): number;
  /**
   * The natural logarithm of the probability that the last token had after penalties, bias and temperature, before any filter. NaN before the
   * first. Computed when it is read.
   */
  readonly lastLogProbability: number;
  /** Starts again, with another seed if one is given. */
  reset(seed?: number): void;
}

// --- gradCheck ------------------------------------------------------------------------------------------------------

/** What `gradCheck` takes. */
export interface GradCheckProblem {
  /** The function: of the input's elements in one row, to a number or to an array of any shape. It must not keep or change x. */
  forward(x: Float64Array): number | Input;
  /**
   * Its gradient at x, with as many elements as x. Where `forward` gives an array: the gradient of Σ gradOutput · forward(x),
   * gradOutput being in the order of that array's elements.
   */
  backward(x: Float64Array, gradOutput: Float64Array): Input;
  /** Where to check. */
  input: Input;
  /** For a `forward` that gives an array. Default: uniform random numbers from -1 to 1. */
  gradOutput?: Input | undefined;
  /** Half the distance of the two points that are compared, and the relative error that passes. Default: 2^-17. */
  epsilon?: number | undefined;
  /** Of the random numbers: an integer from 0 to 2^32 − 1. Default: 0. */
  seed?: number | undefined;
}

/** What `gradCheck` found. */
export interface GradCheckResult {
  /** Whether every error is within `epsilon` times the largest entry, besides what `forward` rounds. */
  passed: boolean;
  /** The largest difference between `backward` and the central differences. */
  maxAbsError: number;
  /** `maxAbsError` as a part of the largest entry of either gradient. */
  maxRelError: number;
  /** The element of the input where it is; -1 where there is none. */
  worstIndex: number;
}
