// Derives every numeric constant of the exp and log kernels.
//
//   node assembly/tools/coefficients.mjs                 prints them, ready to paste, with their errors
//   node assembly/tools/coefficients.mjs --check FILE…   exits 1 where the files lack one or hold other bits
//
// Minimax: Remez' exchange (Cheney 1966, chapter 3) in 256-bit fixed point, on a grid of Chebyshev nodes so dense that the
// maximum between nodes is less than one part in 10⁴ above the one on them.
// Rounding to the kernel's format: the coefficients are fixed one after the other, lowest power first; the ones still free
// are refitted by least squares to the minimax polynomial (the idea of Brisebarre & Chevillard 2007, with a beam search in
// place of their lattice reduction), and a local search over neighbouring floats ends it.
// No random numbers: every run prints the same.

import { readFileSync } from 'node:fs';

// Fixed point: the real number v stands as the BigInt v · 2²⁵⁶.

const BITS = 256n;
const ONE = 1n << BITS;
const mul = (a, b) => (a * b) >> BITS;
const div = (a, b) => (a << BITS) / b;
const abs = (a) => (a < 0n ? -a : a);
const max = (a, b) => (a > b ? a : b);
const bitLength = (a) => abs(a).toString(2).length;
const toNumber = (a) => Number(a) * 2 ** -Number(BITS);
const ratio = (a, b) => (BigInt(a) << BITS) / BigInt(b);

function sqrt(a) {
  const square = a << BITS;
  let root = 1n << BigInt((bitLength(square) >> 1) + 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function exp(x) {
  let sum = 0n;
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = mul(term, x) / k;
  }
  return sum;
}

/** 2 · atanh(√z) / √z, the even part of log((1 + s) / (1 − s)) / s with z = s². */
function twiceAtanhOverRoot(z) {
  let sum = 0n;
  let power = 2n * ONE;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power = mul(power, z);
  }
  return sum;
}

const LN2 = mul(twiceAtanhOverRoot(ratio(1, 9)), ratio(1, 3)); // ln 2 = 2 · atanh(1/3)
const LOG2E = div(ONE, LN2);

// Binary formats.

/** The multiple of the last place of a `significand`-bit float around `a`, at or below it, and that last place. */
function place(a, significand) {
  const unit = 1n << BigInt(Math.max(0, bitLength(a) - significand));
  return { below: (a >= 0n ? a / unit : -((-a + unit - 1n) / unit)) * unit, unit };
}

/** Rounds to nearest, ties to even, as the formats with a significand of so many bits do. */
function round(a, significand) {
  const { below, unit } = place(a, significand);
  const twice = 2n * (a - below);
  return twice > unit || (twice === unit && (below / unit) % 2n !== 0n) ? below + unit : below;
}

const FORMATS = {
  f32: { significand: 24, hexDigits: 8, bits: (x) => BigInt(new Uint32Array(Float32Array.of(x).buffer)[0]) },
  f64: { significand: 53, hexDigits: 16, bits: (x) => new BigUint64Array(Float64Array.of(x).buffer)[0] },
};

function hexFloat(x) {
  const bits = FORMATS.f64.bits(Math.abs(x));
  const fraction = (bits & 0xfffffffffffffn).toString(16).padStart(13, '0').replace(/0+$/, '');
  const exponent = Number(bits >> 52n) - 1023;
  return `${x < 0 ? '-' : ''}0x1${fraction && `.${fraction}`}p${exponent < 0 ? '' : '+'}${exponent}`;
}

const hexBits = (x, format) => {
  const { bits, hexDigits } = FORMATS[format];
  return `0x${bits(x).toString(16).toUpperCase().padStart(hexDigits, '0')}`;
};

/** The shortest decimal that reads back as the same number in the format. */
function decimal(x, format) {
  if (format === 'f64') return String(x);
  for (let digits = 1; ; digits++) {
    const text = x.toPrecision(digits);
    if (Math.fround(Number(text)) === x) return String(Number(text));
  }
}

// Minimax. A problem is its rows, one per grid point: the error there is Σ c_k · basis[k] − target.

const GRID = 2048;

/** From low to high, both included. Float64 may round the nodes between: where exactly they lie does not matter. */
function* chebyshevGrid(low, high) {
  for (let i = 0; i <= GRID; i++) {
    const t = Math.sin((Math.PI * i) / (2 * GRID)) ** 2;
    yield low + mul(high - low, BigInt(Math.round(2 ** 50 * t)) << (BITS - 50n));
  }
}

/**
 * Relative error of e^r as 1 + r + … (the first `exact` terms of the series) + r^exact · (c_0 + c_1 r + …), on
 * |r| ≤ ln2 / 2 · (1 + 2⁻¹⁰): the reduction's own rounding may carry r past ln2 / 2.
 */
function expProblem(exact, count) {
  const bound = mul(LN2 / 2n, ONE + (ONE >> 10n));
  const rows = [];
  for (const r of chebyshevGrid(-bound, bound)) {
    if (r === 0n) continue;
    const inverse = exp(-r);
    const head = exact === 2 ? ONE + r : ONE;
    const powers = [inverse];
    while (powers.length < exact + count) powers.push(mul(powers.at(-1), r));
    rows.push({ basis: powers.slice(exact), target: ONE - mul(head, inverse) });
  }
  return rows;
}

/** Relative error of 2^f as 1 + f · (c_0 + c_1 f + …), on |f| ≤ ½ · (1 + 2⁻¹⁰). */
function powerProblem(count) {
  const bound = mul(ONE / 2n, ONE + (ONE >> 10n));
  const rows = [];
  for (const f of chebyshevGrid(-bound, bound)) {
    if (f === 0n) continue;
    const inverse = exp(-mul(f, LN2));
    const powers = [mul(inverse, f)];
    while (powers.length < count) powers.push(mul(powers.at(-1), f));
    rows.push({ basis: powers, target: ONE - inverse });
  }
  return rows;
}

/** Relative error of log(1 + f) as 2s + s · (c_0 z + c_1 z² + …), s = f / (2 + f), z = s², √½ ≤ 1 + f ≤ √2, s 2⁻¹⁰ wider. */
function logProblem(count) {
  const root = sqrt(2n * ONE);
  const bound = mul(div(root - ONE, root + ONE), ONE + (ONE >> 10n));
  const rows = [];
  for (const z of chebyshevGrid(0n, mul(bound, bound))) {
    if (z === 0n) continue;
    const inverse = div(ONE, twiceAtanhOverRoot(z));
    const basis = [mul(inverse, z)];
    while (basis.length < count) basis.push(mul(basis.at(-1), z));
    rows.push({ basis, target: ONE - 2n * inverse });
  }
  return rows;
}

const errorAt = ({ basis, target }, coefficients) =>
  coefficients.reduce((sum, c, k) => sum + c * basis[k], -(target << BITS)) >> BITS;

const worstError = (rows, coefficients) => rows.reduce((worst, row) => max(worst, abs(errorAt(row, coefficients))), 0n);

/** Gaussian elimination with partial pivoting; `matrix` holds the right-hand side as its last column and is overwritten. */
function solve(matrix) {
  const n = matrix.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (abs(matrix[i][k]) > abs(matrix[pivot][k])) pivot = i;
    [matrix[k], matrix[pivot]] = [matrix[pivot], matrix[k]];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = div(matrix[i][k], matrix[k][k]);
      for (let j = k; j <= n; j++) matrix[i][j] -= mul(factor, matrix[k][j]);
    }
  }
  return matrix.map((row, k) => div(row[n], row[k]));
}

/**
 * Remez' exchange. The basis is a weight times 1, x, x², …; where the weight changes sign (a bare factor r) the error's
 * alternation changes sign with it, so signs are taken relative to basis[0].
 */
function minimax(rows) {
  const count = rows[0].basis.length;
  const sign = (row, value) => (row.basis[0] < 0n ? -value : value);
  let reference = Array.from({ length: count + 1 }, (_, i) => Math.round((rows.length - 1) * (i / count)));
  for (let iteration = 0; iteration < 100; iteration++) {
    const system = reference.map((at, i) => {
      const row = rows[at];
      return [...row.basis, sign(row, i % 2 === 0 ? ONE : -ONE), row.target];
    });
    const solution = solve(system);
    const level = abs(solution.pop());
    const errors = rows.map((row) => sign(row, errorAt(row, solution)));
    // One extremum from every run of equal sign.
    const extrema = [];
    for (let i = 0; i < errors.length; i++) {
      const last = extrema.at(-1);
      if (last === undefined || errors[i] > 0n !== errors[last] > 0n) extrema.push(i);
      else if (abs(errors[i]) > abs(errors[last])) extrema[extrema.length - 1] = i;
    }
    while (extrema.length > count + 1) {
      if (abs(errors[extrema[0]]) < abs(errors[extrema.at(-1)])) extrema.shift();
      else extrema.pop();
    }
    if (extrema.length < count + 1) throw new Error('Remez: the error alternates too seldom');
    reference = extrema;
    const worst = worstError(rows, solution);
    if (worst - level <= level >> 30n) return solution;
  }
  throw new Error('Remez: no convergence in 100 exchanges');
}

// Rounding. Deviations from the minimax coefficients are so small that float64 holds them and their effect well enough.

const SEARCH_STRIDE = 16;
const BEAM = 48;
const NEIGHBOURS = [-1n, 0n, 1n, 2n];

/** Least squares by modified Gram-Schmidt; returns the function from a right-hand side to the coefficients. */
function leastSquares(columns) {
  const q = [];
  const r = columns.map(() => []);
  for (const [k, column] of columns.entries()) {
    const v = Float64Array.from(column);
    for (let j = 0; j < k; j++) {
      const dot = v.reduce((sum, value, i) => sum + value * q[j][i], 0);
      r[j][k] = dot;
      for (let i = 0; i < v.length; i++) v[i] -= dot * q[j][i];
    }
    const norm = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
    r[k][k] = norm;
    q.push(v.map((value) => value / norm));
  }
  return (rightHandSide) => {
    const rest = Float64Array.from(rightHandSide);
    const x = q.map((column) => {
      const dot = rest.reduce((sum, value, i) => sum + value * column[i], 0);
      for (let i = 0; i < rest.length; i++) rest[i] -= dot * column[i];
      return dot;
    });
    for (let k = x.length - 1; k >= 0; k--) {
      for (let j = k + 1; j < x.length; j++) x[k] -= r[k][j] * x[j];
      x[k] /= r[k][k];
    }
    return x;
  };
}

function roundCoefficients(rows, exact, significand) {
  const count = exact.length;
  const sparse = rows.filter((_, i) => i % SEARCH_STRIDE === 0 || i === rows.length - 1);
  const columns = exact.map((_, k) => Float64Array.from(sparse, (row) => toNumber(row.basis[k])));
  const exactErrors = Float64Array.from(sparse, (row) => toNumber(errorAt(row, exact)));
  const add = (errors, k, delta) => errors.map((e, i) => e + delta * columns[k][i]);
  const score = (errors) => errors.reduce((worst, e) => Math.max(worst, Math.abs(e)), 0);

  let beam = [{ chosen: [], moved: new Float64Array(sparse.length) }];
  for (let k = 0; k < count; k++) {
    const refit = leastSquares(columns.slice(k));
    const fitRest = k + 1 < count ? leastSquares(columns.slice(k + 1)) : () => [];
    const next = [];
    for (const { chosen, moved } of beam) {
      const [ideal] = refit(moved.map((v) => -v));
      const { below, unit } = place(exact[k] + BigInt(Math.round(ideal * 2 ** 100)) * (ONE >> 100n), significand);
      for (const step of NEIGHBOURS) {
        const value = below + step * unit;
        const withValue = add(moved, k, toNumber(value - exact[k]));
        const refitted = fitRest(withValue.map((v) => -v)).reduce(
          (errors, d, j) => add(errors, k + 1 + j, d),
          withValue,
        );
        next.push({
          chosen: [...chosen, value],
          moved: withValue,
          score: score(refitted.map((v, i) => v + exactErrors[i])),
        });
      }
    }
    next.sort((a, b) => a.score - b.score);
    beam = next.slice(0, BEAM);
  }

  // Local search: one coefficient, or two at once, by one or two units in the last place.
  let { chosen, moved, score: best } = beam[0];
  const units = exact.map((c) => place(c, significand).unit);
  const steps = [-2n, -1n, 1n, 2n];
  for (let improved = true; improved; ) {
    improved = false;
    for (let a = 0; a < count; a++) {
      for (let b = a; b < count; b++) {
        for (const stepA of steps) {
          for (const stepB of b === a ? [0n] : steps) {
            const candidate = chosen.slice();
            candidate[a] += stepA * units[a];
            candidate[b] += stepB * units[b];
            if (candidate.some((c) => round(c, significand) !== c)) continue;
            let errors = add(moved, a, toNumber(stepA * units[a]));
            if (b !== a) errors = add(errors, b, toNumber(stepB * units[b]));
            const candidateScore = score(errors.map((v, i) => v + exactErrors[i]));
            if (candidateScore < best) {
              chosen = candidate;
              moved = errors;
              best = candidateScore;
              improved = true;
            }
          }
        }
      }
    }
  }
  return chosen;
}

// The constants.

function polynomial(title, names, format, rows, firstPower) {
  const { significand } = FORMATS[format];
  const exact = minimax(rows);
  const naive = exact.map((c) => round(c, significand));
  const rounded = roundCoefficients(rows, exact, significand);
  const ulps = (coefficients) => {
    const worst = toNumber(worstError(rows, coefficients));
    return `${(worst * 2 ** (significand - 1)).toPrecision(3)} ulp of 1 (2^${Math.log2(worst).toFixed(2)})`;
  };
  return {
    title,
    notes: [
      `relative error: exact coefficients ${ulps(exact)},`,
      `each rounded alone ${ulps(naive)}, rounded together ${ulps(rounded)}`,
    ],
    constants: rounded.map((c, k) => ({ name: `${names}${firstPower + k}`, format, value: toNumber(c) })),
  };
}

/** ln 2 as hi + lo: n · hi is exact for every integer n that fits in the bits the significand has left. */
function split(title, prefix, format, highBits) {
  const { significand } = FORMATS[format];
  const high = round(LN2, highBits);
  const low = round(LN2 - high, significand);
  return {
    title,
    notes: [`|ln 2 − hi − lo| = 2^${Math.log2(Math.abs(toNumber(LN2 - high - low))).toFixed(2)}`],
    constants: [
      { name: `${prefix}_LN2_HI`, format, value: toNumber(high) },
      { name: `${prefix}_LN2_LO`, format, value: toNumber(low) },
    ],
  };
}

const single = (title, name, format, value) => ({
  title,
  notes: [],
  constants: [{ name, format, value: toNumber(round(value, FORMATS[format].significand)) }],
});

const kernelGroups = [
  single('1 / ln 2, float32', 'F32_LOG2E', 'f32', LOG2E),
  split('ln 2 in two float32, 15 bits high: n · hi exact for |n| ≤ 511', 'F32', 'f32', 15),
  polynomial('e^r = 1 + r + r² (C2 + C3 r + … + C6 r⁴), float32', 'EXP_F32_C', 'f32', expProblem(2, 5), 2),
  polynomial('2^f = 1 + f · (C1 + C2 f + … + C5 f⁴), float32', 'POWER_F32_C', 'f32', powerProblem(5), 1),
  single('1 / ln 2, float64', 'F64_LOG2E', 'f64', LOG2E),
  split('ln 2 in two float64, 40 bits high: n · hi exact for |n| < 8192', 'F64', 'f64', 40),
  polynomial('e^r = 1 + r + r² (C2 + C3 r + … + C11 r⁹), float64', 'EXP_F64_C', 'f64', expProblem(2, 10), 2),
  polynomial('log(1 + f) = 2s + s · (L1 z + … + L7 z⁷), float64', 'LOG_F64_L', 'f64', logProblem(7), 1),
];

const otherGroups = () => [
  polynomial('float32, one degree less', 'EXP_F32_5_C', 'f32', expProblem(2, 4), 2),
  polynomial('float32, one degree less, the coefficient of r free', 'EXP_F32_5R_C', 'f32', expProblem(1, 5), 1),
  polynomial('float64, one degree less', 'EXP_F64_10_C', 'f64', expProblem(2, 9), 2),
  polynomial('float64, one degree more', 'EXP_F64_12_C', 'f64', expProblem(2, 11), 2),
  polynomial('float64 log, one term less', 'LOG_F64_6_L', 'f64', logProblem(6), 1),
  polynomial('float64 log, one term more', 'LOG_F64_8_L', 'f64', logProblem(8), 1),
];

function printGroup({ title, notes, constants }) {
  console.log(`// ${title}`);
  for (const note of notes) console.log(`//   ${note}`);
  for (const { name, format, value } of constants) {
    const data = `memory.data<u${format.slice(1)}>([${hexBits(value, format)}])`;
    console.log(`export const ${name}: usize = ${data}; // ${hexFloat(value)} = ${decimal(value, format)}`);
  }
  console.log();
}

/** A line for every constant of the kernels that the files lack or hold with other bits. */
function differences(files) {
  const found = new Map();
  for (const file of files) {
    for (const [, name, bits] of readFileSync(file, 'utf8').matchAll(
      /^export const (\w+): usize = memory\.data<u\d+>\(\[(0x[\dA-F]+)\]\)/gm,
    )) {
      found.set(name, { file, bits: BigInt(bits) });
    }
  }
  return kernelGroups
    .flatMap(({ constants }) => constants)
    .flatMap(({ name, format, value }) => {
      const expected = hexBits(value, format);
      const held = found.get(name);
      if (held === undefined) return [`${name}: not in ${files.join(', ')}; expected ${expected}`];
      if (held.bits === BigInt(expected)) return [];
      return [`${name}: ${held.file} holds 0x${held.bits.toString(16).toUpperCase()}; expected ${expected}`];
    });
}

const [command, ...files] = process.argv.slice(2);
if (command === undefined) {
  console.log('// In the kernels.\n');
  kernelGroups.forEach(printGroup);
  console.log('// Weighed, and not taken: what the next degree would cost in accuracy, or give.\n');
  otherGroups().forEach(printGroup);
} else if (command === '--check' && files.length > 0) {
  const lines = differences(files);
  for (const line of lines) console.error(line);
  if (lines.length > 0) process.exitCode = 1;
  else console.log(`${kernelGroups.flatMap(({ constants }) => constants).length} constants agree`);
} else {
  console.error('usage: node assembly/tools/coefficients.mjs [--check FILE…]');
  process.exitCode = 2;
}
