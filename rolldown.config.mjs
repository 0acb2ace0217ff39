import { copyFileSync, mkdirSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const binaries = {
  name: 'binaries',
  writeBundle() {
    mkdirSync('dist', { recursive: true });
    for (const build of ['simd', 'relaxed']) copyFileSync(`build/softmax.${build}.wasm`, `dist/softmax.${build}.wasm`);
    copyFileSync('node_modules/assemblyscript/LICENSE', 'dist/LICENSE-assemblyscript');
  },
};

export default defineConfig({
  input: { index: 'src/index.ts', reference: 'src/reference.ts' },
  plugins: [binaries],
  output: {
    dir: 'dist',
    cleanDir: true,
    banner: (chunk) =>
      chunk.name === 'index' ? '/*! Contains @assemblyscript/loader, Apache-2.0: LICENSE-assemblyscript. */' : '',
    // What both entries share, so that their buffers and errors are of the same classes.
    chunkFileNames: 'shared-[name].js',
  },
});
