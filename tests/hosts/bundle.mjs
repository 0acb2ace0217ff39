// The bundlers as their users call them: an entry, a folder for the output, and no word on how packages are to be resolved.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

const html = (script) =>
  `<!doctype html><meta charset="utf-8"><title></title><body><script type="module"${script}</script></body>`;
const page = (script) => html(` src="./${script}">`);

/** A page whose only work is to start a worker. */
const launcher = html(`>
const show = (text, title) => {
  document.body.textContent = text;
  document.title = title;
};
const worker = new Worker('./worker.js');
worker.onmessage = ({ data }) => show(JSON.stringify({ worker: data }), 'done');
worker.onerror = ({ message }) => show(message, 'failed');`);

/** Each bundles page.mjs and worker.mjs of the project, and writes index.html. @type {Record<string, (project: string, out: string) => Promise<void>>} */
export const bundlers = {
  async Vite(project, out) {
    const { build } = await import('vite');
    writeFileSync(join(project, 'index.html'), page('page.mjs'));
    const options = { outDir: out, emptyOutDir: true };
    await build({
      root: project,
      base: './',
      configFile: false,
      logLevel: 'warn',
      worker: { format: 'es' },
      build: options,
    });
  },

  async webpack(project, out) {
    await webpack({ context: project, entry: './page.mjs', output: { path: out, filename: 'page.js' } });
    writeFileSync(join(out, 'index.html'), page('page.js'));
  },

  /** The condition `worker` is not only that of edge hosts. */
  async 'webpack, target webworker'(project, out) {
    await webpack({
      context: project,
      entry: './worker.mjs',
      target: 'webworker',
      output: { path: out, filename: 'worker.js' },
    });
    writeFileSync(join(out, 'index.html'), launcher);
  },

  async Rollup(project, out) {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const input = [join(project, 'page.mjs'), join(project, 'worker.mjs')];
    const bundle = await rollup({ input, plugins: [nodeResolve()] });
    await bundle.write({ dir: out, entryFileNames: '[name].mjs' });
    await bundle.close();
    writeFileSync(join(out, 'index.html'), page('page.mjs'));
  },

  async esbuild(project, out) {
    await esbuild({
      entryPoints: [join(project, 'page.mjs'), join(project, 'worker.mjs')],
      format: 'esm',
      splitting: true,
      minify: true,
      outdir: out,
      outExtension: { '.js': '.mjs' },
    });
    writeFileSync(join(out, 'index.html'), page('page.mjs'));
  },
};

/** @param {import('esbuild').BuildOptions} options */
export async function esbuild(options) {
  const { build } = await import('esbuild');
  await build({ bundle: true, logLevel: 'warning', ...options });
}

async function webpack(options) {
  const { default: make } = await import('webpack');
  const compiler = make({ mode: 'production', performance: { hints: false }, ...options });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result)))),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
}

/** @param {string} bundler one of {@link bundlers} */
export const versionOf = (bundler) => require(`${/\w+/.exec(bundler)[0].toLowerCase()}/package.json`).version;
