// What PyTorch gives, in float64 and by its autograd, on every backend: torch.py writes torch.json. The inputs are exact in both
// formats; bounds are in roundings of the largest term.

import { describe, expect, test } from 'vitest';
import type { FloatArray } from '../../src/index.ts';
import { onEachBackend } from '../tools/backends.ts';
import { createArray, formats } from '../tools/operations.ts';
import { ROUNDING } from '../tools/tensors.ts';
import type { Format } from '../tools/ulp.ts';
import torch from './torch.json' with { type: 'json' };

interface Expected {
  /** null is NaN. */
  readonly values: readonly (number | null)[];
  /** The size of the largest term. */
  readonly term: number;
}

interface Case {
  readonly op: string;
  /** Names of tensors. */
  readonly arguments: readonly (string | null)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, Expected>>;
}

const { tensors, cases } = torch as { tensors: Record<string, { values: number[] }>; cases: Case[] };

/** An output that is rounded moves e^output by as many roundings as it is large, 10 at most; the rest is the operation's. */
const ROUNDINGS = 16;

type Functions = Record<string, (...args: unknown[]) => unknown>;
type Results = Record<string, FloatArray | number>;

/** How an operation is called with the arguments and options of a case: what comes back, by name. */
function run(functions: Functions, { op, arguments: names, options }: Case, format: Format): Results {
  const tensor = (name: string): FloatArray | Int32Array => {
    const { values } = tensors[name];
    if (/labels/i.test(name)) return Int32Array.from(values);
    const array = createArray(format, values.length);
    array.set(values);
    return array;
  };
  const settings = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      typeof value === 'string' && value in tensors ? tensor(value) : value,
    ]),
  );
  if (op === 'linearCrossEntropy') {
    const [features, weight, bias, targets] = names.map((name) => (name === null ? undefined : tensor(name)));
    return functions[op]({ features, weight, bias, targets, ...settings }) as Results;
  }
  const inputs = names.map((name) => tensor(name!));
  if (op !== 'crossEntropy' && op !== 'nllLoss') return { result: functions[op](...inputs, settings) as FloatArray };
  const both = functions[`${op}WithGradient`](...inputs, settings) as Results;
  const { gradOutput: _, ...lossSettings } = settings;
  expect(functions[op](...inputs, lossSettings), 'the loss alone').toEqual(both.loss);
  return both;
}

const titleOf = ({ op, arguments: names, options }: Case): string =>
  `${op}(${[...names, ...Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)].join(', ')})`;

onEachBackend((_, create) => {
  const functions = create() as unknown as Functions;

  describe.each(formats)('%s', (format) => {
    test.each(cases.map((entry) => [titleOf(entry), entry] as const))('%s', (_, entry) => {
      const results = run(functions, entry, format);
      for (const [name, { values, term }] of Object.entries(entry.expected)) {
        const result = results[name];
        const actual = typeof result === 'number' ? [result] : result;
        if (typeof result !== 'number') expect(actual).toBeInstanceOf(createArray(format, 0).constructor);
        expect(actual.length, name).toBe(values.length);
        values.forEach((value, i) => {
          if (value === null) expect(actual[i], `${name}[${i}]`).toBeNaN();
          else {
            const allowed = ROUNDINGS * ROUNDING[format] * term;
            expect(Math.abs(actual[i] - value), `${name}[${i}]: ${actual[i]} for ${value}`).toBeLessThanOrEqual(
              allowed,
            );
          }
        });
      }
    });
  });
});

test('every operation, and every option of the losses, is among the cases', () => {
  expect(new Set(cases.map(({ op }) => op))).toEqual(
    new Set([
      ...['softmaxJvp', 'logSoftmaxJvp', 'softmaxHvp', 'logSoftmaxHvp'],
      ...['softmaxJacobian', 'logSoftmaxJacobian', 'softmaxHessian'],
      ...['crossEntropy', 'crossEntropyHvp', 'nllLoss', 'linearCrossEntropy'],
    ]),
  );
  expect(
    new Set(cases.filter(({ op }) => op === 'crossEntropy').flatMap(({ options }) => Object.keys(options))),
  ).toEqual(
    new Set(['shape', 'axis', 'reduction', 'weight', 'labelSmoothing', 'ignoreIndex', 'temperature', 'gradOutput']),
  );
});
