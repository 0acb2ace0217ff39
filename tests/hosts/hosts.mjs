// The hosts, and what each must run on. `open` finds or installs one, or throws that it is not available; the function that it returns runs
// the check of app/ in a project that has the packed package.

import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { brotliCompressSync } from 'node:zlib';
import { answerOf, browsers } from '../engines/browsers.mjs';
import { fromBun, fromDeno, fromLock, fromNode, fromNpm } from '../engines/install.mjs';
import { bundlers, esbuild, versionOf } from './bundle.mjs';
import * as nextjs from './next.mjs';
import { binary, compilation } from './text.mjs';

const room = fileURLToPath(new URL('.', import.meta.url));
const { platform, arch } = process;

/**
 * @typedef {{ install: boolean }} How whether what is missing may be installed
 * @typedef {{ backends: string[], compared: number, failures: string[] }} Report as app/check.mjs gives it
 * @typedef {(project: string) => Promise<{ version: string, reports: Record<string, Report> }>} Run a report for each place: page, worker, …
 * @typedef {string[]} Backends
 * @typedef {{ name: string, expected: Backends | Record<string, Backends>, open: (how: How) => Run }} Host the same in all places, or of each
 */

const numberIn = (text) => text.match(/\d+([.-]\d+)+/)[0];

/** A command that runs command.mjs: `path words… command.mjs`. */
const command =
  (path, words = []) =>
  async (project) => {
    const output = async (...words) =>
      (await promisify(execFile)(path, words, { cwd: project, timeout: 60_000 })).stdout;
    const report = JSON.parse(await output(...words, 'command.mjs'));
    return { version: numberIn(await output('--version')), reports: { '': report } };
  };

const node = (version, expected, ...words) => ({
  name: ['Node.js', version, ...words].join(' '),
  expected: [expected],
  open: (how) => command(fromNode(version, how), words),
});

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** Serves a folder; the result is the address of its index.html and a way to stop. */
async function serve(folder, headers) {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? 'index.html' : request.url.slice(1);
    try {
      const body = readFileSync(join(folder, path));
      response.writeHead(200, { 'Content-Type': types[extname(path)], ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

const startOf = (name, how) => browsers.find((browser) => browser.name === name).find(how);

/** What a bundler makes, as a page in a browser. */
const page = (bundler, browser, expected, what = bundler, headers = {}) => ({
  name: `${what}, ${browser}`,
  expected: [expected],
  open(how) {
    fromLock(room, how);
    const start = startOf(browser, how);
    return async (project) => {
      const out = join(project, 'out', bundler);
      if (!existsSync(join(out, 'index.html'))) {
        mkdirSync(out, { recursive: true });
        await bundlers[bundler](project, out);
      }
      const server = await serve(out, headers);
      try {
        const { version, ...reports } = await answerOf(start, server.url);
        return { version: `${versionOf(bundler)}, ${version}`, reports };
      } finally {
        server.close();
      }
    };
  },
});

/** workerd.mjs or another worker, bundled and served. `modules` are the names that it imports binaries by. */
const workerd = (name, expected, worker, conditions, modules) => ({
  name,
  expected,
  open(how) {
    fromLock(room, how);
    const cpu = arch === 'x64' ? '64' : arch;
    const path = fromNpm('workerd', `@cloudflare/workerd-${platform}-${cpu}@1.20261117.1`, 'bin/workerd', how);
    return async (project) => {
      const out = join(project, 'out', name);
      const entryPoints = [join(project, worker)];
      // The conditions are those of wrangler, which leaves *.wasm to the host, too.
      await esbuild({ entryPoints, outfile: join(out, 'worker.mjs'), format: 'esm', conditions, external: ['*.wasm'] });
      for (const module of modules) {
        mkdirSync(dirname(join(out, module)), { recursive: true });
        copyFileSync(join(project, 'node_modules/softmax-simd/dist', module.replace(/.*\//, '')), join(out, module));
      }
      const embedded = modules.map((module) => `, (name = "${module}", wasm = embed "${module}")`).join('');
      const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")${embedded}],
  compatibilityDate = "2026-01-01",
);`;
      writeFileSync(join(out, 'config.capnp'), config);
      const version = numberIn((await promisify(execFile)(path, ['--version'])).stdout);
      return { version, reports: { '': await askWorkerd(path, join(out, 'config.capnp')) } };
    };
  },
});

async function askWorkerd(path, config) {
  const server = spawn(path, ['serve', '--control-fd=3', config], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  try {
    const lines = createInterface({ input: server.stdio[3] })[Symbol.asyncIterator]();
    const { value } = await lines.next(); // the port, once it listens
    if (value === undefined) throw new Error('workerd ended before it listened');
    return await reportAt(`http://127.0.0.1:${JSON.parse(value).port}/`);
  } finally {
    server.kill();
  }
}

/** @returns {Promise<Report>} */
async function reportAt(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Next.js: its two runtimes, and a page. Node.js is one that has relaxed SIMD. */
const next = (name, flags) => ({
  name,
  expected: {
    edge: ['js'],
    middleware: ['js', 'simd', 'relaxed'],
    module: ['js', 'simd', 'relaxed'],
    node: ['relaxed'],
    page: ['relaxed'],
    worker: ['relaxed'],
  },
  open(how) {
    const packages = nextjs.find(how);
    const node = fromNode(24, how);
    const start = startOf('Chromium', how);
    return async (project) => {
      const version = await nextjs.build(node, packages, project, flags);
      const server = await nextjs.start(node, project);
      try {
        const reports = {};
        for (const path of ['edge', 'middleware', 'module', 'node']) reports[path] = await reportAt(server.url + path);
        const { version: chromium, ...inPage } = await answerOf(start, server.url);
        return { version: `${version}, ${chromium}`, reports: { ...reports, ...inPage } };
      } finally {
        server.close();
      }
    };
  },
});

/** A bundle for an edge runtime that is stricter than `next start`: a context in which no text and no bytes become code. */
const edge = {
  name: 'esbuild with edge-light',
  expected: ['js', 'simd'],
  open(how) {
    fromLock(room, how);
    return async (project) => {
      const outfile = join(project, 'out', 'edge.js');
      await esbuild({ entryPoints: [join(project, 'edge.mjs')], outfile, format: 'iife', conditions: ['edge-light'] });
      const text = readFileSync(outfile, 'utf8');
      const bytes = readFileSync(join(project, 'node_modules/softmax-simd/dist/softmax.simd.wasm'));
      const context = createContext({ bytes }, { codeGeneration: { strings: false, wasm: false } });
      if (compiles(context)) throw new Error('the context compiles bytes, which an edge runtime does not');
      context.modules = [new WebAssembly.Module(bytes)];
      runInContext(text, context);
      const report = JSON.parse(await context.report);
      for (const pattern of [compilation, binary]) {
        const found = pattern.exec(text);
        if (found) report.failures.push(`the bundle holds ${found[0]}`);
      }
      return { version: versionOf('esbuild'), reports: { '': report } };
    };
  },
};

function compiles(context) {
  try {
    return runInContext('Boolean(new WebAssembly.Module(bytes))', context);
  } catch {
    return false;
  }
}

/** One function, bundled: esbuild is the most careful of the bundlers, and keeps whatever might have an effect. */
const alone = {
  name: 'esbuild, softmax alone',
  expected: [],
  open(how) {
    fromLock(room, how);
    return async (project) => {
      const outfile = join(project, 'out', 'alone.mjs');
      await esbuild({ entryPoints: [join(project, 'alone.mjs')], outfile, format: 'esm', minify: true });
      const { softmax } = await import(outfile);
      const failures = softmax([0, 0])[1] === 0.5 ? [] : ['softmax([0, 0]) is not [0.5, 0.5]'];
      const text = readFileSync(outfile, 'utf8');
      for (const word of ['labelSmoothing', 'inFeatures', 'gradOutput', 'repetitionPenalty', 'setDefaultEngine']) {
        if (text.includes(word)) failures.push(`the bundle holds ${word}`);
      }
      const size = brotliCompressSync(text).length;
      if (size > 22 * 1024) failures.push(`the bundle has ${size} bytes`);
      return { version: versionOf('esbuild'), reports: { '': { backends: [], compared: 1, failures } } };
    };
  },
};

const binaries = ['softmax-simd/softmax.simd.wasm', 'softmax-simd/softmax.relaxed.wasm'];
const policy = { 'Content-Security-Policy': "default-src 'self'" };

/** @type {Host[]} */
export const hosts = [
  node(20, 'simd'),
  node(22, 'relaxed'),
  node(24, 'relaxed'),
  node(26, 'relaxed'),
  ...(arch === 'x64' ? [node(24, 'js', '--no-enable-sse4-1')] : []),
  node(24, 'js', '--jitless'),
  node(24, 'js', '--conditions=edge-light'),
  { name: 'Deno', expected: ['relaxed'], open: (how) => command(fromDeno(how), ['run', '--allow-read']) },
  { name: 'Bun', expected: ['relaxed'], open: (how) => command(fromBun(how), ['run']) },
  workerd('workerd', ['js', 'simd', 'relaxed'], 'workerd.mjs', ['workerd', 'worker', 'browser'], binaries),
  workerd('workerd, default entry', ['js'], 'handler.mjs', [], []),
  edge,
  alone,
  next('Next.js, Turbopack', []),
  next('Next.js, webpack', ['--webpack']),
  // Not WebKitGTK: in a worker of its version 2.50, what WebAssembly.compile promises may come only when something else wakes the worker.
  ...['Chromium', 'Firefox'].flatMap((browser) => [
    ...Object.keys(bundlers).map((bundler) => page(bundler, browser, 'relaxed')),
    page('esbuild', browser, 'js', 'strict CSP', policy),
  ]),
];
