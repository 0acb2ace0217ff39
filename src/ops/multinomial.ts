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
  const { shape, seed, count = 1, replacement = true } = options;
  const weights = floatArray(name, 'probabilities', probabilities);
  const extent = extentOf(name, 'probabilities', probabilities, weights.length, shape, undefined, 1);
  const { outer: rows, length } = extent;
  const uniforms = new Uniforms(seedOf(name, seed));
  checkCount(name, 'count', count, 0);
  checkFlag(name, 'replacement', replacement);
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
