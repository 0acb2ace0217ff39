import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPipe } from './pipe.mjs';

const source = fileURLToPath(new URL('../c/softmax.c', import.meta.url));

// By processor and by whether multiply-add is fused, which arm64 always has the instruction for. Nothing here may make a vector longer
// than 128 bits: with -mfma come the AVX registers.
const flags = {
  x64: {
    c: ['-msse4.1', '-ffp-contract=off'],
    'c-fma': ['-mfma', '-mprefer-vector-width=128', '-fno-slp-vectorize', '-ffp-contract=on'],
  },
  arm64: { c: ['-ffp-contract=off'], 'c-fma': ['-ffp-contract=on'] },
};

/** @returns {import('./index.mjs').Peer} */
const peer = (name, title) => ({
  title,
  names: [name],
  async start() {
    const own = flags[process.arch]?.[name];
    if (!own) throw new Error(`has no compiler flags for ${process.arch}`);
    const folder = mkdtempSync(join(tmpdir(), 'softmax-simd-c-'));
    try {
      const program = join(folder, name);
      compile(['-std=c11', '-O3', ...own, '-o', program, source]);
      return await startPipe(name, program, []);
    } finally {
      rmSync(folder, { recursive: true }); // the program that runs is not touched by it
    }
  },
});

function compile(args) {
  try {
    execFileSync('clang', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new Error(error.code === 'ENOENT' ? 'clang is not installed' : 'clang failed: its messages are above');
  }
}

export const c = peer('c', 'C, 128-bit vectors');
export const cFma = peer('c-fma', 'C, 128-bit vectors, fused multiply-add');
