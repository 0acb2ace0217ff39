import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

const binaries = {
  name: 'binaries',
  writeBundle() {
    mkdirSync('dist', { recursive: true });
    for (const build of ['simd', 'relaxed']) copyFileSync(`build/softmax.${build}.wasm`, `dist/softmax.${build}.wasm`);
    copyFileSync('node_modules/assemblyscript/LICENSE', 'dist/LICENSE-assemblyscript');
  },
};

const entries = { index: 'src/index.ts', reference: 'src/reference.ts' };

// The command uses the library beside it, as src/cli and as bench/, which knows it by its name, import it.
const library = {
  name: 'library',
  resolveId(source, importer) {
    const entry = Object.keys(entries).find((name) => {
      if (source === `softmax-simd/${name}`.replace('/index', '')) return true;
      return source.startsWith('.') && new URL(source, `file://${importer}`).pathname === path(entries[name]);
    });
    return entry && { id: `./${entry}.js`, external: true };
  },
};

// One module for each query: bench/ has instances of a file for each element type.
const queries = {
  name: 'queries',
  load: (id) => (id.includes('?') ? { code: readFileSync(id.replace(/\?.*/, ''), 'utf8'), moduleType: 'js' } : null),
};

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

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
    input: entries,
    plugins: [binaries],
    output: {
      dir: 'dist',
      cleanDir: true,
      banner: (chunk) =>
        chunk.name === 'index' ? '/*! Contains @assemblyscript/loader, Apache-2.0: LICENSE-assemblyscript. */' : '',
      // What both entries share, so that their buffers and errors are of the same classes.
      chunkFileNames: 'shared-[name].js',
    },
  },
  {
    input: { cli: 'src/cli/main.ts' },
    platform: 'node',
    plugins: [library, queries, licences],
    output: { dir: 'dist', banner: '#!/usr/bin/env node\n/*! Contains other packages: LICENSE-cli. */' },
  },
]);
