// Guests: WebAssembly modules compiled by themselves that import the exports of a binary, its memory included, from the module `env`.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of what these functions write. */
export const cache = join(root, 'node_modules/.cache/softmax-simd/guests');

function run(script, words, cwd) {
  mkdirSync(cache, { recursive: true });
  const child = spawnSync(process.execPath, [join(root, 'node_modules', script), ...words], { cwd, encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${basename(script)} ${words.join(' ')}: ${child.stderr.trim()}`);
}

/**
 * Compiles a guest.
 * @param {string} source path of its AssemblyScript
 * @returns {string} path of the module
 */
export function compileGuest(source) {
  const file = join(cache, basename(source).replace(/\.ts$/, '.guest.wasm'));
  const options = ['--runtime', 'stub', '--importMemory', '--noExportMemory', '--optimize', '--outFile', file];
  // In its folder: asconfig.json of the root names entries that would become part of the guest.
  run('assemblyscript/bin/asc.js', [basename(source), ...options], dirname(source));
  return file;
}

/**
 * One module of a binary and a guest, for a host that takes no more than one.
 * @param {string} binary path
 * @param {string} guest path
 * @returns {string} path of the module
 */
export function link(binary, guest) {
  const file = join(cache, `${basename(guest, '.guest.wasm')}.${basename(binary)}`);
  run('binaryen/bin/wasm-merge', [binary, 'env', guest, 'guest', '--all-features', '--output', file], root);
  return file;
}
