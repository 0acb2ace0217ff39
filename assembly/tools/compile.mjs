// assembly/ → build/*.wasm and *.wat: both builds at once, with the flags of asconfig.json, the binaries packed. Nothing is done where both are newer
// than all that they are made of.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pack } from './pack.mjs';

const root = new URL('../../', import.meta.url);
const asc = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'));
const builds = ['simd', 'relaxed'].map((target) => ({
  target,
  output: new URL(`build/softmax.${target}.wasm`, root),
}));

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const sources = readdirSync(new URL('assembly', root), { recursive: true }).filter((file) => /\.m?[jt]s$/.test(file));
const files = [...sources.map((file) => `assembly/${file}`), 'asconfig.json', 'package-lock.json'];
const newest = Math.max(...files.map((file) => modified(new URL(file, root))));

if (builds.some(({ output }) => modified(output) <= newest)) await Promise.all(builds.map(compile));

/** Ends the process with an exit code where the compiler does. */
async function compile({ target, output }) {
  const start = new Date(); // a source that changes from here on is newer than the output
  const child = spawn(process.execPath, [asc, '--config', 'asconfig.json', '--target', target], {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
  });
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) {
    process.exitCode = 1;
    return;
  }
  writeFileSync(output, pack(readFileSync(output)));
  utimesSync(output, start, start);
  console.log(`build/softmax.${target}.wasm: ${statSync(output).size} bytes`);
}
