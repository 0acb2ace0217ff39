import { table } from '../../bench/table.mjs';
import { ldexp } from '../../tests/tools/truth.ts';
import { ulpError } from '../../tests/tools/ulp.ts';
import type { Operations } from '../engine.ts';
import type { Backend, DType } from '../index.ts';
import { backends, start } from './backends.ts';
import { checks, type Question } from './checks.ts';
import type { Command } from './command.ts';
import { hostOf } from './host.ts';
import { columns, integer, parse, wordList } from './options.ts';
import { packageJson } from './package.ts';
import { createProgress } from './progress.ts';

const names = Object.keys(checks) as (keyof Operations)[];
const dtypes: readonly DType[] = ['float32', 'float64'];

const help = `Checks every operation on this machine: each backend that runs here, float32 and float64, rows short and long, along every axis,
with temperatures, masks, NaN, infinities and the largest numbers. What is right is computed in more than float64 or, where that is not
to be had (nllLoss, linearCrossEntropy, crossEntropyHvp, gradCheck, draws), by the reference in float64. Of each operation the result is shown
that is the closest to what it may be off: by how much, what is allowed, and where. The backend js is the reference; its float64 is
allowed what rounding makes of exponents far from 0.

Usage: softmax-simd verify [options]

  --op LIST        operations, separated by commas (default: all):
${columns(names, 4)}
  --backend LIST   ${backends.join(', ')} (default: all that run here)
  --dtype LIST     ${dtypes.join(', ')} (default: all)
  --seed N         other inputs, 0 to 1000000 (default: 1)
  --json           the figures as JSON, each with the whole input
  --help           this text

Examples
  softmax-simd verify
  softmax-simd verify --op softmax,logSoftmax --backend simd
  softmax-simd verify --json > verified.json

Exit code: 0 all within bounds; 1 something is not, or a backend that was asked for does not run here; 2 wrong usage.
`;

/** The worst of an operation on a backend. */
interface Result {
  operation: string;
  dtype: DType;
  backend: Backend;
  passed: boolean;
  /** How many numbers were compared. */
  compared: number;
  /** Of all numbers the one whose error is the largest part of what is allowed. */
  worst: Worst;
}

interface Worst {
  ulp: number;
  allowed: number;
  where: string;
  index: number;
  actual: number;
  expected: number;
  inputs: number[][];
}

type Judged = { result: Result; functions: Operations };

/** Compares one call. */
function judge({ result, functions }: Judged, question: Question): void {
  const { dtype, backend } = result;
  const actuals = question.call(functions);
  for (const { what, read, truth, unit, allowed, inputs } of question.parts) {
    const actual = read(actuals);
    const { hi, lo, exponent } = truth;
    const limit = allowed(backend);
    if (result.worst.index < 0) result.worst.allowed = Math.min(limit, result.worst.allowed);
    for (let i = 0; i < hi.length; i++) {
      // A missing number is an error, too.
      const ulp = i < actual.length ? ulpError(actual[i], hi[i], lo[i], dtype, exponent[i], unit) : Infinity;
      if (!isWorse(ulp, limit, result.worst)) continue;
      const where = `${question.where}, ${what}`;
      const expected = ldexp(hi[i], exponent[i]);
      const lists = inputs.map((input) => Array.from(input));
      result.worst = { ulp, allowed: limit, where, index: i, actual: actual[i], expected, inputs: lists };
    }
    result.compared += hi.length;
    if (result.worst.ulp > result.worst.allowed) result.passed = false;
  }
}

const share = (ulp: number, allowed: number) => (ulp === 0 ? 0 : ulp / allowed);
const isWorse = (ulp: number, allowed: number, worst: Worst) =>
  !(share(ulp, allowed) <= share(worst.ulp, worst.allowed));

function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : String(Number(value.toPrecision(4)));
}

/** Where the worst is, in a line. */
function place({ where, index, inputs, ulp }: Worst): string {
  if (ulp === 0) return 'right to the last bit';
  const [row] = inputs;
  const shown = row.slice(0, 4).map(short).join(', ');
  return `${where}[${index}] of [${shown}${row.length > 4 ? ', …' : ''}]`;
}

function print(results: readonly Result[], missing: readonly string[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const compared = results.reduce((sum, result) => sum + result.compared, 0);
  const lines = table([
    ['operation', 'type', 'backend', 'worst ulp', 'allowed', ''],
    ...results.map(({ operation, dtype, backend, passed, worst }) => [
      operation,
      dtype,
      backend,
      worst.ulp.toFixed(2),
      worst.allowed.toFixed(worst.allowed % 1 ? 2 : 0),
      passed ? 'ok' : 'WRONG',
    ]),
  ]).split('\n');
  const body = lines.map((line, i) => (i === 0 ? `${line}   where` : `${line}   ${place(results[i - 1].worst)}`));
  const details = failed.map(
    ({ operation, dtype, backend, worst }) =>
      `${operation} ${dtype} ${backend}: ${worst.actual} for ${worst.expected}; ${worst.where}[${worst.index}], inputs ${worst.inputs.map((input) => `[${input.join(', ')}]`).join(' and ')}\n`,
  );
  return `${body.join('\n')}

${missing.map((line) => `${line}\n`).join('')}${details.join('')}${compared} numbers compared, ${results.length - failed.length} of ${results.length} lines within bounds
`;
}

/** JSON has no NaN and no infinities: those are strings. */
const toJson = (value: unknown) =>
  JSON.stringify(
    value,
    (_, entry) => (typeof entry === 'number' && !Number.isFinite(entry) ? String(entry) : entry),
    2,
  );

function run(args: string[]): number {
  const { values } = parse('verify', args, {
    op: 'string',
    backend: 'string',
    dtype: 'string',
    seed: 'string',
    json: 'boolean',
  });
  const chosen = wordList('verify', '--op', values.op ?? 'all', names);
  const wanted = wordList('verify', '--backend', values.backend ?? 'all', backends);
  const types = wordList('verify', '--dtype', values.dtype ?? 'all', dtypes);
  const seed = integer('verify', '--seed', values.seed ?? '1', 0, 1e6);

  const missing: string[] = [];
  const engines = wanted.flatMap((backend) => {
    const { engine, reason } = start(backend);
    if (engine) return [engine];
    missing.push(`${backend} is not checked: ${reason}`);
    return [];
  });
  const progress = createProgress(chosen.length * types.length, 'verify');
  const results: Result[] = [];
  for (const operation of chosen) {
    for (const dtype of types) {
      progress.update(results.length / Math.max(engines.length, 1), `${operation} ${dtype}`);
      const judged = engines.map((engine): Judged => {
        const worst: Worst = { ulp: 0, allowed: Infinity, where: '', index: -1, actual: 0, expected: 0, inputs: [] };
        const result: Result = { operation, dtype, backend: engine.backend, passed: true, compared: 0, worst };
        return { result, functions: engine };
      });
      for (const question of checks[operation](dtype, seed)) {
        for (const entry of judged) judge(entry, question);
      }
      results.push(...judged.map(({ result }) => result));
    }
  }
  progress.stop();

  const isMissed = values.backend !== undefined && values.backend !== 'all' && missing.length > 0;
  const passed = !isMissed && results.length > 0 && results.every((result) => result.passed);
  // Who reads only the first lines still gets the verdict.
  process.exitCode = passed ? 0 : 1;
  process.stdout.write(
    values.json
      ? `${toJson({ version: packageJson().version, host: hostOf(), seed, passed, missing, results })}\n`
      : print(results, missing),
  );
  return process.exitCode;
}

export const verify: Command = {
  summary: 'checks every operation on this machine: all backends, a table, an exit code',
  help,
  run,
};
