// The checks at the boundary. Each takes the name of the public function, which begins the message of every error:
// `name: what came; what is allowed.` Nothing here writes to an argument.

import type { FloatArray } from './types.ts';
import { FREED, WasmBuffer } from './wasm/buffer.ts';

/** How a message names a value that came: its type for objects, itself for the rest. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Array.isArray(value) ? 'array' : typeName(value);
  return `${/^[AEIO]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

function typeName(value: object): string {
  const name = (value as { constructor?: { name?: string } }).constructor?.name;
  return !name || name === 'Object' ? 'plain object' : name;
}

/** Whether the elements are 32 bits wide; else they are 64. */
export function isFloat32(array: FloatArray): array is Float32Array {
  return array.BYTES_PER_ELEMENT === 4;
}

/** A new array of the element type of `array`. */
export function emptyLike(array: FloatArray, length: number): FloatArray {
  return isFloat32(array) ? new Float32Array(length) : new Float64Array(length);
}

/** As {@link emptyLike} for a result that may be much larger than what came. */
export function resultLike(name: string, array: FloatArray, length: number): FloatArray {
  return made(name, length, () => emptyLike(array, length));
}

/** As {@link resultLike}, for integers. */
export function integers(name: string, length: number): Int32Array {
  return made(name, length, () => new Int32Array(length));
}

/** What is made of `length` elements, where the host can. */
export function made<T>(name: string, length: number, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new RangeError(
      `${name}: the result has ${length} elements; allowed are as many as the host has memory for.`,
      {
        cause,
      },
    );
  }
}

// --- arrays ---------------------------------------------------------------------------------------------------------

/** The numbers of an argument: its own memory for typed arrays and buffers, a float64 copy for plain arrays. */
export function floatArray(name: string, label: string, value: unknown): FloatArray {
  if (Array.isArray(value)) return flatten(name, label, value);
  return writableArray(name, label, value, 'Float32Array, Float64Array, WasmBuffer and (nested) arrays of numbers');
}

function writableArray(name: string, label: string, value: unknown, allowed: string): FloatArray {
  if ((value instanceof Float32Array || value instanceof Float64Array) && value.length > 0) return value;
  if (value instanceof WasmBuffer) {
    if (value.freed) throw new Error(`${name}: ${label} is not usable: ${FREED}`);
    return value.array;
  }
  // By tag, not by class: arrays of another realm (an iframe, node:vm) are of another class.
  const tag = ArrayBuffer.isView(value) && (value as Partial<FloatArray>)[Symbol.toStringTag];
  if (tag !== 'Float32Array' && tag !== 'Float64Array') {
    throw notAllowed(name, label, value, allowed, TypeError);
  }
  const array = value as FloatArray;
  if (array.length === 0 && isDetached(array)) {
    throw new TypeError(
      `${name}: ${label} is a detached ${tag}; allowed are attached ones: take \`array\` of a WasmBuffer anew after its memory grew.`,
    );
  }
  return array;
}

/** Whether the memory of a typed array went elsewhere, or no longer reaches to it: its length is 0 then. */
export function isDetached(empty: { fill(value: number): unknown }): boolean {
  try {
    empty.fill(0);
    return false;
  } catch {
    return true; // a method of typed arrays refuses these; JavaScriptCore's `keys` does so until it is optimised
  }
}

/** More axes than any tensor has; an array within itself has no end. */
const MAX_RANK = 64;

/** The shape of plain arrays, read along the first entries. */
export function nesting(value: unknown): number[] {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level) && shape.length <= MAX_RANK; level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(name: string, label: string, value: unknown[]): Float64Array {
  const shape = nesting(value);
  if (shape.length > MAX_RANK) {
    throw new RangeError(`${name}: ${label} is nested more than ${MAX_RANK} deep; allowed are ${MAX_RANK} axes.`);
  }
  const flat = new Float64Array(product(shape));
  let written = 0;
  const visit = (level: unknown[], path: string, depth: number): void => {
    if (level.length !== shape[depth]) {
      throw ragged(name, `${path} has length ${level.length}`, `length ${shape[depth]}`);
    }
    for (let i = 0; i < level.length; i++) {
      const entry = level[i];
      const isLeaf = depth === shape.length - 1;
      if (typeof entry === 'number' && isLeaf) flat[written++] = entry;
      else if (Array.isArray(entry) && !isLeaf) visit(entry, `${path}[${i}]`, depth + 1);
      else if (typeof entry === 'number' || Array.isArray(entry)) {
        throw ragged(name, `${path}[${i}] is ${describe(entry)}`, isLeaf ? 'a number' : 'an array');
      } else throw notAllowed(name, `${path}[${i}]`, entry, 'numbers');
    }
  };
  visit(value, label, 0);
  return flat;
}

function ragged(name: string, came: string, allowed: string): RangeError {
  return new RangeError(`${name}: ${came}; allowed is ${allowed}, as in the entries before it.`);
}

/** A result in the form of an argument: plain arrays if that came as such, nested in the given shape if it was nested or `nests`; else the array. */
export function inFormOf(
  value: unknown,
  array: FloatArray | Int32Array,
  shape: readonly number[],
  nests = false,
): unknown {
  if (!Array.isArray(value)) return array;
  if (!nests && !Array.isArray(value[0])) return Array.from(array);
  let read = 0;
  const build = (depth: number): unknown[] =>
    Array.from({ length: shape[depth] }, () => (depth === shape.length - 1 ? array[read++] : build(depth + 1)));
  return build(0);
}

/** @throws TypeError if the element types of two arguments differ */
export function checkSameType(name: string, labelA: string, a: FloatArray, labelB: string, b: FloatArray): void {
  if (a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT) {
    throw new TypeError(
      `${name}: ${labelA} is ${typeOf(a)} and ${labelB} is ${typeOf(b)}; allowed is one type for both.`,
    );
  }
}

function typeOf(array: FloatArray): string {
  return isFloat32(array) ? 'float32' : 'float64';
}

/** The memory behind `out`, if one was given, for a result of `length` elements computed from `input`. */
export function outArray(
  name: string,
  out: unknown,
  length: number,
  label: string,
  input: FloatArray,
): FloatArray | undefined {
  if (out === undefined) return undefined;
  const array = writableArray(name, 'out', out, 'Float32Array, Float64Array and WasmBuffer');
  checkSameType(name, label, input, 'out', array);
  if (array.length !== length) {
    throw new RangeError(`${name}: out has length ${array.length}; allowed is ${length}, the length of the result.`);
  }
  checkOverlap(name, array, label, input);
  return array;
}

/** @throws RangeError if `out` shares any of its bytes with an input */
export function checkDistinct(name: string, out: FloatArray, label: string, input: FloatArray): void {
  checkOverlap(name, out, label, input);
  if (out.byteLength > 0 && out.byteOffset === input.byteOffset && out.buffer === input.buffer) {
    throw new RangeError(`${name}: out is the memory of ${label}; allowed is another.`);
  }
}

/** @throws RangeError if `out` shares some of its bytes with an input, but is not the very same range */
export function checkOverlap(name: string, out: FloatArray, label: string, input: FloatArray): void {
  if (out === input) return;
  const [outStart, outBytes] = [out.byteOffset, out.byteLength];
  const [inputStart, inputBytes] = [input.byteOffset, input.byteLength];
  if (outStart === inputStart && outBytes === inputBytes) return; // the very same range, or two buffers
  if (outStart >= inputStart + inputBytes || inputStart >= outStart + outBytes || out.buffer !== input.buffer) return;
  throw new RangeError(`${name}: out overlaps ${label} in part; allowed are the same elements or none of them.`);
}

// --- shape ----------------------------------------------------------------------------------------------------------

/** A tensor as the kernels see it, [outer, length, inner], and the shape it has for the user. */
export interface Extent {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Resolves `shape` and `axis`, which has `least` entries or more, for an argument of `count` elements that came as `value`. */
export function extentOf(
  name: string,
  label: string,
  value: unknown,
  count: number,
  shape: unknown,
  axis: unknown,
  least: 0 | 1 = 0,
): Extent {
  if (shape !== undefined) checkShape(name, label, value, count, shape);
  const sizes = (shape ?? (Array.isArray(value) ? nesting(value) : [count])) as readonly number[];
  const rank = sizes.length;
  const at = checkAxis(name, axis, sizes);
  if (sizes[at] < least) throw new RangeError(`${name}: the axis has length 0; allowed are lengths from 1.`);
  return {
    shape: sizes,
    axis: at,
    outer: product(sizes, 0, at),
    length: sizes[at],
    inner: product(sizes, at + 1, rank),
  };
}

/** The shape without the axis; that of one row is [1]. */
export function rowShape({ shape, axis }: Extent): number[] {
  return shape.length === 1 ? [1] : shape.filter((_, i) => i !== axis);
}

/** Checks a shape, and that an argument of `count` elements that came as `value` fits it. */
export function checkShape(name: string, label: string, value: unknown, count: number, shape: unknown): void {
  if (!Array.isArray(shape)) {
    throw new TypeError(`${name}: shape is ${describe(shape)}; allowed is an array of non-negative integers.`);
  }
  for (const size of shape) {
    if (!(Number.isInteger(size) && size >= 0))
      throw notAllowed(name, 'an entry of shape', size, 'non-negative integers');
  }
  if (shape.length === 0) throw new RangeError(`${name}: shape [] has no axis; allowed is one axis or more.`);
  if (product(shape) !== count) {
    throw new RangeError(
      `${name}: shape ${text(shape)} has ${product(shape)} elements and ${label} has ${count}; allowed is as many.`,
    );
  }
  if (!Array.isArray(value) || !Array.isArray(value[0])) return;
  const nested = text(nesting(value));
  if (nested !== text(shape)) {
    throw new RangeError(`${name}: shape is ${text(shape)} and ${label} is nested as ${nested}; allowed is the same.`);
  }
}

function checkAxis(name: string, axis: unknown, shape: readonly number[]): number {
  const rank = shape.length;
  if (axis === undefined) return rank - 1;
  const at = checkNumber(name, 'axis', axis, Number.isInteger, `integers from ${-rank} to ${rank - 1}`);
  if (at < -rank || at >= rank) {
    throw new RangeError(
      `${name}: axis ${at} is out of range for shape ${text(shape)}; allowed are ${-rank} to ${rank - 1}.`,
    );
  }
  return at < 0 ? at + rank : at;
}

function product(sizes: readonly number[], from = 0, to = sizes.length): number {
  let result = 1;
  for (let i = from; i < to; i++) result *= sizes[i];
  return result;
}

function text(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

// --- options --------------------------------------------------------------------------------------------------------

/** @throws TypeError if `options` is no object, or has a name that is not allowed */
export function checkOptions(name: string, options: unknown, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options)) {
    throw new TypeError(`${name}: options is ${describe(options)}; allowed is an object with ${allowed.join(', ')}.`);
  }
  for (const key in options) {
    if (!allowed.includes(key))
      throw new TypeError(`${name}: option ${key} is unknown; allowed are ${allowed.join(', ')}.`);
  }
}

/**
 * The factor of x that a temperature T or a base b means: 1 / T or ln b. T = 0 and b = ∞ give ∞, the kernels' word for
 * that limit; T = ∞ gives the smallest double, as a factor of 0 would turn infinities into NaN.
 */
export function scaleOf(name: string, temperature: unknown, base: unknown): number {
  if (base === undefined)
    return temperature === undefined ? 1 : 1 / checkTemperature(name, temperature) || Number.MIN_VALUE;
  if (temperature !== undefined)
    throw new TypeError(`${name}: temperature and base are both given; allowed is one of them.`);
  return Math.log(checkNumber(name, 'base', base, (b) => b > 0 && b !== 1, 'positive numbers other than 1'));
}

function checkTemperature(name: string, temperature: unknown): number {
  return Math.abs(checkNumber(name, 'temperature', temperature, (t) => t >= 0, 'numbers from 0 to Infinity')); // −0 is 0
}

/** A number of things: an integer from `least`. */
export function checkCount(name: string, label: string, value: unknown, least: 0 | 1): number {
  return checkInteger(name, label, value, least, Infinity, `integers from ${least}`);
}

/** An integer within bounds. */
export function checkInteger(
  name: string,
  label: string,
  value: unknown,
  least: number,
  most: number,
  allowed = `integers from ${least} to ${most}`,
): number {
  return checkNumber(name, label, value, (n) => Number.isInteger(n) && n >= least && n <= most, allowed);
}

/** A part of one: 0 to 1. */
export function checkPart(name: string, label: string, value: unknown): number {
  return checkNumber(name, label, value, (part) => part >= 0 && part <= 1, 'numbers from 0 to 1');
}

/** A finite number above 0. */
export function checkPositive(name: string, label: string, value: unknown): number {
  return checkNumber(name, label, value, (n) => n > 0 && n < Infinity, 'positive numbers');
}

/** @throws TypeError if `value` is not a boolean */
export function checkFlag(name: string, label: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw notAllowed(name, label, value, 'true and false', TypeError);
  return value;
}

/** @throws TypeError if `value` is not a number, RangeError if it is one that is not allowed */
export function checkNumber(
  name: string,
  label: string,
  value: unknown,
  isAllowed: (value: number) => boolean,
  allowed: string,
): number {
  if (typeof value !== 'number' || !isAllowed(value)) throw notAllowed(name, label, value, allowed);
  return value;
}

/** The error for a value that is not allowed: where numbers are, a RangeError for another number. */
export function notAllowed(
  name: string,
  label: string,
  value: unknown,
  allowed: string,
  ofKind: ErrorConstructor = typeof value === 'number' ? RangeError : TypeError,
): Error {
  return new ofKind(`${name}: ${label} is ${describe(value)}; allowed are ${allowed}.`);
}

/** @throws TypeError if `value` is not one of the words */
export function checkWord<T extends string>(name: string, label: string, value: T, words: readonly T[]): T {
  if (!words.includes(value)) {
    const quoted = words.map((word) => `'${word}'`);
    const allowed = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
    throw notAllowed(name, label, value, allowed, TypeError);
  }
  return value;
}

// --- targets --------------------------------------------------------------------------------------------------------

/** The targets of a loss as they came: numbers that are labels if they are whole, or probabilities. */
export type CheckedTargets =
  | { readonly labels: ArrayLike<number | bigint>; readonly probabilities?: undefined }
  | { readonly labels?: undefined; readonly probabilities: FloatArray };

const integerTags = /^(Big)?(Int|Uint)\d+(Clamped)?Array$/;

/** Labels, one for each row of the extent, or, where `soft`, probabilities in its shape. */
export function targetsOf(name: string, value: unknown, extent: Extent, soft: boolean): CheckedTargets {
  const { shape, outer, inner } = extent;
  if (value instanceof Int32Array && value.length === outer * inner) return { labels: value };
  const allowed = `labels in an integer typed array or an array of numbers${soft ? ', and probabilities in a float array' : ''}`;
  const isPlain = Array.isArray(value);
  const tag = ArrayBuffer.isView(value) && (value as unknown as FloatArray)[Symbol.toStringTag];
  const isInteger = typeof tag === 'string' && integerTags.test(tag);
  const isFloat = !isPlain && !isInteger;
  if (isFloat && !soft) throw notAllowed(name, 'targets', value, allowed, TypeError);
  const numbers = isInteger
    ? (value as ArrayLike<number | bigint>)
    : isPlain
      ? flatten(name, 'targets', value)
      : writableArray(name, 'targets', value, allowed);

  const nested = isPlain ? nesting(value) : [numbers.length];
  const isOf = (other: readonly number[]) =>
    nested.length === 1 ? numbers.length === product(other) : text(nested) === text(other);
  const labelShapes = isFloat ? [] : [rowShape(extent)];
  const softShapes = isInteger || !soft ? [] : [shape];
  if (labelShapes.some(isOf)) return { labels: numbers };
  if (softShapes.some(isOf)) return { probabilities: numbers as FloatArray };

  const came = nested.length > 1 ? `is nested as ${text(nested)}` : `has length ${numbers.length}`;
  const shapes = [
    ...labelShapes.map((other) => `${text(other)} for labels`),
    ...softShapes.map((other) => `${text(other)} for probabilities`),
  ];
  throw new RangeError(
    `${name}: targets ${came}${isFloat ? ` and is ${describe(value)}` : ''}; allowed is ${shapes.join(' or ')}.`,
  );
}

/** Labels as the kernels take them: -1 where a row is to be ignored. */
export function labelArray(
  name: string,
  labels: ArrayLike<number | bigint>,
  classes: number,
  ignoreIndex: number,
): Int32Array {
  const checked = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const label = Number(labels[row]);
    if (label === ignoreIndex) checked[row] = -1;
    else if (Number.isInteger(label) && label >= 0 && label < classes) checked[row] = label;
    else {
      throw new RangeError(
        `${name}: the label of row ${row} is ${label}; allowed are integers from 0 to ${classes - 1}, and ignoreIndex ${ignoreIndex}.`,
      );
    }
  }
  return checked;
}
