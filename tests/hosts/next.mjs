// Next.js as its users call it: next build and next start in a project that has the files of next/.

import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromNpm } from '../engines/install.mjs';

/**
 * Finds or installs it: in the cache folder, as its package-lock.json names packages for other systems, which not every registry has.
 * @param {{ install: boolean }} how
 * @returns {string} the folder of the packages
 */
export function find(how) {
  const options = ['react@19.3.1', 'react-dom@19.3.1']; // at one go, as npm brings their newest otherwise
  return dirname(dirname(fromNpm('next', 'next@16.4.6', 'package.json', { ...how, options })));
}

const program = 'node_modules/next/dist/bin/next';
const options = { env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' } };

/** It warns every project that has an edge runtime or a middleware, and in CI every one that is built for the first time. */
const usual =
  /Edge Runtime is deprecated|"middleware" file convention|edge runtime on a page currently disables|No build cache found/;

/** @returns {Promise<string>} the version; @throws Error where the build fails or warns */
export async function build(node, packages, project, flags) {
  cpSync(fileURLToPath(new URL('next', import.meta.url)), project, { recursive: true });
  for (const name of ['next', 'react', 'react-dom']) {
    const link = join(project, 'node_modules', name);
    if (!existsSync(link)) symlinkSync(join(packages, name), link, 'junction');
  }
  const words = [program, 'build', ...flags];
  const { stdout, stderr } = await promisify(execFile)(node, words, {
    ...options,
    cwd: project,
    timeout: 180_000,
  }).catch(({ message, stdout }) => {
    throw new Error(`${message}\n${stdout}`);
  });
  const output = stdout + stderr;
  if (output.split('\n').some((line) => /⚠|warning/i.test(line) && !usual.test(line)))
    throw new Error(`next build warns:\n${output}`);
  return JSON.parse(readFileSync(join(packages, 'next/package.json'), 'utf8')).version;
}

/** Starts what was built; the result is its address and a way to stop. */
export async function start(node, project) {
  const words = [program, 'start', '--hostname', '127.0.0.1', '--port', '0'];
  const server = spawn(node, words, { ...options, cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\S+/.exec(line);
    if (url) return { url: `${url[0]}/`, close: () => server.kill() };
  }
  throw new Error('next start ended before it listened');
}
