import { checkCount, checkFlag, checkOptions, extentOf, floatArray, integers } from '../check.ts';
import { multinomialRow } from '../reference/multinomial.ts';
import { Uniforms } from '../reference/random.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { Input, MultinomialOptions } from '../types.ts';
import { seedOf } from './filters.ts';

const name = 'multinomial';

/** On every backend this is the reference: one addition for each weight is not worth a way through wasm memory. */
function run(runtime: Runtime, probabilities: unknown, options: MultinomialOptions = {}): Int32Array {
  checkAlive(name, runtime);
  checkOptions(name, options, ['shape', 'seed', 'count', 'replacement']);
  const weights = floatArray(name, 'probabilities', probabilities);
  const { outer: rows, length } = extentOf(
    name,
    'probabilities',
    probabilities,
    weights.length,
    options.shape,
    undefined,
    1,
  );
  const uniforms = new Uniforms(seedOf(name, options.seed));
  const count = checkCount(name, 'count', options.count ?? 1, 0);
  const replacement = checkFlag(name, 'replacement', options.replacement ?? true);
  const drawn = integers(name, rows * count);
  for (let row = 0; row < rows && count > 0; row++) {
    multinomialRow(name, weights, row * length, length, replacement, uniforms, count, row, drawn, row * count);
  }
  return drawn;
}

export const multinomial =
  (host: Host) =>
  (probabilities: Input, options?: MultinomialOptions): Int32Array =>
    run(host(), probabilities, options);
