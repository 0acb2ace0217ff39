import * as reference from 'softmax-simd/reference';
import { checkResult, ops } from '../cases.mjs';
import { start } from './ours.mjs';

/**
 * Our softmax of the row that is drawn from, as a measure: what the probabilities alone cost. A new result array each time, and
 * everything in wasm memory.
 *
 * @param {'simd' | 'relaxed'} backend
 * @returns {import('./index.mjs').Contender[]}
 */
export function softmaxBeside(backend) {
  const { engine, skip } = start(backend);
  const contender = (name, prepare) => ({
    name,
    isFor: (op) => ops[op].ofVocabulary === true,
    prepare: ({ dtype, shape, inputs: [x] }) => {
      if (!engine) return { skip };
      const options = { shape: shape.shape };
      const expected = reference.softmax(Float64Array.from(x), options);
      const check = (result) => checkResult({ op: 'softmax', dtype, shape, expected }, name, result);
      return { check, ...prepare(x, options, dtype) };
    },
  });
  return [
    contender(`${backend}-softmax`, (x, options) => ({ run: () => engine.softmax(x, options) })),
    contender(`${backend}-softmax-buffer`, (x, options, dtype) => {
      const [input, out] = [engine.allocate(dtype, x.length), engine.allocate(dtype, x.length)];
      input.array.set(x);
      return {
        run: () => engine.softmax(input, { ...options, out }),
        read: (result) => result.array,
        release: () => {
          input.free();
          out.free();
        },
      };
    }),
  ];
}
