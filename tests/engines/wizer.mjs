// For Wasmtime, as the wizer command holds it: it runs an exported function of a WASI module, here init() of assembly/tests/corpus.ts, which
// takes the corpus on standard input and answers with the states of its hashes on standard output.

import { spawnSync } from 'node:child_process';
import { cases, summarise } from './corpus.mjs';

/** The corpus as assembly/tests/corpus.ts reads it. */
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

let input;

/**
 * @param {string} wizer path of the command
 * @param {string} binary path of the corpus build
 * @returns {ReturnType<typeof summarise>}
 */
export function runWizer(wizer, binary) {
  input ??= encode();
  const options = ['--allow-wasi', '--init-func', 'init', '-o', `${binary}.out`];
  const child = spawnSync(wizer, [...options, binary], { input, maxBuffer: 1 << 20 });
  if (child.status !== 0) throw new Error(`wizer: ${child.error?.message ?? child.stderr.toString().trim()}`);
  const words = new Uint32Array(new Uint8Array(child.stdout).buffer);
  return summarise(Array.from({ length: words.length / 3 }, (_, i) => [...words.subarray(3 * i, 3 * i + 3)]));
}
