import { createEngineSync } from 'softmax-simd';
import { arrayTypes, ops } from '../cases.mjs';
import { call } from './call.mjs';

/**
 * The package on one backend, in three ways of use: a new result array each time, a kept one (`out`), and everything
 * in wasm memory (`buffer`), where nothing is copied.
 *
 * @param {'simd' | 'relaxed'} backend
 * @returns {import('./index.mjs').Contender[]}
 */
export function ours(backend) {
  const { engine, skip } = start(backend);
  const contender = (name, prepare) => ({ name, prepare: engine ? prepare : () => ({ skip }) });
  return [
    contender(backend, ({ op, inputs, options }) => ({ run: call(op, engine, inputs, options) })),
    contender(`${backend}-out`, ({ op, dtype, inputs, options, outputLength }) => {
      if (ops[op].keepsNoResult) return { skip: `${op} has no option out` };
      const out = new arrayTypes[dtype](outputLength);
      return { run: call(op, engine, inputs, { ...options, out }) };
    }),
    contender(`${backend}-buffer`, ({ op, dtype, inputs, options, outputLength }) => {
      const buffers = [];
      const allocate = (length) => {
        const buffer = engine.allocate(dtype, length);
        buffers.push(buffer);
        return buffer;
      };
      const release = () => {
        for (const buffer of buffers) buffer.free();
      };
      try {
        const inside = inputs.map((input) => {
          if (input instanceof Int32Array) return input;
          const buffer = allocate(input.length);
          buffer.array.set(input);
          return buffer;
        });
        if (ops[op].keepsNoResult) return { run: call(op, engine, inside, options), release };
        const out = allocate(outputLength);
        return {
          run: call(op, engine, inside, { ...options, out }),
          read: (result) => result.array ?? result,
          release,
        };
      } catch (error) {
        release();
        throw error;
      }
    }),
  ];
}

// Relaxed SIMD is absent from Node 20 and some browsers: skipped there. Without SIMD there is nothing to measure.
export function start(backend) {
  try {
    return { engine: createEngineSync({ backend }) };
  } catch (error) {
    if (backend !== 'relaxed') throw error;
    return { skip: error.message };
  }
}
