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

type WithoutOut<Options> = Omit<Options, 'out'> & { out?: undefined };
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
