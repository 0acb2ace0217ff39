import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export const SIDE = 8;
export const PIXELS = SIDE * SIDE;
export const CLASSES = 10;
const WHITE = 16; // pixel values are integers from 0 (paper) to 16 (ink)

/**
 * @typedef {object} Digits
 * @property {number} rows
 * @property {Float32Array} features  [rows, 64], each pixel from 0 to 1
 * @property {Uint8Array} labels      [rows], 0 to 9
 */

/**
 * Reads the digits and divides them, in the order of the file: the first `trainRows` to train on, the rest to test on.
 *
 * @param {number} trainRows
 * @returns {{ train: Digits, test: Digits, all: Digits }}
 */
export function readDigits(trainRows) {
  const text = gunzipSync(readFileSync(new URL('digits.csv.gz', import.meta.url))).toString('latin1');
  const lines = text.trimEnd().split('\n');
  const all = {
    rows: lines.length,
    features: new Float32Array(lines.length * PIXELS),
    labels: new Uint8Array(lines.length),
  };
  lines.forEach((line, row) => {
    const values = line.split(',').map(Number);
    all.labels[row] = values.pop();
    all.features.set(
      values.map((value) => value / WHITE),
      row * PIXELS,
    );
  });
  return { train: slice(all, 0, trainRows), test: slice(all, trainRows, all.rows), all };
}

/** @returns {Digits} rows `from` to `to` - 1, sharing memory with `digits` */
function slice(digits, from, to) {
  return {
    rows: to - from,
    features: digits.features.subarray(from * PIXELS, to * PIXELS),
    labels: digits.labels.subarray(from, to),
  };
}
