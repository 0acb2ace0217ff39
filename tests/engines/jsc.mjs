// For the JavaScriptCore shell, which has neither console nor modules of Node.js: jsc -m jsc.mjs -- simd.wasm relaxed.wasm

import { answer } from './corpus.mjs';

const { arguments: paths, print, read } = globalThis;
const [simd, relaxed] = paths.map((path) => read(path, 'binary'));
print(JSON.stringify(answer(simd, relaxed)));
