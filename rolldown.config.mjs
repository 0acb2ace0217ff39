import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** A module that sets a global has a side effect, and cannot be imported where globals are frozen. Every host of ours has Object.hasOwn. */
const polyfill = /^Object\.hasOwn = [\s\S]*?^};\n/m;
const loader = {
  name: 'loader',
  transform(code, id) {
    if (!id.includes('@assemblyscript/loader')) return null;
    if (!polyfill.test(code))
      throw new Error('rolldown.config.mjs: the polyfill of @assemblyscript/loader is not found');
    return code.replace(polyfill, '');
  },
};

/** What the command shares with the library. */
const entries = { index: 'src/index.ts', reference: 'src/reference.ts' };

// The command uses the library beside it, as src/cli and as bench/, which knows it by its name, import it.
const library = {
  name: 'library',
  resolveId(source, importer) {
    const entry = Object.keys(entries).find((name) => {
      if (source === `softmax-simd/${name}`.replace('/index', '')) return true;
      return source.startsWith('.') && resolve(importer, '..', source) === resolve(entries[name]);
    });
    return entry && { id: `./${entry}.js`, external: true };
  },
};

// One module for each query: bench/ has instances of a file for each element type.
const queries = {
  name: 'queries',
  load: (id) => (id.includes('?') ? { code: readFileSync(id.replace(/\?.*/, ''), 'utf8'), moduleType: 'js' } : null),
};

// Says what packages are inside, with their licences.
const licences = {
  name: 'licences',
  writeBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => Object.keys(chunk.modules ?? {}));
    const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
    const texts = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (!file) throw new Error(`${folder} has no licence to copy`);
      return `${name} ${version}, ${license}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`;
    });
    writeFileSync('dist/LICENSE-cli', texts.join(`\n${'-'.repeat(80)}\n\n`));
    chmodSync('dist/cli.js', 0o755);
  },
};

export default defineConfig([
  {
    input: { ...entries, edge: 'src/index.ts?edge' },
    plugins: [edge, loader, binaries],
    output: {
      dir: 'dist',
      cleanDir: true,
      banner: (chunk) =>
        chunk.name === 'index'
          ? '/*! Contains @assemblyscript/loader without its polyfill of Object.hasOwn, Apache-2.0: LICENSE-assemblyscript. */'
          : '',
      // What the entries share, so that their buffers and errors are of the same classes: two of them, or all.
      chunkFileNames: ({ moduleIds }) => {
        const holds = (file) => moduleIds.includes(resolve(file));
        return holds('src/runtime.ts') ? 'shared.js' : holds('src/wasm/runtime.ts') ? 'shared-wasm.js' : '[name].js';
      },
    },
  },
  {
    input: { cli: 'src/cli/main.ts' },
    platform: 'node',
    plugins: [library, queries, licences],
    output: { dir: 'dist', banner: '#!/usr/bin/env node\n/*! Contains other packages: LICENSE-cli. */' },
  },
]);
