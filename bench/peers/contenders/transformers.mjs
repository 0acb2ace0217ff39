import { readFileSync } from 'node:fs';
import { checkDraws, ops } from '../../cases.mjs';
import { timeAwaited } from './in-process.mjs';

const folder = new URL('../node_modules/@huggingface/transformers/', import.meta.url);

/** The package does not export its sampler: by path. */
export async function loadTransformers() {
  const [
    { LogitsSampler },
    { GenerationConfig },
    processors,
    { Tensor },
    { softmax },
    { Random },
    { TensorOpRegistry },
  ] = await Promise.all(
    [
      'generation/logits_sampler',
      'generation/configuration_utils',
      'generation/logits_process',
      'utils/tensor',
      'utils/maths',
      'utils/random',
      'ops/registry',
    ].map((name) => import(new URL(`src/${name}.js`, folder).href)),
  );
  TensorOpRegistry.session_options = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  };
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return { version, LogitsSampler, GenerationConfig, ...processors, Tensor, softmax, Random };
}

/**
 * The sampler behind `generate` of transformers.js, awaited as it is there: TopK by onnxruntime-node, native on the CPU, of all entries where
 * no top-k is wanted, which is a sort; softmax of what that gives; a draw. It has no top-p and no min-p: it is timed without them.
 *
 * @type {import('./index.mjs').Peer}
 */
export const transformers = {
  title: 'transformers.js',
  names: ['transformers'],
  async start() {
    const { version, LogitsSampler, GenerationConfig, Tensor } = await loadTransformers();
    const prepare = async (testCase) => {
      const { op, shape, inputs } = testCase;
      if (op === 'top-k') return { skip: 'has no function for the largest entries alone' };
      if (shape.outer > 1) return { skip: 'draws from one row' };
      const { topK = 0, topP = 1 } = ops[op].filters;
      const settings = { do_sample: true, num_beams: 1, top_k: topK, top_p: topP };
      const sampler = LogitsSampler.getSampler(new GenerationConfig(settings));
      const dims = [1, shape.length];
      const run = async () => sampler(new Tensor('float32', inputs[0], dims));
      const check = ([[token]]) =>
        checkDraws(testCase, 'transformers', [Number(token)], { topK: topK || shape.length });
      return { result: run, check, time: (count) => timeAwaited(run, count) };
    };
    return { version, contenders: [{ name: 'transformers', isFor: (op) => ops[op].ofVocabulary === true, prepare }] };
  },
};
