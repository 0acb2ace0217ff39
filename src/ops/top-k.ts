import { checkInteger, checkOptions, extentOf, floatArray, inFormOf, integers, resultLike } from '../check.ts';
import { topKRows } from '../reference/top-k.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { TopK, TopKOptions } from '../types.ts';
import type { topK as kernels } from '../wasm/sample.ts';
import { withCandidates } from './candidates.ts';

const name = 'topK';

function run(
  runtime: Runtime,
  steps: typeof kernels | undefined,
  x: unknown,
  k: unknown,
  options: TopKOptions = {},
): unknown {
  checkAlive(name, runtime);
  checkOptions(name, options, ['shape']);
  const array = floatArray(name, 'x', x);
  const { outer: rows, length, shape } = extentOf(name, 'x', x, array.length, options.shape, undefined);
  const wanted = checkInteger(name, 'k', k, 0, length);
  const values = resultLike(name, array, rows * wanted);
  const indices = integers(name, rows * wanted);
  if (values.length > 0) {
    withCandidates(runtime, (candidates) =>
      runtime.run(steps, topKRows, name, candidates, array, rows, length, wanted, values, indices),
    );
  }
  if (!Array.isArray(x)) return { values, indices };
  const resultShape = [...shape.slice(0, -1), wanted];
  return { values: inFormOf(x, values, resultShape), indices: inFormOf(x, indices, resultShape) };
}

export const topK = (host: Host, steps?: typeof kernels) =>
  ((x: unknown, k: unknown, options?: TopKOptions) => run(host(), steps, x, k, options)) as TopK;
