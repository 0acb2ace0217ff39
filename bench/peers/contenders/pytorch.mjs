import { fileURLToPath } from 'node:url';
import { startPipe } from './pipe.mjs';

const script = fileURLToPath(new URL('../python/softmax.py', import.meta.url));

/**
 * PyTorch on one thread of the processor, float32, into a kept tensor. It runs in the first Python of the list that has it: the
 * interpreter named by the environment variable PYTHON, the one on the path, the system's.
 *
 * @type {import('./index.mjs').Peer}
 */
export const pytorch = {
  title: 'PyTorch',
  names: ['pytorch'],
  async start() {
    const reasons = [];
    for (const interpreter of [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean)) {
      try {
        return await startPipe('pytorch', interpreter, [script], { ...process.env, OMP_NUM_THREADS: '1' });
      } catch (error) {
        reasons.push(`${interpreter}: ${error.message}`);
      }
    }
    throw new Error(reasons.join('; '));
  },
};
