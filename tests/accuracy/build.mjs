// What `npm run accuracy` runs, made afresh in node_modules/.cache: the kernels with the probe, one binary per build, by the flags of the shipped
// ones; and measure.ts with all it imports as one file, so that any Node.js version can run it.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/softmax-simd');

/**
 * Compiles an entry of assembly/tests together with the ABI.
 * @param {string} name of its file, without the extension
 * @param {'simd' | 'relaxed'} build
 * @returns {string} path of the binary
 */
export function compile(name, build) {
  mkdirSync(cache, { recursive: true });
  const output = join(cache, `${name}.${build}.wasm`);
  const options = ['--config', 'asconfig.json', '--target', build, '--outFile', output, '--textFile', `${output}.wat`];
  const child = spawnSync(
    process.execPath,
    ['node_modules/assemblyscript/bin/asc.js', `assembly/tests/${name}.ts`, ...options],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (child.status !== 0) throw new Error(`assembly/tests/${name}.ts does not compile: ${child.stderr}`);
  return output;
}

/** @returns {Promise<string>} path of measure.ts as one file */
export async function bundle() {
  const file = join(cache, 'measure.mjs');
  const build = await rolldown({ input: join(root, 'tests/accuracy/measure.ts'), platform: 'node' });
  await build.write({ file, format: 'esm' });
  await build.close();
  return file;
}
