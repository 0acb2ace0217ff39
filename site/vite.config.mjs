// Builds the playground into site/dist and serves it. Every path is relative: the folder works under any address.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What makes the page cross-origin isolated: browsers then give it a finer clock. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const LICENCE = 'LICENSE-assemblyscript.txt'; // every host knows .txt, and a service worker needs all its files

/** The licence that the package's files ask for, and the service worker with the list of all files in it and a version that changes with them. */
const serviceWorker = {
  name: 'service-worker',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const source = readFileSync(here('../dist/LICENSE-assemblyscript'), 'utf8');
      this.emitFile({ type: 'asset', fileName: LICENCE, source });
      const version = createHash('sha256').update(source);
      for (const name of Object.keys(bundle).sort())
        version.update(name).update(bundle[name].code ?? bundle[name].source);
      const copied = readdirSync(here('public'));
      for (const name of copied) version.update(name).update(readFileSync(here(`public/${name}`)));
      const built = Object.keys(bundle).filter((name) => name !== 'index.html');
      const files = [...new Set(['./', LICENCE, ...copied, ...built])];
      const constants = { FILES: files, VERSION: version.digest('hex').slice(0, 16), HEADERS: headers };
      const script = readFileSync(here('service-worker.js'), 'utf8').replace(/\b(FILES|VERSION|HEADERS)\b/g, (name) =>
        JSON.stringify(constants[name]),
      );
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: script });
    },
  },
};

export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [serviceWorker],
  worker: { format: 'es' },
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1000,
    license: { fileName: 'licenses.txt' },
  },
  preview: { headers },
});
