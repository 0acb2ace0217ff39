import { time } from './in-process.mjs';

/**
 * TensorFlow.js on its WebAssembly backend (XNNPACK), one thread, SIMD. `tfjs-op`: tensor in, tensor out, nothing read
 * back; `tfjs`: array in, array out. Its softmax is one kernel; its log-softmax and its cross-entropy are put together from several, and its gradient of
 * the latter is that of the losses of the rows, weighted by 1 / rows: tfjs-core alone has no gradient for a mean.
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

    // Labels as numbers become the rows of 0 and 1 that it takes.
    const targetsOf = (labels, length) =>
      tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), length), 'float32'));
    const crossEntropy = (logits, targets, weights) => {
      const losses = (x) => tf.losses.softmaxCrossEntropy(targets, x, undefined, undefined, tf.Reduction.NONE);
      return tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad(losses)(logits, weights);
        return { loss: tf.mean(value), gradient: grad };
      });
    };

    /** The op on tensors: the inputs after the first, made of arrays, and the results by name. */
    const operations = {
      softmax: { more: () => [], run: (x) => ({ y: tf.softmax(x) }) },
      'log-softmax': { more: () => [], run: (x) => ({ y: tf.logSoftmax(x) }) },
      'cross-entropy': {
        more: ([, labels], { length }) => [targetsOf(labels, length), tf.fill([labels.length], 1 / labels.length)],
        run: crossEntropy,
      },
    };
    const dispose = (tensors) => {
      for (const tensor of tensors) tensor.dispose();
    };
    const contender = (name, prepareRun) => ({
      name,
      async prepare({ op, inputs, options, shape }) {
        if (!(op in operations)) return { skip: 'is timed on softmax, its logarithm and cross-entropy only' };
        if (shape.inner > 1) return { skip: 'has the last axis only' };
        const { more, run } = operations[op];
        return prepareRun(run, () => [tf.tensor(inputs[0], options.shape), ...more(inputs, shape)]);
      },
    });
    const roundTrip = (run, tensorsOf) => {
      const tensors = tensorsOf();
      const outputs = run(...tensors);
      const read = Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync()]);
      dispose([...tensors, ...Object.values(outputs)]);
      const { y, loss, gradient } = Object.fromEntries(read);
      return y ?? { loss: loss[0], gradient };
    };
    return {
      version: backend.version_wasm,
      contenders: [
        contender('tfjs-op', (run, tensorsOf) => {
          const tensors = tensorsOf();
          return {
            result: () => roundTrip(run, tensorsOf),
            time: (count) => time(() => dispose(Object.values(run(...tensors))), count),
            release: () => dispose(tensors),
          };
        }),
        contender('tfjs', (run, tensorsOf) => {
          const once = () => roundTrip(run, tensorsOf);
          return { result: once, time: (count) => time(once, count) };
        }),
      ],
    };
  },
};
