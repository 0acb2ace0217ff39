// For Node.js, Deno and Bun: host.mjs simd.wasm relaxed.wasm index.js prints the hashes as JSON.

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { answer } from './corpus.mjs';
import { runTokens } from './tokens.mjs';

const { createEngineSync } = await import(pathToFileURL(argv[4]).href);
const kernels = answer(readFileSync(argv[2]), readFileSync(argv[3]));
console.log(JSON.stringify({ ...kernels, tokens: runTokens(createEngineSync) }));
