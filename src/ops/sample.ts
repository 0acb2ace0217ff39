import { checkCount, checkOptions, floatArray, integers, rowsOf } from '../check.ts';
import { Uniforms } from '../reference/random.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { Input, SampleOptions } from '../types.ts';
import { filterNames, filtersOf, seedOf } from './filters.ts';

const name = 'sample';

function run(runtime: Runtime, logits: unknown, options: SampleOptions = {}): Int32Array {
  checkAlive(name, runtime);
  checkOptions(name, options, ['shape', ...filterNames, 'count']);
  const x = floatArray(name, 'logits', logits);
  const { rows, length } = rowsOf(name, 'logits', logits, x.length, options.shape, 1);
  const filters = filtersOf(name, options);
  const uniforms = new Uniforms(seedOf(name, options.seed));
  const count = checkCount(name, 'count', options.count ?? 1, 0);
  const tokens = integers(name, rows * count);
  if (tokens.length > 0) runtime.sample(name, x, rows, length, filters, { uniforms, first: 0, count }, tokens);
  return tokens;
}

export const sample = (host: Host) => (logits: Input, options?: SampleOptions) => run(host(), logits, options);
