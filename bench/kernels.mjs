// npm run bench:kernels: the float32 kernels alone, data in place, without the package around them. So it runs on other engines too:
// /path/to/node bench/kernels.mjs, or jsc -m bench/kernels.mjs -- build/softmax.simd.wasm

const shapes = [
  [64, 1000],
  [64, 128],
  [64, 10],
];
const ROUNDS = 200;
/** Elements that a round works through, at least. */
const ELEMENTS = 400_000;

/** What the calls take, in wasm memory: four tensors, labels, factors and losses. */
function place({ memory, heap_base }, rows, length) {
  const size = rows * length;
  const bytes = 4 * size + 64;
  const start = (heap_base.value + 63) & ~63;
  const at = [0, 1, 2, 3].map((i) => start + ((i * bytes) & ~63));
  const labels = start + 4 * bytes;
  const factors = (labels + 4 * rows + 63) & ~63;
  const losses = factors + 8 * rows;
  const missing = losses + 8 * rows - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  let seed = 1;
  const uniform = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 1;
    return (seed + 1) / 2 ** 31;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  at.forEach((pointer, i) => {
    const deviation = i === 0 ? 2 : 1; // the logits first
    new Float32Array(memory.buffer, pointer, size).forEach((_, j, tensor) => {
      tensor[j] = deviation * normal();
    });
  });
  new Int32Array(memory.buffer, labels, rows).forEach((_, n, all) => {
    all[n] = (7 * n) % length;
  });
  new Float64Array(memory.buffer, factors, rows).fill(1 / rows);
  return { x: at[0], g: at[1], s: at[2], y: at[3], labels, factors, losses };
}

function calls(kernels, rows, length) {
  const { x, g, s, y, labels, factors, losses } = place(kernels, rows, length);
  kernels.softmax_f32(x, s, rows, length, 1, 1);
  return {
    softmax: () => kernels.softmax_f32(x, y, rows, length, 1, 1),
    'log-softmax': () => kernels.log_softmax_f32(x, y, rows, length, 1, 1),
    'log-sum-exp': () => kernels.log_sum_exp_f32(x, y, rows, length, 1, 1),
    'softmax-backward': () => kernels.softmax_backward_f32(g, s, y, rows, length, 1, 1),
    'softmax-hvp': () => kernels.softmax_hvp_f32(g, s, x, y, rows, length, 1),
    'cross-entropy': () => kernels.cross_entropy_f32(x, y, 0, 0, labels, 0, factors, losses, rows, length, 1),
  };
}

/** The least time of a call over interleaved rounds, in ns per element, by operation. */
function measure(kernels, rows, length, rounds, now) {
  const entries = Object.entries(calls(kernels, rows, length)).map(([name, run]) => ({ name, run, best: Infinity }));
  const count = Math.ceil(ELEMENTS / (rows * length));
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      const start = now();
      for (let i = 0; i < count; i++) entry.run();
      entry.best = Math.min(entry.best, ((now() - start) * 1e6) / (count * rows * length));
    }
  }
  return entries;
}

function report(binary, rounds, now) {
  const kernels = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports;
  const measured = shapes.map(([rows, length]) => measure(kernels, rows, length, rounds, now));
  const titles = shapes.map((shape) => shape.join('x').padStart(10));
  const lines = [`${(kernels.relaxed.value ? 'relaxed' : 'simd').padEnd(18)}${titles.join('')}   ns per element`];
  measured[0].forEach(({ name }, i) => {
    lines.push(`${name.padEnd(18)}${measured.map((entries) => entries[i].best.toFixed(3).padStart(10)).join('')}`);
  });
  return lines.join('\n');
}

if (globalThis.process?.versions) {
  const { readFileSync } = await import('node:fs');
  const { parseArgs } = await import('node:util');
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: String(ROUNDS) } } });
  for (const build of ['simd', 'relaxed']) {
    const binary = readFileSync(new URL(`../build/softmax.${build}.wasm`, import.meta.url));
    if (WebAssembly.validate(binary)) console.log(report(binary, Number(values.rounds), () => performance.now()));
  }
} else {
  const { arguments: paths, preciseTime, print, read } = globalThis;
  for (const path of paths) print(report(read(path, 'binary'), ROUNDS, () => 1000 * preciseTime()));
}
