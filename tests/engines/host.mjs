// For Node.js, Deno and Bun: host.mjs simd.wasm relaxed.wasm prints the hashes as JSON.

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { answer } from './corpus.mjs';

console.log(JSON.stringify(answer(readFileSync(argv[2]), readFileSync(argv[3]))));
