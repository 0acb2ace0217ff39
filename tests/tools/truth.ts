// Truth in more than float64, against which the float64 kernels and the reference are measured.
//
// Double-double arithmetic: a number is an unevaluated sum hi + lo of two float64, |lo| ≤ ulp(hi) / 2, so about 106 bits.
// With u = 2⁻⁵³ the relative error is at most 3u² for a sum and 7u² for a product: Joldes, Muller & Popescu 2017, "Tight and
// rigorous error bounds for basic building blocks of double-word arithmetic", AccurateDWPlusDW and DWTimesDW1. A quotient, by long
// division in three steps, is as good as the sums and products in it.
// The exact sum and product beneath are Knuth's and, there being no fused multiply-add, Dekker's with Veltkamp's splitting.
//
// Around it, Scaled carries an exponent of its own: nothing in here overflows or underflows, however far the logits are apart.
// Nothing in here uses Math.exp or Math.log either, except the float32 paths, which say so.

/** hi + lo, with hi the float64 nearest to it. */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

/** (hi + lo) · 2^exponent with 1 ≤ |hi| < 2; zero, infinities and NaN stand in hi, with lo and exponent 0. */
export interface Scaled extends DoubleDouble {
  readonly exponent: number;
}

/**
 * The true results: value i is (hi[i] + lo[i]) · 2^exponent[i]. The exponent is 0 for 2⁻⁹⁰⁰ ≤ |value| < 2⁹⁰⁰, where float64
 * holds both parts, and for zero, infinities and NaN.
 */
export interface Truth {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
  readonly exponent: Int32Array;
}

// float64 taken apart.

const word = new Float64Array(1);
const wordHalves = new Int32Array(word.buffer);
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** 2^n for −1022 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  wordHalves[1 - HIGH] = 0;
  wordHalves[HIGH] = (n + 1023) << 20;
  return word[0];
}

const LARGEST_POWER = powerOfTwo(1023);
const SMALL_POWER = powerOfTwo(53 - 1022);

/** floor(log2 |x|) for finite x ≠ 0. */
export function exponentOf(x: number): number {
  word[0] = x;
  const biased = (wordHalves[HIGH] >>> 20) & 0x7ff;
  return biased === 0 ? exponentOf(x * 2 ** 64) - 64 : biased - 1023;
}

/** x · 2^n for any integer n, rounded at most once: a first step that underflowed leaves more than 53 places to go, so 0 either way. */
export function ldexp(x: number, n: number): number {
  let [value, shift] = [x, n];
  for (let step = 0; step < 2 && shift > 1023; step++) {
    value *= LARGEST_POWER;
    shift -= 1023;
  }
  for (let step = 0; step < 2 && shift < -1022; step++) {
    value *= SMALL_POWER;
    shift += 1022 - 53;
  }
  return value * powerOfTwo(Math.min(Math.max(shift, -1022), 1023));
}

// Double-double.

function fastTwoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return { hi, lo: b - (hi - a) };
}

function twoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const bRounded = hi - a;
  return { hi, lo: a - (hi - bRounded) + (b - bRounded) };
}

/** Exact for |a|, |b| < 2⁹⁹⁶ and a product that is 0 or at least 2⁻⁹⁶⁹. */
function twoProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const aSplit = 134217729 * a; // 2²⁷ + 1
  const aHigh = aSplit - (aSplit - a);
  const aLow = a - aHigh;
  const bSplit = 134217729 * b;
  const bHigh = bSplit - (bSplit - b);
  const bLow = b - bHigh;
  return { hi, lo: aLow * bLow - (hi - aHigh * bHigh - aLow * bHigh - aHigh * bLow) };
}

function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const high = twoSum(a.hi, b.hi);
  const low = twoSum(a.lo, b.lo);
  const sum = fastTwoSum(high.hi, high.lo + low.hi);
  return fastTwoSum(sum.hi, low.lo + sum.lo);
}

function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = twoProduct(a.hi, b.hi);
  return fastTwoSum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.hi / b.hi;
  const rest = add(a, multiply(b, { hi: -first, lo: 0 }));
  const second = rest.hi / b.hi;
  const third = add(rest, multiply(b, { hi: -second, lo: 0 })).hi / b.hi;
  return add(fastTwoSum(first, second), { hi: third, lo: 0 });
}

// Scaled.

const ZERO: Scaled = { hi: 0, lo: 0, exponent: 0 };
const ONE: Scaled = { hi: 1, lo: 0, exponent: 0 };
const special = (hi: number): Scaled => ({ hi, lo: 0, exponent: 0 });

function normalise(hi: number, lo: number, exponent: number): Scaled {
  if (hi === 0 || !Number.isFinite(hi)) return special(hi);
  const shift = exponentOf(hi);
  if (Math.abs(shift) > 1022) return { hi: ldexp(hi, -shift), lo: ldexp(lo, -shift), exponent: exponent + shift };
  const factor = powerOfTwo(-shift);
  return { hi: hi * factor, lo: lo * factor, exponent: exponent + shift };
}

/** Any float64 or double-double as Scaled, without error (a double-double's lo must not have underflowed already). */
export function scaled(hi: number, lo = 0): Scaled {
  return normalise(hi, lo, 0);
}

const negateScaled = ({ hi, lo, exponent }: Scaled): Scaled => (hi === 0 ? ZERO : { hi: -hi, lo: -lo, exponent });

/** Finite operands. A sum of 0 is exact. */
export function addScaled(a: Scaled, b: Scaled): Scaled {
  if (a.hi === 0) return b;
  if (b.hi === 0) return a;
  if (a.exponent < b.exponent) return addScaled(b, a);
  const shift = b.exponent - a.exponent;
  if (shift < -300) return a;
  const factor = powerOfTwo(shift);
  const sum = add(a, { hi: b.hi * factor, lo: b.lo * factor });
  return normalise(sum.hi, sum.lo, a.exponent);
}

/** Finite operands. */
export function multiplyScaled(a: Scaled, b: Scaled): Scaled {
  const product = multiply(a, b);
  return normalise(product.hi, product.lo, a.exponent + b.exponent);
}

/** Finite operands, b ≠ 0. */
export function divideScaled(a: Scaled, b: Scaled): Scaled {
  const quotient = divide(a, b);
  return normalise(quotient.hi, quotient.lo, a.exponent - b.exponent);
}

/** The double-double it is, for exponents that float64 has room for. */
const unscaled = (a: Scaled): DoubleDouble => ({ hi: ldexp(a.hi, a.exponent), lo: ldexp(a.lo, a.exponent) });

// Elementary functions.

// ln 2 = A + B + (C.hi + C.lo). A and B have 32 bits, so n · A and n · B are exact for |n| ≤ 2²¹; 176 bits in all.
// From mpmath at 400 bits: each part is what the parts before it leave, rounded.
const LN2_A = 0.6931471806019545; // 0x1.62e42ffp-1
const LN2_B = -4.200915072890502e-11; // -0x1.718432a2p-35
const LN2_C: DoubleDouble = { hi: 2.0941744292700725e-21, lo: 1.3886617844992288e-37 };

/** n · ln 2, |n| ≤ 2²¹. */
const multipleOfLn2 = (n: number): DoubleDouble => add(twoSum(n * LN2_A, n * LN2_B), multiply(LN2_C, { hi: n, lo: 0 }));

const RECIPROCAL_FACTORIALS: DoubleDouble[] = [{ hi: 1, lo: 0 }];
for (let k = 1; k <= 10; k++) RECIPROCAL_FACTORIALS.push(divide(RECIPROCAL_FACTORIALS[k - 1], { hi: k, lo: 0 }));

const RECIPROCAL_ODD: DoubleDouble[] = [];
for (let k = 0; k <= 20; k++) RECIPROCAL_ODD.push(divide({ hi: 1, lo: 0 }, { hi: 2 * k + 1, lo: 0 }));

/**
 * e^r − 1 for |r| ≤ 0.35: the Taylor series at t = r / 256 to t¹⁰ (the rest is below 2⁻¹¹⁹ of it), then eight times
 * (1 + p)² − 1 = 2p + p². No step cancels, so the relative error stays near 8 · 3u²: below 2⁻¹⁰⁰.
 */
function expm1Reduced(r: DoubleDouble): DoubleDouble {
  const t = { hi: r.hi / 256, lo: r.lo / 256 };
  let sum = RECIPROCAL_FACTORIALS[10];
  for (let k = 9; k >= 1; k--) sum = add(RECIPROCAL_FACTORIALS[k], multiply(sum, t));
  let p = multiply(sum, t);
  for (let i = 0; i < 8; i++) p = add({ hi: 2 * p.hi, lo: 2 * p.lo }, multiply(p, p));
  return p;
}

/**
 * 2 · atanh(u / (2 + u)) = log(1 + u) for √½ ≤ 1 + u ≤ √2: z = (u / (2 + u))² < 0.0295 = 2⁻⁵·⁰⁸, and 21 terms leave
 * less than 2⁻¹¹¹ of the sum. Relative error below 2⁻¹⁰⁰.
 */
function log1pReduced(u: DoubleDouble): DoubleDouble {
  const s = divide(u, add({ hi: 2, lo: 0 }, u));
  const z = multiply(s, s);
  let sum = RECIPROCAL_ODD[20];
  for (let k = 19; k >= 0; k--) sum = add(RECIPROCAL_ODD[k], multiply(sum, z));
  return multiply({ hi: 2 * s.hi, lo: 2 * s.lo }, sum);
}

/**
 * e^x for every finite x, with no limit on the result's size down to 2^(−1.5 · 10⁶), below which it is 0 (above its reciprocal: +∞).
 * Relative error below 2⁻¹⁰⁰, besides what the error of x itself makes of it.
 */
export function expScaled(x: Scaled): Scaled {
  if (x.exponent >= 20) return special(x.hi > 0 ? Infinity : 0);
  if (x.hi === 0 || x.exponent < -300) return ONE;
  const argument = unscaled(x);
  const n = Math.round(argument.hi / Math.LN2);
  // From the largest part to the smallest: the first difference cancels exactly, and what is left is small.
  const afterA = add(argument, { hi: -n * LN2_A, lo: 0 });
  const afterB = add(afterA, { hi: -n * LN2_B, lo: 0 });
  const result = add({ hi: 1, lo: 0 }, expm1Reduced(add(afterB, multiply(LN2_C, { hi: -n, lo: 0 }))));
  return normalise(result.hi, result.lo, n);
}

/** e^x − 1, x finite. Relative error below 2⁻⁹⁸. */
export function expm1Scaled(x: Scaled): Scaled {
  if (x.exponent < -110) return x; // the next term, x / 2, is below 2⁻¹¹⁰ of it
  if (Math.abs(ldexp(x.hi, x.exponent)) > 0.34) return addScaled(expScaled(x), { hi: -1, lo: 0, exponent: 0 });
  const result = expm1Reduced(unscaled(x));
  return scaled(result.hi, result.lo);
}

/** log x for x > 0. Relative error below 2⁻¹⁰⁰, near x = 1 too. */
export function logScaled(x: Scaled): Scaled {
  const halve = x.hi > Math.SQRT2;
  const factor = halve ? 0.5 : 1;
  const fraction = add({ hi: x.hi * factor, lo: x.lo * factor }, { hi: -1, lo: 0 });
  const result = add(multipleOfLn2(x.exponent + (halve ? 1 : 0)), log1pReduced(fraction));
  return scaled(result.hi, result.lo);
}

/** log(1 + x) for x ≥ 0. Relative error below 2⁻¹⁰⁰, however small x is. */
export function log1pScaled(x: Scaled): Scaled {
  if (x.exponent < -110) return x; // the next term, x / 2, is below 2⁻¹¹⁰ of it
  if (x.exponent >= -2) return logScaled(addScaled(ONE, x));
  const result = log1pReduced(unscaled(x));
  return scaled(result.hi, result.lo);
}

// Rows.

function createTruth(length: number): Truth {
  return { hi: new Float64Array(length), lo: new Float64Array(length), exponent: new Int32Array(length) };
}

function store(truth: Truth, index: number, value: Scaled): void {
  const folds = value.exponent >= -900 && value.exponent < 900;
  const { hi, lo } = folds ? unscaled(value) : value;
  truth.hi[index] = hi;
  truth.lo[index] = lo;
  truth.exponent[index] = folds ? 0 : value.exponent;
}

function constantTruth(length: number, value: number): Truth {
  const truth = createTruth(length);
  truth.hi.fill(value);
  return truth;
}

/** Where the maximum of scale · row stands first; the entry itself; NaN where a NaN stands anywhere; −∞ for an empty row. */
function findWinner(row: ArrayLike<number>, scale: number): { index: number; entry: number; scaledEntry: number } {
  if (scale === 0 || Number.isNaN(scale)) throw new RangeError(`truth: scale is ${scale}; allowed is any number but 0`);
  const sign = Math.sign(scale);
  let index = 0;
  let best = -Infinity;
  for (let i = 0; i < row.length; i++) {
    const entry = sign * row[i];
    if (Number.isNaN(entry)) return { index: i, entry: NaN, scaledEntry: NaN };
    if (entry > best) {
      index = i;
      best = entry;
    }
  }
  return { index, entry: sign * best, scaledEntry: best };
}

/** scale · (x − m). The difference is exact (to 2⁻³⁰⁰ where one is that small beside the other), the product errs by 7u². */
function shiftedLogit(x: number, m: number, scale: Scaled): Scaled {
  return multiplyScaled(addScaled(scaled(x), scaled(-m)), scale);
}

/** What softmax and log-softmax share: Σ e^z over all but the winner, z = scale · (x − m). Its error is at most K · 3u². */
function sumOfOthers(row: ArrayLike<number>, m: number, winner: number, scale: Scaled): Scaled {
  let sum = ZERO;
  for (let i = 0; i < row.length; i++) {
    if (i !== winner && Number.isFinite(row[i])) sum = addScaled(sum, expScaled(shiftedLogit(row[i], m, scale)));
  }
  return sum;
}

/** The same in float64, for float32 rows: Neumaier's compensated sum. */
function sumOfOthersDouble(row: Float32Array, m: number, winner: number, scale: number): number {
  let sum = 0;
  let compensation = 0;
  for (let i = 0; i < row.length; i++) {
    if (i === winner) continue;
    const term = Math.exp(scale * (row[i] - m));
    const next = sum + term;
    compensation += sum >= term ? sum - next + term : term - next + sum;
    sum = next;
  }
  return sum + compensation;
}

/** The limit of an infinite scale: `one` at the first maximum, `zero` elsewhere. */
function oneHot(length: number, index: number, one: number, zero: number): Truth {
  const truth = constantTruth(length, zero);
  truth.hi[index] = one;
  return truth;
}

/**
 * softmax(scale · row), with the special values of the library: NaN, an infinite maximum or nothing but −∞ make the row NaN.
 *
 * Float64Array and number[]: double-double. Relative error below (K · 3 + |z| · 8) u² + 2⁻⁹⁹, z = scale · (x − max): 2⁻⁸⁴ at
 * K = 2²⁰, which is 2⁻³¹ ulp of float64.
 *
 * Float32Array: float64 and Math.exp, some twenty times faster. Relative error below (|z| + log K + 4) · 2⁻⁵²: at most 2⁻²⁰ ulp of
 * float32 for every result that float32 can hold (|z| ≤ 104).
 */
export function softmaxTruth(row: ArrayLike<number>, scale = 1): Truth {
  const { index, entry, scaledEntry } = findWinner(row, scale);
  if (!Number.isFinite(scaledEntry)) return constantTruth(row.length, NaN);
  if (!Number.isFinite(scale)) return oneHot(row.length, index, 1, 0);
  const truth = createTruth(row.length);
  if (row instanceof Float32Array) {
    const total = 1 + sumOfOthersDouble(row, entry, index, scale);
    for (let i = 0; i < row.length; i++) truth.hi[i] = Math.exp(scale * (row[i] - entry)) / total;
    return truth;
  }
  const factor = scaled(scale);
  const total = addScaled(ONE, sumOfOthers(row, entry, index, factor));
  for (let i = 0; i < row.length; i++) {
    if (!Number.isFinite(row[i])) continue;
    store(truth, i, divideScaled(expScaled(shiftedLogit(row[i], entry, factor)), total));
  }
  return truth;
}

/**
 * log(softmax(scale · row)) = z − log1p(Σ of the others' e^z), z = scale · (x − max): both terms are ≤ 0, so nothing cancels,
 * and the winner, for which z = 0, keeps its relative accuracy however small its result is.
 * Errors as for softmaxTruth. An entry of −∞ gives −∞.
 */
export function logSoftmaxTruth(row: ArrayLike<number>, scale = 1): Truth {
  const { index, entry, scaledEntry } = findWinner(row, scale);
  if (!Number.isFinite(scaledEntry)) return constantTruth(row.length, NaN);
  if (!Number.isFinite(scale)) return oneHot(row.length, index, 0, -Infinity);
  const truth = createTruth(row.length);
  if (row instanceof Float32Array) {
    const logTotal = Math.log1p(sumOfOthersDouble(row, entry, index, scale));
    for (let i = 0; i < row.length; i++) truth.hi[i] = scale * (row[i] - entry) - logTotal;
    return truth;
  }
  const factor = scaled(scale);
  const logTotal = negateScaled(log1pScaled(sumOfOthers(row, entry, index, factor)));
  for (let i = 0; i < row.length; i++) {
    if (Number.isFinite(row[i])) store(truth, i, addScaled(shiftedLogit(row[i], entry, factor), logTotal));
    else truth.hi[i] = -Infinity;
  }
  return truth;
}

/**
 * log Σ e^(scale · x) = scale · max + log1p(Σ of the others' e^z): one value. +∞ in the row gives +∞, a row of −∞ (or of none) −∞.
 *
 * The two terms may cancel, so the error is absolute: below 2⁻⁸⁴ · max(1, |scale · max|) at K ≤ 2²⁰.
 * Float32Array: float64 and relative error below 2⁻⁴⁰ (2⁻¹⁶ ulp of float32) where less than ten bits cancel, as above elsewhere.
 */
export function logSumExpTruth(row: ArrayLike<number>, scale = 1): Truth {
  const { index, entry, scaledEntry } = findWinner(row, scale);
  if (!Number.isFinite(scale)) throw new RangeError(`logSumExpTruth: scale is ${scale}; allowed is a finite number`);
  if (!Number.isFinite(scaledEntry)) return constantTruth(1, scaledEntry);
  if (row instanceof Float32Array) {
    const shift = scale * entry;
    const sum = shift + Math.log1p(sumOfOthersDouble(row, entry, index, scale));
    if (Math.abs(sum) >= Math.abs(shift) / 1024) return constantTruth(1, sum);
  }
  const factor = scaled(scale);
  const truth = createTruth(1);
  const others = log1pScaled(sumOfOthers(row, entry, index, factor));
  store(truth, 0, addScaled(multiplyScaled(scaled(entry), factor), others));
  return truth;
}

/** Σ a_k · b_k. Error below K · 3u² · Σ |a_k · b_k|. */
function dot(a: ArrayLike<number>, b: ArrayLike<number>): Scaled {
  let total = ZERO;
  for (let k = 0; k < a.length; k++) total = addScaled(total, multiplyScaled(scaled(a[k]), scaled(b[k])));
  return total;
}

const subtractScaled = (a: Scaled, b: Scaled): Scaled => addScaled(a, negateScaled(b));

function checkBackward(gradOutput: ArrayLike<number>, output: ArrayLike<number>, scale: number): { hasNaN: boolean } {
  if (gradOutput.length !== output.length) {
    throw new RangeError(
      `truth: gradOutput has ${gradOutput.length} entries, output ${output.length}; allowed are equal lengths`,
    );
  }
  if (scale === 0 || !Number.isFinite(scale)) {
    throw new RangeError(`truth: scale is ${scale}; allowed is any finite number but 0`);
  }
  let hasNaN = false;
  for (let i = 0; i < output.length; i++) {
    if (Math.abs(gradOutput[i]) === Infinity) {
      throw new RangeError(`truth: gradOutput is ${gradOutput[i]} at ${i}; allowed are finite numbers and NaN`);
    }
    hasNaN ||= Number.isNaN(gradOutput[i]) || Number.isNaN(output[i]);
  }
  return { hasNaN };
}

/**
 * scale · s ⊙ (g − ⟨g, s⟩), s = output taken as exact. Where g − ⟨g, s⟩ cancels the error is absolute: below
 * 2⁻⁸⁴ · |scale · s| · max |g| at K ≤ 2²⁰; float32 rows take the same path. A NaN makes the row NaN.
 */
export function softmaxBackwardTruth(gradOutput: ArrayLike<number>, output: ArrayLike<number>, scale = 1): Truth {
  if (checkBackward(gradOutput, output, scale).hasNaN) return constantTruth(output.length, NaN);
  const negativeDot = negateScaled(dot(gradOutput, output));
  const factor = scaled(scale);
  const truth = createTruth(output.length);
  for (let i = 0; i < output.length; i++) {
    const difference = addScaled(scaled(gradOutput[i]), negativeDot);
    store(truth, i, multiplyScaled(multiplyScaled(difference, scaled(output[i])), factor));
  }
  return truth;
}

/**
 * scale · (g − e^output · Σ g), output taken as exact. Near output = 0 as (g − Σ g) − (e^output − 1) · Σ g, which keeps the relative
 * accuracy of a confident winner (g its one-hot). Where other terms cancel the error is absolute: below 2⁻⁸⁴ · |scale| · Σ |g| at
 * K ≤ 2²⁰. Exactly 0 where output is −∞. A NaN makes the row NaN.
 */
export function logSoftmaxBackwardTruth(gradOutput: ArrayLike<number>, output: ArrayLike<number>, scale = 1): Truth {
  if (checkBackward(gradOutput, output, scale).hasNaN) return constantTruth(output.length, NaN);
  let sum = ZERO;
  for (let i = 0; i < output.length; i++) sum = addScaled(sum, scaled(gradOutput[i]));
  const negativeSum = negateScaled(sum);
  const factor = scaled(scale);
  const truth = createTruth(output.length);
  for (let i = 0; i < output.length; i++) {
    if (output[i] === -Infinity) continue;
    const gradient = scaled(gradOutput[i]);
    const logit = scaled(output[i]);
    const difference =
      output[i] > -0.34
        ? addScaled(addScaled(gradient, negativeSum), multiplyScaled(expm1Scaled(logit), negativeSum))
        : addScaled(gradient, multiplyScaled(expScaled(logit), negativeSum));
    store(truth, i, multiplyScaled(difference, factor));
  }
  return truth;
}

/**
 * scale · (v − ⟨e^output, v⟩), output taken as exact; exactly 0 where output is −∞. Where the two cancel the error is absolute: below
 * 2⁻⁸⁴ · |scale| · max |v| at K ≤ 2²⁰. A NaN makes the row NaN.
 */
export function logSoftmaxJvpTruth(tangent: ArrayLike<number>, output: ArrayLike<number>, scale = 1): Truth {
  if (checkBackward(tangent, output, scale).hasNaN) return constantTruth(output.length, NaN);
  const mean = dotScaled(tangent, probabilitiesOf(output));
  const factor = scaled(scale);
  const truth = createTruth(output.length);
  for (let i = 0; i < output.length; i++) {
    if (output[i] === -Infinity) continue;
    store(truth, i, multiplyScaled(subtractScaled(scaled(tangent[i]), mean), factor));
  }
  return truth;
}

/** e^output. */
function probabilitiesOf(output: ArrayLike<number>): Scaled[] {
  return Array.from(output, (logit) => (logit === -Infinity ? ZERO : expScaled(scaled(logit))));
}

/** Σ a_k · b_k, where the b_k are more than float64. */
function dotScaled(a: ArrayLike<number>, b: readonly Scaled[]): Scaled {
  return b.reduce((total, value, k) => addScaled(total, multiplyScaled(value, scaled(a[k]))), ZERO);
}

/**
 * scale² · s ⊙ ((g − b) ⊙ (v − a) − c), a = ⟨s, v⟩, b = ⟨g, s⟩, c = ⟨s, (g − b) ⊙ (v − a)⟩, s = output taken as exact. The error is
 * absolute: below 2⁻⁸³ of scale² · |s| · 4 max |g| · max |v| at K ≤ 2²⁰. A NaN makes the row NaN.
 */
export function softmaxHvpTruth(
  gradOutput: ArrayLike<number>,
  output: ArrayLike<number>,
  vector: ArrayLike<number>,
  scale = 1,
): Truth {
  const hasNaN = checkBackward(gradOutput, output, scale).hasNaN || checkBackward(vector, output, scale).hasNaN;
  if (hasNaN) return constantTruth(output.length, NaN);
  const a = dot(output, vector);
  const b = dot(gradOutput, output);
  const products = Array.from(output, (_, i) =>
    multiplyScaled(subtractScaled(scaled(gradOutput[i]), b), subtractScaled(scaled(vector[i]), a)),
  );
  const c = dotScaled(output, products);
  const factor = multiplyScaled(scaled(scale), scaled(scale));
  const truth = createTruth(output.length);
  for (let i = 0; i < output.length; i++) {
    store(truth, i, multiplyScaled(multiplyScaled(subtractScaled(products[i], c), scaled(output[i])), factor));
  }
  return truth;
}

/**
 * −scale² · Σ g · s ⊙ (v − ⟨s, v⟩), s = e^output, output taken as exact; exactly 0 where it is −∞. The error is absolute: below
 * 2⁻⁸³ · scale² · Σ |g| · |s| · max |v| at K ≤ 2²⁰. A NaN makes the row NaN.
 */
export function logSoftmaxHvpTruth(
  gradOutput: ArrayLike<number>,
  output: ArrayLike<number>,
  vector: ArrayLike<number>,
  scale = 1,
): Truth {
  const hasNaN = checkBackward(gradOutput, output, scale).hasNaN || checkBackward(vector, output, scale).hasNaN;
  if (hasNaN) return constantTruth(output.length, NaN);
  const s = probabilitiesOf(output);
  const mean = dotScaled(vector, s);
  let sum = ZERO;
  for (let i = 0; i < gradOutput.length; i++) sum = addScaled(sum, scaled(gradOutput[i]));
  const factor = multiplyScaled(negateScaled(sum), multiplyScaled(scaled(scale), scaled(scale)));
  const truth = createTruth(output.length);
  for (let i = 0; i < output.length; i++) {
    store(truth, i, multiplyScaled(multiplyScaled(s[i], subtractScaled(scaled(vector[i]), mean)), factor));
  }
  return truth;
}

const delta = (i: number, j: number): Scaled => (i === j ? ONE : ZERO);

/** diag(s) − s sᵀ, row by row: entry i · K + j is s_i (δ_ij − s_j), s = output taken as exact. A NaN makes all NaN. */
export function softmaxJacobianTruth(output: ArrayLike<number>): Truth {
  const { length } = output;
  if (Array.from(output).some(Number.isNaN)) return constantTruth(length ** 2, NaN);
  const s = Array.from(output, (share) => scaled(share));
  const truth = createTruth(length ** 2);
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < length; j++) {
      store(truth, i * length + j, multiplyScaled(s[i], subtractScaled(delta(i, j), s[j])));
    }
  }
  return truth;
}

/** I − 1 sᵀ, row by row: entry i · K + j is δ_ij − e^output_j, on the diagonal −(e^output_i − 1). A NaN makes all NaN. */
export function logSoftmaxJacobianTruth(output: ArrayLike<number>): Truth {
  const { length } = output;
  if (Array.from(output).some(Number.isNaN)) return constantTruth(length ** 2, NaN);
  const s = probabilitiesOf(output);
  const truth = createTruth(length ** 2);
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < length; j++) {
      const same = i === j && output[j] !== -Infinity;
      store(
        truth,
        i * length + j,
        same ? negateScaled(expm1Scaled(scaled(output[j]))) : subtractScaled(delta(i, j), s[j]),
      );
    }
  }
  return truth;
}

/** Entry (m · K + i) · K + j is s_m ((δ_mi − s_i)(δ_mj − s_j) − s_i (δ_ij − s_j)), s = output taken as exact. A NaN makes all NaN. */
export function softmaxHessianTruth(output: ArrayLike<number>): Truth {
  const { length } = output;
  if (Array.from(output).some(Number.isNaN)) return constantTruth(length ** 3, NaN);
  const s = Array.from(output, (share) => scaled(share));
  const truth = createTruth(length ** 3);
  for (let m = 0; m < length; m++) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) {
        const first = multiplyScaled(subtractScaled(delta(m, i), s[i]), subtractScaled(delta(m, j), s[j]));
        const second = multiplyScaled(s[i], subtractScaled(delta(i, j), s[j]));
        store(truth, (m * length + i) * length + j, multiplyScaled(s[m], subtractScaled(first, second)));
      }
    }
  }
  return truth;
}

/** What the cross-entropy of one row is made of. */
export interface CrossEntropyTerms {
  /** y, the label; none by default. */
  readonly label?: number | undefined;
  /** c, the weight of the label's term; 1 by default. */
  readonly coefficient?: number | undefined;
  /** t, one per class; none by default. */
  readonly targets?: ArrayLike<number> | undefined;
  /** What the gradient is multiplied by; 1 by default. */
  readonly factor?: number | undefined;
  /** z = scale · row; 1 by default. */
  readonly scale?: number | undefined;
}

/**
 * The loss −c · log p_y − Σ t_j · log p_j of one row, p = softmax(scale · row), and factor · ((c + Σ t) · p − c · 1_y − t), in order
 * of the classes. −log p is log Σ − z, both terms ≥ 0; p_y − 1 is −(Σ of the others) / Σ where y is the winner and at most −½
 * elsewhere: nothing cancels but Σ t · p_j against t_j. `term`: the largest that is added up in the gradient.
 *
 * A target of 0 adds 0 to the loss, whatever log p is; the gradient is 0 where the row is −∞. NaN, an infinite maximum or nothing but −∞ in the row: all NaN.
 */
export function crossEntropyTruth(
  row: ArrayLike<number>,
  { label, coefficient = 1, targets = [], factor = 1, scale = 1 }: CrossEntropyTerms,
): { loss: Truth; gradient: Truth; term: number } {
  const { index, entry, scaledEntry } = findWinner(row, scale);
  const { length } = row;
  if (!Number.isFinite(scaledEntry))
    return { loss: constantTruth(1, NaN), gradient: constantTruth(length, NaN), term: NaN };
  const multiple = scaled(scale);
  const others = sumOfOthers(row, entry, index, multiple);
  const total = addScaled(ONE, others);
  const logTotal = log1pScaled(others);
  const c = scaled(label === undefined ? 0 : coefficient);
  let sum = ZERO;
  for (let j = 0; j < targets.length; j++) sum = addScaled(sum, scaled(targets[j]));

  let loss: Scaled = ZERO;
  const gradient = createTruth(length);
  const byFactor = scaled(factor);
  let term = 0;
  for (let j = 0; j < length; j++) {
    const t = scaled(targets[j] ?? 0);
    const isLabel = j === label;
    const weight = isLabel ? addScaled(c, t) : t;
    const exponent = row[j] === -Infinity ? undefined : shiftedLogit(row[j], entry, multiple);
    if (weight.hi !== 0 && loss.hi !== Infinity) {
      const ownLoss = exponent && multiplyScaled(weight, subtractScaled(logTotal, exponent));
      loss = ownLoss ? addScaled(loss, ownLoss) : special(Infinity);
    }
    if (!exponent) continue;
    const p = divideScaled(expScaled(exponent), total);
    const rest = j === index ? negateScaled(divideScaled(others, total)) : addScaled(p, negateScaled(ONE)); // p − 1
    const terms = [multiplyScaled(c, isLabel ? rest : p), multiplyScaled(sum, p), negateScaled(t)];
    for (const { hi, exponent } of terms) term = Math.max(term, Math.abs(factor * ldexp(hi, exponent)));
    store(gradient, j, multiplyScaled(byFactor, terms.reduce(addScaled)));
  }
  const lossTruth = createTruth(1);
  store(lossTruth, 0, loss);
  return { loss: lossTruth, gradient, term };
}
