// npm run example:hosts: softmax.simd.wasm without this package's JavaScript, in three hosts. Each prints the same softmax with its gradient, and
// the hash of every kernel's results on the corpus of tests/engines, which must be the one in expected.json there.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cache, compileGuest, link } from '../../tests/engines/guest.mjs';
import { fromDebian, fromNpm } from '../../tests/engines/install.mjs';
import { chosen } from '../../tests/engines/options.mjs';
import { corpusGuest, corpusInput, readHashes, runInit } from '../../tests/engines/wizer.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const binary = fileURLToPath(import.meta.resolve('softmax-simd/softmax.simd.wasm'));

/**
 * What each needs is found or installed, or it throws that it is not available; the function it returns runs the host.
 * @type {Record<string, (how: { install: boolean }) => () => { softmax: number[], gradient: number[], corpus: string }>}
 */
const hosts = {
  JavaScript: () => () => parse(run(process.execPath, [here('javascript.mjs')]).toString()),

  /** Through wizer, which takes one module: a guest that calls the binary, and the binary, linked. */
  Wasmtime(how) {
    const wizer = fromNpm('wizer', `@bytecodealliance/wizer-${process.platform}-${process.arch}`, 'wizer', how);
    return () => {
      const bytes = runInit(wizer, link(binary, compileGuest(here('wasmtime/softmax.ts'))));
      const values = [...new Float32Array(new Uint8Array(bytes).buffer)];
      const corpus = readHashes(runInit(wizer, link(binary, corpusGuest()), corpusInput())).hash;
      return { softmax: values.slice(0, 8), gradient: values.slice(8), corpus };
    };
  },

  /** Translated to C by wasm2c of WABT, with SIMDe for the SIMD instructions. */
  C(how) {
    const wasm2c = fromNpm('wabt', 'wabt@1.0.39', 'bin/wasm2c', how);
    const compiler = process.env.CC ?? fromDebian('/usr/bin/cc', ['gcc', 'libc6-dev'], how);
    fromDebian('/usr/include/simde/wasm/simd128.h', ['libsimde-dev'], how);
    const translate = (module, name) => {
      run(process.execPath, [wasm2c, module, '--module-name', name, '--output', join(cache, `${name}.c`)]);
    };
    // No fused multiply-adds: WebAssembly rounds the product.
    const flags = ['-O2', '-ffp-contract=off', '-I', cache, '-I', here('c')];
    const build = (source, ...modules) => {
      const program = join(cache, basename(source, '.c'));
      run(compiler, [...flags, here(source), ...modules.map((name) => join(cache, `${name}.c`)), '-lm', '-o', program]);
      return program;
    };
    return () => {
      translate(binary, 'softmax');
      translate(corpusGuest(), 'corpus');
      // The guest imports from `env`; in C that is the prefix of the functions it calls.
      for (const file of ['corpus.c', 'corpus.h']) {
        const text = readFileSync(join(cache, file), 'utf8');
        writeFileSync(join(cache, file), text.replaceAll('w2c_env', 'w2c_softmax'));
      }
      const shown = run(build('c/host.c', 'softmax')).toString();
      const { hash } = readHashes(run(build('c/corpus-host.c', 'softmax', 'corpus'), [], corpusInput()));
      return parse(`${shown}corpus ${hash}`);
    };
  },
};

const names = Object.keys(hosts);
const { how, isWanted, isRequired } = chosen({
  command: 'example:hosts',
  kind: 'host',
  names,
  more: ['CC names the C compiler.'],
});

const expected = JSON.parse(readFileSync(here('../../tests/engines/expected.json'), 'utf8')).hash;
let first;
for (const name of names.filter(isWanted)) {
  let host;
  try {
    host = hosts[name](how);
  } catch (error) {
    console.log(`${name}\n  not available: ${error.message}`);
    if (isRequired(name)) process.exitCode = 1;
    continue;
  }
  const result = host();
  const { softmax, gradient, corpus } = result;
  first ??= result;
  const differs = String([softmax, gradient]) !== String([first.softmax, first.gradient]);
  console.log(`${name}\n  softmax   ${digits(softmax)}\n  gradient  ${digits(gradient)}\n  corpus    ${corpus}`);
  if (differs) console.log('  other numbers than before');
  if (corpus !== expected) console.log(`  not the expected hash ${expected}`);
  if (differs || corpus !== expected) process.exitCode = 1;
}

/** Nine digits tell one float32 from another. */
function digits(values) {
  return values.map((value) => Number(value.toPrecision(9))).join(' ');
}

/** The lines that a host prints: a word, then what it names. */
function parse(text) {
  const lines = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0], line.split(' ').slice(1)]),
  );
  const numbers = (words) => words.map((word) => Math.fround(Number(word)));
  return { softmax: numbers(lines.softmax), gradient: numbers(lines.gradient), corpus: lines.corpus[0] };
}

/** @returns {Buffer} standard output */
function run(command, words = [], input = undefined) {
  const child = spawnSync(command, words, { input, maxBuffer: 1 << 20 });
  if (child.status === 0) return child.stdout;
  throw new Error(`${command} ${words.join(' ')}: ${child.error?.message ?? child.stderr.toString().trim()}`);
}
