// softmax.simd.wasm called by pointers: nothing but the WebAssembly API and the file.

import { readFileSync } from 'node:fs';
import { runCorpus } from '../../tests/engines/corpus.mjs';

const binary = readFileSync(new URL(import.meta.resolve('softmax-simd/softmax.simd.wasm')));
const { instance } = await WebAssembly.instantiate(binary);
const { memory, heap_base, softmax_f32, softmax_backward_f32 } = instance.exports;

// Two arrays of 2 × 4 float32 behind heap_base, each at a multiple of 16.
const [rows, columns] = [2, 4];
const bytes = rows * columns * 4;
const x = Math.ceil(heap_base.value / 16) * 16;
const g = x + bytes;
const missing = g + bytes - memory.buffer.byteLength;
if (missing > 0) memory.grow(Math.ceil(missing / 65536)); // before any view: growing empties those that there are

const values = new Float32Array(memory.buffer, x, rows * columns);
values.set([1, 3, 5, 7, 1, -9, 4, 8]);
softmax_f32(x, x, rows, columns, 1, 1); // in place
console.log('softmax', ...values);

const gradient = new Float32Array(memory.buffer, g, rows * columns);
gradient.set([1, 0, 0, 0, 1, 1, 1, 1]);
softmax_backward_f32(g, x, g, rows, columns, 1, 1);
console.log('gradient', ...gradient);

// Every kernel on some thousand tensors, called in the same way.
console.log('corpus', runCorpus(binary).hash);
