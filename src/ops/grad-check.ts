import { checkInteger, checkOptions, checkPositive, describe, floatArray } from '../check.ts';
import { sum } from '../reference/slices.ts';
import type { Host } from '../runtime.ts';
import type { GradCheckProblem, GradCheckResult } from '../types.ts';

const name = 'gradCheck';

/** Rounding and truncation of a central difference balance near the cube root of 2^-52. */
const EPSILON = 2 ** -17;

/** How many units in the last place the function may be wrong by. */
const FORWARD_ULP = 16;

/** Central differences: (f(x + ε) − f(x − ε)) / 2ε, one element of x at a time. */
function run(problem: GradCheckProblem): GradCheckResult {
  checkOptions(name, problem, ['forward', 'backward', 'input', 'gradOutput', 'epsilon', 'seed']);
  const { forward, backward, epsilon = EPSILON, seed = 0 } = problem;
  checkFunction('forward', forward);
  checkFunction('backward', backward);
  checkPositive(name, 'epsilon', epsilon);
  checkInteger(name, 'seed', seed, 0, 2 ** 32 - 1);
  const input = Float64Array.from(floatArray(name, 'input', problem.input));

  const evaluate = (x: Float64Array): ArrayLike<number> => {
    const value: unknown = forward(x);
    // A copy: the function may give the same array each time.
    return typeof value === 'number' ? [value] : floatArray(name, 'the result of forward', value).slice();
  };
  const { length } = evaluate(input.slice());
  const g = gradOutputOf(problem, length, seed);
  const gradient = Float64Array.from(floatArray(name, 'the result of backward', backward(input.slice(), g.slice())));
  checkLength('the result of backward', gradient, input.length, 'input');

  const differences = new Float64Array(input.length);
  const roundings = new Float64Array(input.length);
  for (let i = 0; i < input.length; i++) {
    const [low, high] = [input.slice(), input.slice()];
    const distance = Math.max(epsilon, Math.abs(input[i]) * 2 ** -26); // more than rounding takes from a large entry
    low[i] -= distance;
    high[i] += distance;
    const step = high[i] - low[i]; // what rounding left of it
    const [before, after] = [evaluate(low), evaluate(high)];
    for (const { length: other } of [before, after]) {
      if (other !== length)
        throw new RangeError(`${name}: forward gave ${length} elements, then ${other}; allowed is always as many.`);
    }
    differences[i] = sum(length, (k) => g[k] * (after[k] - before[k])) / step;
    roundings[i] = (2 ** -52 * FORWARD_ULP * sum(length, (k) => Math.abs(g[k] * after[k]))) / step;
  }
  return compare(gradient, differences, roundings, epsilon);
}

function compare(
  gradient: Float64Array,
  differences: Float64Array,
  roundings: Float64Array,
  epsilon: number,
): GradCheckResult {
  const errors = differences.map((difference, i) => Math.abs(gradient[i] - difference));
  let largest = 0;
  let worst = errors.length > 0 ? 0 : -1;
  for (let i = 0; i < errors.length; i++) {
    largest = Math.max(largest, Math.abs(gradient[i]), Math.abs(differences[i]));
    if (!(errors[i] <= errors[worst] || Number.isNaN(errors[worst]))) worst = i; // a NaN is the largest of all
  }
  const maxAbsError = errors[worst] ?? 0;
  return {
    passed: errors.every((error, i) => Number.isFinite(error) && error <= epsilon * largest + roundings[i]),
    maxAbsError,
    maxRelError: maxAbsError === 0 ? 0 : maxAbsError / largest,
    worstIndex: worst,
  };
}

function gradOutputOf({ gradOutput }: GradCheckProblem, length: number, seed: number): Float64Array {
  if (gradOutput === undefined) return length === 1 ? Float64Array.of(1) : randomArray(length, seed);
  const given = Float64Array.from(floatArray(name, 'gradOutput', gradOutput));
  checkLength('gradOutput', given, length, 'the result of forward');
  return given;
}

/** Uniform numbers from -1 to 1 by xorshift (Marsaglia 2003); its state must not be 0, so the seed is stirred first. */
function randomArray(length: number, seed: number): Float64Array {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  return new Float64Array(length).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

function checkLength(label: string, { length }: Float64Array, allowed: number, of: string): void {
  if (length !== allowed)
    throw new RangeError(`${name}: ${label} has ${length} elements; allowed is ${allowed}, as many as ${of} has.`);
}

function checkFunction(label: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new TypeError(`${name}: ${label} is ${describe(value)}; allowed is a function.`);
}

export const gradCheck = (_host: Host) => (problem: GradCheckProblem) => run(problem);
