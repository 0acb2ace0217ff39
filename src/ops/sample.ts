import { checkCount, checkInteger, checkOptions, extentOf, floatArray, integers } from '../check.ts';
import { Uniforms } from '../reference/random.ts';
import { type Draws, type Filters, sampleRows } from '../reference/sample.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { FloatArray, Input, SampleOptions } from '../types.ts';
import type { sample as kernels } from '../wasm/sample.ts';
import { withCandidates } from './candidates.ts';
import { filterNames, filtersOf, seedOf } from './filters.ts';

const name = 'sample';

export type Steps = typeof kernels;
type OnCandidates = Steps extends (runtime: never, name: string, ...rest: infer A) => void
  ? (...rest: A) => void
  : never;

function run(runtime: Runtime, steps: Steps | undefined, logits: unknown, options: SampleOptions = {}): Int32Array {
  checkAlive(name, runtime);
  checkOptions(name, options, ['shape', ...filterNames, 'count', 'firstRow']);
  const x = floatArray(name, 'logits', logits);
  const { outer: rows, length } = extentOf(name, 'logits', logits, x.length, options.shape, undefined, 1);
  const filters = filtersOf(name, options);
  const { firstRow = 0, count = 1 } = options;
  const numbered = Math.max(rows, 1); // no row has a number above 2³² − 1: it would be that of another
  checkInteger(name, 'firstRow', firstRow, 0, 2 ** 32 - numbered, `integers from 0 to 2^32 − ${numbered}`);
  const uniforms = new Uniforms(seedOf(name, options.seed), firstRow);
  checkCount(name, 'count', count, 0);
  const tokens = integers(name, rows * count);
  if (tokens.length > 0) {
    draw(runtime, steps, name, x, rows, length, filters, { uniforms, first: 0, count }, tokens);
  }
  return tokens;
}

/** Draws from rows of `length` entries, from 1; tokens [rows, draws.count]. */
export function draw(
  runtime: Runtime,
  steps: Steps | undefined,
  name: string,
  logits: FloatArray,
  rows: number,
  length: number,
  filters: Filters,
  draws: Draws,
  tokens: Int32Array,
): void {
  const reference: OnCandidates = (candidates, ...rest) => sampleRows(candidates, name, ...rest);
  withCandidates(runtime, (candidates) =>
    runtime.run(steps, reference, name, candidates, logits, rows, length, filters, draws, tokens),
  );
}

export const sample =
  (host: Host, steps?: Steps) =>
  (logits: Input, options?: SampleOptions): Int32Array =>
    run(host(), steps, logits, options);
