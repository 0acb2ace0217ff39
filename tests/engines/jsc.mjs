// For the JavaScriptCore shell, which has neither console nor modules of Node.js: jsc -m jsc.mjs -- simd.wasm relaxed.wasm index.js

import { answer } from './corpus.mjs';
import { runTokens } from './tokens.mjs';

const { arguments: paths, print, read } = globalThis;
const [simd, relaxed] = [paths[0], paths[1]].map((path) => read(path, 'binary'));
globalThis.TextDecoder ??= class {}; // the package's loader makes one for strings, of which there are none
const { createEngineSync } = await import(paths[2]);
print(JSON.stringify({ ...answer(simd, relaxed), tokens: runTokens(createEngineSync) }));
