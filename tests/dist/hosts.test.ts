// examples/hosts as far as Node.js alone can run it; `npm run example:hosts` runs the rest.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createEngineSync } from '../../src/index.ts';
import expected from '../engines/expected.json' with { type: 'json' };
import { compileGuest } from '../engines/guest.mjs';

const run = promisify(execFile);
const folder = new URL('../../examples/hosts/', import.meta.url);
const binary = new URL('../../build/softmax.simd.wasm', import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, folder));

const engine = createEngineSync({ backend: 'simd' });
const shape = [2, 4];
const softmax = engine.softmax(Float32Array.of(1, 3, 5, 7, 1, -9, 4, 8), { shape });
const gradient = engine.softmaxBackward(Float32Array.of(1, 0, 0, 0, 1, 1, 1, 1), softmax, { shape });

test('plain JavaScript by pointers gives the bits of the engine and the expected hash', async () => {
  const { stdout, stderr } = await run(process.execPath, [pathOf('javascript.mjs')]);
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual([
    `softmax ${softmax.join(' ')}`,
    `gradient ${gradient.join(' ')}`,
    `corpus ${expected.hash}`,
  ]);
});

test('the module for Wasmtime, beside the binary in Node.js, writes the same', () => {
  const { exports: env } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(binary)));
  const { buffer } = env.memory as WebAssembly.Memory;
  let written = new Float32Array();
  const fd_write = (_fd: number, vector: number) => {
    const [at, bytes] = new Uint32Array(buffer, vector, 2);
    written = new Float32Array(buffer.slice(at, at + bytes));
    return 0;
  };
  const guest = new WebAssembly.Module(readFileSync(compileGuest(pathOf('wasmtime/softmax.ts'))));
  const imports = { env, wasi_snapshot_preview1: { fd_write } };
  (new WebAssembly.Instance(guest, imports).exports.init as () => void)();
  expect([...written]).toEqual([...softmax, ...gradient]);
});

describe('assembly/README.md', () => {
  const validator = fileURLToPath(new URL('../../node_modules/binaryen/bin/wasm-opt', import.meta.url));
  const needed = ['--enable-simd', '--enable-bulk-memory-opt', '--enable-mutable-globals'];
  const validate = (build: string, features: string[]) =>
    run(process.execPath, [
      validator,
      '--mvp-features',
      ...features,
      `build/softmax.${build}.wasm`,
      '--output',
      '/dev/null',
    ]).then(
      () => 'valid',
      () => 'invalid',
    );

  test('names what a host needs beyond the first WebAssembly, no more and no less', { timeout: 180_000 }, async () => {
    expect(await validate('simd', needed)).toBe('valid');
    for (const feature of needed)
      expect(
        await validate(
          'simd',
          needed.filter((other) => other !== feature),
        ),
        feature,
      ).toBe('invalid');
    expect(await validate('relaxed', needed)).toBe('invalid');
    expect(await validate('relaxed', [...needed, '--enable-relaxed-simd'])).toBe('valid');
  });
});

test('README.md links to files that exist', () => {
  const links = [...readFileSync(pathOf('README.md'), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
    ([, link]) => link,
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(new URL(link, folder)))).toEqual([]);
});
