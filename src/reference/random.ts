// Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns a
// key and a counter into four words that look random. There is no state: a draw depends on the seed, its row and its number alone, so rows may
// be batched, and draws be made, in any order.
//
// From bits to uniform numbers: the key is (seed mod 2³², ⌊seed / 2³²⌋), the counter (draw mod 2³², ⌊draw / 2³²⌋, row, 0). Of the words
// w0 … w3, the first number is (⌊w0 / 2⁵⌋ · 2²⁶ + ⌊w1 / 2⁶⌋) · 2⁻⁵³, the second the same of w2 and w3: every multiple of 2⁻⁵³ in [0, 1) is as likely.

const ROUNDS = 10;
const MULTIPLIER_A = 0xd2511f53;
const MULTIPLIER_B = 0xcd9e8d57;
/** What each round adds to the key: the golden ratio, and √3 − 1. */
const WEYL_A = 0x9e3779b9;
const WEYL_B = 0xbb67ae85;

/** The high word of the product of two words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aLow, bLow) >>> 16) + aHigh * bLow; // below 2³²
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (((middle & 0xffff) + Math.imul(aLow, bHigh)) >>> 16)) | 0;
}

/** Philox4x32-10: the four words of a counter and the two of a key become four random words, in `words`. */
export function philox(words: Int32Array, keyLow: number, keyHigh: number): void {
  let a = words[0];
  let b = words[1];
  let c = words[2];
  let d = words[3];
  for (let round = 0; round < ROUNDS; round++) {
    const highA = multiplyHigh(MULTIPLIER_A, a);
    const highC = multiplyHigh(MULTIPLIER_B, c);
    const lowA = Math.imul(MULTIPLIER_A, a);
    const lowC = Math.imul(MULTIPLIER_B, c);
    a = highC ^ b ^ keyLow;
    b = lowC;
    c = highA ^ d ^ keyHigh;
    d = lowA;
    keyLow = (keyLow + WEYL_A) | 0;
    keyHigh = (keyHigh + WEYL_B) | 0;
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

/** The uniform numbers of a seed: two for each draw of each row. */
export class Uniforms {
  first = 0;
  second = 0;
  readonly #low: number;
  readonly #high: number;
  readonly #firstRow: number;
  readonly #words = new Int32Array(4);

  /**
   * @param seed an integer from 0 to 2⁵³ − 1
   * @param firstRow what the rows are counted from, to 2³² − 1
   */
  constructor(seed: number, firstRow = 0) {
    this.#firstRow = firstRow;
    this.#low = seed | 0;
    this.#high = Math.floor(seed / 2 ** 32) | 0;
  }

  /** Sets `first` and `second`, in [0, 1), to those of a draw. */
  seek(row: number, draw: number): void {
    const words = this.#words;
    words[0] = draw;
    words[1] = Math.floor(draw / 2 ** 32);
    words[2] = this.#firstRow + row;
    words[3] = 0;
    philox(words, this.#low, this.#high);
    this.first = ((words[0] >>> 5) * 2 ** 26 + (words[1] >>> 6)) * 2 ** -53;
    this.second = ((words[2] >>> 5) * 2 ** 26 + (words[3] >>> 6)) * 2 ** -53;
  }
}
