// The corpus on hosts without JavaScript: assembly/tests/corpus.ts, a guest of the binary, takes it on standard input and answers with the
// states of its hashes on standard output. One such host is Wasmtime as the wizer command holds it, which runs an exported function of a module.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cases, summarise } from './corpus.mjs';
import { compileGuest, link } from './guest.mjs';

let guest;
/** @returns {string} path of the guest that runs the corpus, compiled when first asked for */
export function corpusGuest() {
  guest ??= compileGuest(fileURLToPath(new URL('../../assembly/tests/corpus.ts', import.meta.url)));
  return guest;
}

function encode() {
  const parts = [];
  for (const { wide, outer, length, inner, scale, offset, inPlace, x, g, hasNaN } of cases()) {
    const header = new DataView(new ArrayBuffer(32));
    [wide ? 1 : 0, outer, length, inner, (offset ? 1 : 0) | (inPlace ? 2 : 0) | (hasNaN ? 4 : 0)].forEach(
      (value, i) => {
        header.setUint32(4 * i, value, true);
      },
    );
    header.setFloat64(24, scale, true);
    for (const array of [header, x, g]) parts.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  const end = new Uint8Array(32);
  end[0] = 2;
  return Buffer.concat([...parts, end]);
}

let corpus;
/** @returns {Buffer} the cases as the guest reads them */
export function corpusInput() {
  corpus ??= encode();
  return corpus;
}

/** @param {Uint8Array} output of the guest @returns {ReturnType<typeof summarise>} */
export function readHashes(output) {
  const words = new Uint32Array(new Uint8Array(output).buffer);
  return summarise(Array.from({ length: words.length / 3 }, (_, i) => [...words.subarray(3 * i, 3 * i + 3)]));
}

/**
 * Runs init() of a module.
 * @param {string} wizer path of the command
 * @param {string} module path
 * @param {Uint8Array} [input] its standard input
 * @returns {Buffer} its standard output
 */
export function runInit(wizer, module, input = new Uint8Array()) {
  const options = ['--allow-wasi', '--init-func', 'init', '-o', `${module}.out`];
  const child = spawnSync(wizer, [...options, module], { input, maxBuffer: 1 << 20 });
  if (child.status !== 0) throw new Error(`wizer: ${child.error?.message ?? child.stderr.toString().trim()}`);
  return child.stdout;
}

/**
 * @param {string} wizer path of the command
 * @param {string} binary path of one of build/*.wasm
 */
export function runWizer(wizer, binary) {
  return readHashes(runInit(wizer, link(binary, corpusGuest()), corpusInput()));
}
