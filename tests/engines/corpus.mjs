// A corpus of inputs for every kernel, and one hash of all the bits that come out: equal hashes are equal bits. Plain JavaScript that any
// engine takes as a module; the binary is given as bytes. The inputs come from integer arithmetic, +, − and ×, which leave no engine a choice.

/** SplitMix32: the finaliser of MurmurHash3 over a Weyl sequence. Integers in [0, 2³²). */
export function createRandom(seed) {
  let weyl = seed >>> 0;
  return () => {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    let z = Math.imul(weyl ^ (weyl >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

/** One step of MurmurHash3 (Appleby 2011). */
function mix(state, word) {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = state ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(state, count) {
  let h = state ^ count;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, '0');
}

/** MurmurHash3 of 32-bit words, twice with two seeds: 64 bits. A state is both halves and the count of words. */
export const createState = () => [0x3c6ef372, 0x1b873593, 0];

export function addWords(state, words) {
  let [a, b] = state;
  for (let i = 0; i < words.length; i++) {
    a = mix(a, words[i]);
    b = mix(b, words[i]);
  }
  state[0] = a;
  state[1] = b;
  state[2] += words.length;
}

export const digest = ([a, b, count]) => finish(a, count) + finish(b, count);

const KINDS = 10;
const SCALES = [1, 1, 1, -1, 1 / 0.7, 10, 0.001, Math.LN2, -0.05, 1e30, 5e-324, Infinity, -Infinity];

function* shapes() {
  for (let length = 1; length <= 67; length++) yield [19, length, 1];
  for (const length of [100, 127, 128, 129, 255, 256, 257, 511, 513, 1000, 1023, 1025, 2047, 4099])
    yield [3, length, 1];
  yield [1, 20011, 1];
  yield [1, 65537, 1];
  for (const length of [1, 2, 3, 5, 8, 17, 31, 33, 64, 67, 129, 257, 300, 600]) {
    for (const inner of [2, 3, 7, 8, 15, 16, 17, 20, 33, 48]) yield [1 + ((length + inner) % 3), length, inner];
  }
}

/**
 * @typedef {object} Case
 * @property {boolean} wide float64
 * @property {number} outer
 * @property {number} length
 * @property {number} inner
 * @property {number} scale
 * @property {boolean} offset whether the arrays begin one element off their alignment
 * @property {boolean} inPlace whether the result replaces its input
 * @property {Uint32Array} x bits of the logits, low word first
 * @property {Uint32Array} g bits of the incoming gradients
 * @property {boolean} hasNaN whether one of those is NaN
 */

/** @returns {Generator<Case>} */
export function* cases() {
  const random = createRandom(2026);
  const below = (n) => random() % n;
  const uniform = () => random() * 2 ** -32;
  const bell = () => 2 * (uniform() + uniform() + uniform() + uniform() - 2) + (uniform() - 0.5) * 2 ** -20;
  let number = 0;
  for (let round = 0; round < 2; round++) {
    for (const [outer, length, inner] of shapes()) {
      for (const wide of [false, true]) {
        const size = outer * length * inner;
        const x = wide ? new Float64Array(size) : new Float32Array(size);
        const g = wide ? new Float64Array(size) : new Float32Array(size);
        const bits = new Uint32Array(x.buffer);
        const step = wide ? 2 : 1;
        const low = wide ? 745 : 104;
        let hasNaN = false;
        for (let o = 0; o < outer; o++) {
          for (let i = 0; i < inner; i++) {
            const kind = below(KINDS);
            const mean = [0, 0, 100, -207.5, 208, -1e4, 1e6, -1490, 3e38][below(9)] * (wide ? 1 : 1 - 2 ** -4);
            const spread = [0.1, 1, 3, 10, 30, 100][below(6)];
            const special = kind === 9 ? below(length) : -1;
            for (let k = 0; k < length; k++) {
              const at = (o * length + k) * inner + i;
              g[at] = kind === 8 ? (k === 0 ? 1 : 0) : bell();
              if (kind === 0) x[at] = mean - low * 1.5 * uniform();
              else if (kind === 1) x[at] = mean - low * uniform() * 2 ** -below(40);
              else if (kind === 2) x[at] = below(3) === 0 ? -Infinity : mean + spread * bell();
              else if (kind === 3) x[at] = k === length >> 1 ? mean + spread * 6 : mean + bell();
              else if (kind === 4) x[at] = below(2) === 0 ? mean : mean - spread;
              else if (kind === 5) {
                // Any bit pattern, but the lowest bit of the exponent clear: no NaN, no infinity.
                for (let w = 0; w < step; w++) bits[at * step + w] = random();
                bits[at * step + step - 1] &= wide ? ~0x100000 : ~0x800000;
              } else x[at] = mean + spread * bell();
              if (k !== special) continue;
              const which = below(6);
              writeSpecial(which, bits, x, g, at, step);
              hasNaN ||= which === 5;
            }
          }
        }
        yield {
          wide,
          outer,
          length,
          inner,
          scale: SCALES[number % SCALES.length],
          offset: below(4) === 0,
          inPlace: below(4) === 0,
          x: bits,
          g: new Uint32Array(g.buffer),
          hasNaN,
        };
        number++;
      }
    }
  }
}

/** +∞ and NaN of either sign and with a payload: by their bits, for an engine may change a NaN that passes through a variable. */
function writeSpecial(which, bits, x, g, at, step) {
  const write = (words, pattern) => {
    if (step === 2) words[2 * at] = 0;
    words[step * (at + 1) - 1] = pattern;
  };
  if (which === 0) x[at] = Infinity;
  else if (which === 1) x[at] = -Infinity;
  else if (which === 2) write(bits, 0x7ff80000);
  else if (which === 3) write(bits, 0xfff80000);
  else if (which === 4) write(bits, 0xfff81234);
  else write(new Uint32Array(g.buffer), 0xfff81234);
}

/** The order in which the kernels run on a case: derivatives after the operation whose output they take. */
const OPS = [
  ...['softmax', 'softmax_backward', 'softmax_hvp', 'cross_entropy'],
  ...['log_softmax', 'log_softmax_backward', 'log_softmax_jvp', 'log_softmax_hvp'],
  ...['log_sum_exp', 'hardmax', 'transpose', 'matmul'],
];
/** Those that know contiguous rows only. */
const ROW_OPS = ['softmax_hvp', 'cross_entropy', 'log_softmax_jvp', 'log_softmax_hvp', 'matmul'];
/** What sampling has for a row of float32; behind the others. */
const ROW_PASSES = ['block_maxima', 'weigh', 'mass_from'];
const NAMES = [
  ...['f32', 'f64'].flatMap((format) => OPS.map((op) => `${op}_${format}`)),
  ...ROW_PASSES.map((op) => `${op}_f32`),
];

/** The kernels without a relaxed instruction: both builds give the same bits. */
export const UNRELAXED = NAMES.filter((name) => /^(hardmax|transpose|block_maxima|weigh|mass_from)_/.test(name));

/**
 * @param {number[][]} states of the kernels, in the order of NAMES
 * @returns {{ hash: string, ops: Record<string, string> }} one hash of them all, and that of each kernel
 */
export function summarise(states) {
  const ops = Object.fromEntries(NAMES.map((name, i) => [name, digest(states[i])]));
  const all = createState();
  for (const state of states) addWords(all, state);
  return { hash: digest(all), ops };
}

/**
 * Where the four arrays of a case lie, behind them what cross-entropy has for each row, and behind that the weights of a row, the masses and the
 * maxima of its blocks; and how many bytes a result has.
 */
function layOut(exports, { wide, outer, length, inner, offset }) {
  const bytes = wide ? 8 : 4;
  const size = outer * length * inner * bytes;
  const room = (size + 127) & ~63;
  const base = (exports.heap_base.value + 63) & ~63;
  const behind = base + 4 * room;
  const weights = behind + 32 * outer * inner;
  const blocks = Math.ceil(length / BLOCK);
  const masses = weights + (blocks + 1) * 4 * BLOCK; // a pass that begins within a block ends in the one after the last
  const maxima = masses + (blocks + 1) * 8;
  return {
    size,
    reduced: outer * inner * bytes,
    places: [0, 1, 2, 3].map((i) => base + i * room + (offset ? bytes : 0)),
    perRow: [0, 1, 2, 3].map((i) => behind + i * 8 * outer * inner),
    blocks,
    passes: [weights, masses, maxima],
    end: maxima + (blocks + 1) * 4,
  };
}

/** Entries of a block of a row. */
const BLOCK = 64;

/** What rows of a length have as the unit of weights: no sum of them rounds. */
function unitOf(length) {
  let unit = 2 ** -48;
  for (let n = 32; n < length; n *= 2) unit *= 2;
  return unit;
}

/** What cross-entropy has for row n: its label, now and then none; its coefficient and its factor. */
const labelOf = (n, length) => (n % 5 === 3 ? -1 : (7 * n) % length);
const coefficientOf = (n) => (n % 3) / 2;
const factorOf = (n) => (n % 4) - 1.5;

/**
 * @param {BufferSource} binary one of build/*.wasm
 * @returns {{ hash: string, ops: Record<string, string>, results: number, oddNaN: number }} hashes of all and of each kernel; how many
 * 32-bit words went into them; how many results are NaN other than the canonical
 */
export function runCorpus(binary) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {});
  const { memory } = exports;
  const states = NAMES.map(createState);
  let results = 0;
  let oddNaN = 0;

  for (const one of cases()) {
    const { wide, scale, outer, length, inner } = one;
    const { size, reduced, places, perRow, blocks, passes, end } = layOut(exports, one);
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const words = (at, bytes = size) => new Uint32Array(memory.buffer, at, bytes >> 2);
    const [x, g, y, d] = places;
    const suffix = wide ? 'f64' : 'f32';
    const rows = outer * inner;
    const bytes = wide ? 8 : 4;
    /** In float64 the kernels take the same memory as rows. */
    const extent = wide ? [rows, length, 1] : [outer, length, inner];
    const take = (op, at, bytes, isWide = wide) => {
      const found = words(at, bytes);
      addWords(states[NAMES.indexOf(`${op}_${suffix}`)], found);
      results += found.length;
      oddNaN += countOddNaN(found, isWide);
    };
    const forward = (op) => {
      if (op === 'log_sum_exp' && Math.abs(scale) === Infinity) return;
      words(x).set(one.x);
      if (one.inPlace) words(y).set(one.x);
      const from = one.inPlace ? y : x;
      if (op === 'hardmax') exports[`${op}_${suffix}`](from, y, outer, length, inner);
      else exports[`${op}_${suffix}`](from, y, ...extent, scale);
      take(op, y, op === 'log_sum_exp' ? reduced : size);
    };
    const derivative = (op) => {
      if (Math.abs(scale) === Infinity) return;
      const isSecond = op.endsWith('hvp');
      if (isSecond && Math.abs(scale) > 1e10) return; // its square leaves float32
      words(g).set(one.g);
      const to = one.inPlace ? g : d;
      const inputs = isSecond ? [g, y, g] : [g, y];
      exports[`${op}_${suffix}`](...inputs, to, ...(ROW_OPS.includes(op) ? [rows, length] : extent), scale);
      take(op, to, size);
    };
    /** With labels alone, then also with softmax as the targets. */
    const crossEntropy = (op) => {
      if (Math.abs(scale) === Infinity || scale === 5e-324) return;
      const [labels, coefficients, factors, losses] = perRow;
      for (let n = 0; n < rows; n++) {
        new Int32Array(memory.buffer, labels)[n] = labelOf(n, length);
        new Float64Array(memory.buffer, coefficients)[n] = coefficientOf(n);
        new Float64Array(memory.buffer, factors)[n] = factorOf(n);
      }
      for (const targets of [0, y]) {
        words(x).set(one.x);
        const to = one.inPlace ? x : d;
        const given = [x, to, targets, length * bytes, labels, coefficients, factors, losses];
        exports[`${op}_${suffix}`](...given, rows, length, scale);
        take(op, to, size);
        take(op, losses, 8 * rows, true);
      }
    };
    const transpose = (op) => {
      if (one.hasNaN) return; // it would come out as it went in
      words(g).set(one.g);
      exports[`${op}_${suffix}`](g, d, outer * length, inner);
      exports[`${op}_${suffix}`](d, y, length, rows);
      take(op, y, size);
    };
    /** C = G · B, then C += Gᵀ · B on as many rows as C has columns; B begins where G does. */
    const matmul = (op) => {
      if (one.hasNaN) return;
      words(g).set(one.g);
      const columns = Math.min(rows, length, 33);
      const kernel = exports[`${op}_${suffix}`];
      kernel(g, length * bytes, bytes, g, d, rows, columns, length, 0);
      kernel(g, bytes, length * bytes, g, d, columns, columns, rows, 1);
      take(op, d, rows * columns * bytes);
    };
    /** Weights for a scale and a maximum that sampling would have; the masses of the entries before and after one that it could have drawn. */
    const rowPasses = () => {
      const [weights, masses, maxima] = passes;
      const isSampled = Math.abs(scale) >= 1e-30 && Math.abs(scale) <= 1e30;
      words(x).set(one.x);
      for (let n = 0; n < rows; n++) {
        const row = x + n * length * bytes;
        const max = exports.block_maxima_f32(row, maxima, length);
        new Float32Array(memory.buffer, maxima)[blocks] = max;
        take('block_maxima', maxima, 4 * (blocks + 1));
        if (!isSampled || !Number.isFinite(max)) continue;
        const unit = unitOf(length);
        exports.weigh_f32(row, weights, masses, length, max, Math.LOG2E * Math.abs(scale), unit);
        take('weigh', weights, 4 * length);
        take('weigh', masses, 8 * blocks, true);
        const index = (7 * n) % length;
        const threshold = new Float32Array(memory.buffer, row)[index];
        if (threshold === -Infinity) continue;
        const [before, after] = [0, 1].map((side) => {
          const from = side * index * 4;
          const count = side === 0 ? index : length - index;
          return exports.mass_from_f32(row + from, weights + from, count, threshold, unit);
        });
        new Float64Array(memory.buffer, masses).set([before, after]);
        take('mass_from', masses, 16, true);
      }
    };
    const others = { cross_entropy: crossEntropy, transpose, matmul };
    for (const op of OPS) {
      // Elsewhere the rows of the memory are not those of which y is the output.
      if (!wide && inner > 1 && ROW_OPS.includes(op)) continue;
      (others[op] ?? (/backward|[jh]vp/.test(op) ? derivative : forward))(op);
    }
    if (!wide && inner === 1) rowPasses();
  }

  return { ...summarise(states), results, oddNaN };
}

function countOddNaN(words, wide) {
  let count = 0;
  if (wide) {
    for (let i = 1; i < words.length; i += 2) {
      const high = words[i] & 0x7fffffff;
      const nan = high > 0x7ff00000 || (high === 0x7ff00000 && words[i - 1] !== 0);
      if (nan && !(words[i] === 0x7ff80000 && words[i - 1] === 0)) count++;
    }
  } else {
    for (let i = 0; i < words.length; i++) {
      if ((words[i] & 0x7fffffff) > 0x7f800000 && words[i] !== 0x7fc00000) count++;
    }
  }
  return count;
}

// f32x4.relaxed_madd(a, a, −(1 + 2⁻¹¹)), a = 1 + 2⁻¹²: a² is 2⁻²⁴ more than that, which a product rounded by itself loses.
const splat = (...bits) => [0x43, ...bits, 0xfd, 0x13]; // f32.const, f32x4.splat
const a = splat(0x00, 0x08, 0x80, 0x3f);
const c = splat(0x00, 0x10, 0x80, 0xbf);
const lane0 = [0xfd, 0x1f, 0x00, 0xbc]; // f32x4.extract_lane 0, i32.reinterpret_f32
const body = [0, ...a, ...a, ...c, 0xfd, 0x85, 0x02, ...lane0, 0x0b]; // no locals, the code, end
const fusionModule = [
  ...[0, 97, 115, 109, 1, 0, 0, 0], // "\0asm", version 1
  ...[1, 5, 1, 96, 0, 1, 127], // type section: () → i32
  ...[3, 2, 1, 0], // function section: one of type 0
  ...[7, 5, 1, 1, 102, 0, 0], // export section: "f", function 0
  ...[10, body.length + 2, 1, body.length, ...body], // code section
];

/** Whether the host's relaxed multiply-add rounds once; undefined where it has none. */
export function isFused() {
  const bytes = Uint8Array.from(fusionModule);
  if (!WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f() !== 0;
}

/** What a host answers: both builds, the relaxed one where it can. */
export function answer(simd, relaxed) {
  const fused = isFused();
  return { simd: runCorpus(simd), relaxed: fused === undefined ? undefined : runCorpus(relaxed), fused };
}
