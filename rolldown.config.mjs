import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'rolldown';

const binaries = {
  name: 'binaries',
  writeBundle() {
    mkdirSync('dist', { recursive: true });
    for (const build of ['simd', 'relaxed']) copyFileSync(`build/softmax.${build}.wasm`, `dist/softmax.${build}.wasm`);
    copyFileSync('node_modules/assemblyscript/LICENSE', 'dist/LICENSE-assemblyscript');
  },
};

/** The edge entry is src/index.ts with load.edge.ts for load.ts: a second copy of the modules that lead there; the entries share the others. */
const copied = ['index', 'engine', 'backend'].map((name) => resolve(`src/${name}.ts`));
const edge = {
  name: 'edge',
  resolveId(source, importer) {
    if (!/\?edge$/.test(source) && !importer?.endsWith('?edge')) return null;
    const path = importer ? resolve(importer, '..', source) : resolve(source);
    if (path === resolve('src/wasm/load.ts')) return resolve('src/wasm/load.edge.ts');
    return copied.includes(path) ? `${path}?edge` : path;
  },
  load: (id) =>
    id.endsWith('?edge') ? { code: readFileSync(id.replace('?edge', ''), 'utf8'), moduleType: 'ts' } : null,
};

export default defineConfig({
  input: { index: 'src/index.ts', edge: 'src/index.ts?edge', reference: 'src/reference.ts' },
  plugins: [edge, binaries],
  output: {
    dir: 'dist',
    cleanDir: true,
    banner: (chunk) =>
      chunk.name === 'index' ? '/*! Contains @assemblyscript/loader, Apache-2.0: LICENSE-assemblyscript. */' : '',
    // What the entries share, so that their buffers and errors are of the same classes: two of them, or all.
    chunkFileNames: ({ moduleIds }) => {
      const holds = (file) => moduleIds.includes(resolve(file));
      return holds('src/runtime.ts') ? 'shared.js' : holds('src/wasm/runtime.ts') ? 'shared-wasm.js' : '[name].js';
    },
  },
});
