import { time } from './in-process.mjs';

/**
 * TensorFlow.js on its WebAssembly backend (XNNPACK), one thread, SIMD. `tfjs-op`: tensor in, tensor out, nothing read
 * back; `tfjs`: array in, array out. Its softmax is one kernel; its log-softmax is put together from several.
 *
 * @type {import('./index.mjs').Peer}
 */
export const tensorflow = {
  title: 'TensorFlow.js wasm',
  names: ['tfjs-op', 'tfjs'],
  async start() {
    const [tf, backend] = await Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-backend-wasm')]);
    backend.setThreadsCount(1);
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend did not start');
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('the wasm backend runs without SIMD');

    const contender = (name, prepareRun) => ({
      name,
      async prepare({ op, inputs: [x], options: { shape }, shape: { inner } }) {
        if (inner > 1) return { skip: 'has the last axis only' };
        return prepareRun(op === 'softmax' ? tf.softmax : tf.logSoftmax, x, shape);
      },
    });
    const roundTrip = (operation, x, shape) => {
      const input = tf.tensor(x, shape);
      const output = operation(input);
      const result = output.dataSync();
      input.dispose();
      output.dispose();
      return result;
    };
    return {
      version: backend.version_wasm,
      contenders: [
        contender('tfjs-op', (operation, x, shape) => {
          const input = tf.tensor(x, shape);
          const run = () => operation(input).dispose();
          return {
            result: () => roundTrip(operation, x, shape),
            time: (count) => time(run, count),
            release: () => input.dispose(),
          };
        }),
        contender('tfjs', (operation, x, shape) => {
          const run = () => roundTrip(operation, x, shape);
          return { result: run, time: (count) => time(run, count) };
        }),
      ],
    };
  },
};
