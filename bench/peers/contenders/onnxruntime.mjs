import { timeAwaited } from './in-process.mjs';
import { onnxModel } from './onnx-model.mjs';

const operators = { softmax: 'Softmax', 'log-softmax': 'LogSoftmax' };

// Array in, array out, on one thread: a tensor is made of the input, the session run, the output's data taken.
const peer = (name, title, load, sessionOptions) => ({
  title,
  names: [name],
  async start() {
    const ort = await load();
    const version = ort.env.versions.web ?? ort.env.versions.node;
    const prepare = async ({ op, inputs: [x], options: { shape, axis } }) => {
      if (!(op in operators)) return { skip: `has no operator for ${op}` };
      const session = await ort.InferenceSession.create(onnxModel(operators[op], axis), sessionOptions);
      const run = async () => (await session.run({ x: new ort.Tensor('float32', x, shape) })).y.data;
      return { result: run, time: (count) => timeAwaited(run, count), release: () => session.release() };
    };
    return { version, contenders: [{ name, prepare }] };
  },
});

/** @type {import('./index.mjs').Peer} */
export const onnxruntimeWeb = peer(
  'ort-web',
  'onnxruntime-web',
  async () => {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    return ort;
  },
  { executionProviders: ['wasm'] },
);

/** @type {import('./index.mjs').Peer} */
export const onnxruntimeNode = peer('ort-node', 'onnxruntime-node', () => import('onnxruntime-node'), {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
