// Products of the derivatives with vectors, on contiguous rows; s is softmax, ⟨·,·⟩ the sum of products along the row.
//
//   log_softmax_jvp   scale · (v − ⟨s, v⟩), 0 where the output is −∞
//   softmax_hvp       scale² · (s ⊙ h − s · ⟨s, h⟩),  h = (g − ⟨s, g⟩) ⊙ (v − ⟨s, v⟩)
//   log_softmax_hvp   −scale² · Σ g · s ⊙ (v − ⟨s, v⟩)
//
// No matrix is formed. A NaN in any input makes the row NaN. The result may be any of the inputs.

import { expStrips } from "../core/exp";
import { fill, overRow, storeStrip } from "../core/rows";
import { MEAN_A, MEAN_B, PACK_B, PACK_C, RESULT, STRIP } from "../core/scratch";
import { clearSum, sumRow, totalOfRow } from "../core/sum";
import { combineStrips, prepareOutputs, sumOfGradients } from "./log-softmax";
import { dotRow, softmaxBackwardStrips, sumProducts } from "./softmax";

/** ⟨v, e^o⟩ of two rows; after prepareOutputs. */
function dotExpRow<T>(v: usize, o: usize, length: usize): f64 {
  clearSum();
  overRow<T>((v: usize, o: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    expStrips<T>(o, STRIP, PACK_B, STRIP, strips);
    sumProducts<T>(v, PACK_B, strips);
  }, v, o, v, 0, length, <T>-Infinity, 0);
  return totalOfRow();
}

/** y = scale · (v − RESULT), 0 where o is −∞. */
function jvpStrips<T>(v: usize, o: usize, y: usize, strips: usize, scale: f64): void {
  const factor = v128.splat<T>(<T>scale), lowest = v128.splat<T>(<T>-Infinity), mean = v128.load(RESULT);
  for (const end = v + strips * STRIP; v < end; v += 16, o += 16, y += 16) {
    const product = v128.mul<T>(v128.sub<T>(v128.load(v), mean), factor);
    v128.store(y, v128.andnot(product, v128.eq<T>(v128.load(o), lowest)));
  }
}

export function logSoftmaxJvp<T>(v: usize, o: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  prepareOutputs<T>();
  for (let row: usize = 0; row < rows; row++, v += bytes, o += bytes, y += bytes) {
    const mean = dotExpRow<T>(v, o, length);
    if (isNaN(mean)) {
      fill<T>(y, length, sizeof<T>(), <T>NaN);
      continue;
    }
    storeStrip<T>(RESULT, <T>mean);
    overRow<T>((v: usize, o: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
      jvpStrips<T>(v, o, y, strips, scale);
    }, v, o, v, y, length, <T>0, scale);
  }
}

/** PACK_B = s ⊙ h. */
function hStrips<T>(g: usize, s: usize, v: usize, strips: usize): void {
  const a = v128.load(MEAN_A), b = v128.load(MEAN_B);
  for (let to = PACK_B, end = PACK_B + strips * STRIP; to < end; to += 16, g += 16, s += 16, v += 16) {
    v128.store(to, v128.mul<T>(v128.mul<T>(v128.load(s), v128.sub<T>(v128.load(g), b)), v128.sub<T>(v128.load(v), a)));
  }
}

export function softmaxHvp<T>(g: usize, s: usize, v: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  for (let row: usize = 0; row < rows; row++, g += bytes, s += bytes, v += bytes, y += bytes) {
    storeStrip<T>(MEAN_A, <T>dotRow<T>(v, s, length));
    storeStrip<T>(MEAN_B, <T>dotRow<T>(g, s, length));
    clearSum();
    overRow<T>((g: usize, s: usize, v: usize, y: usize, strips: usize, scale: f64): void => {
      hStrips<T>(g, s, v, strips);
      sumRow<T>(PACK_B, strips);
    }, g, s, v, 0, length, <T>0, 0);
    const mean = totalOfRow();
    if (isNaN(mean)) {
      fill<T>(y, length, sizeof<T>(), <T>NaN);
      continue;
    }
    storeStrip<T>(RESULT, <T>mean);
    overRow<T>((g: usize, s: usize, v: usize, y: usize, strips: usize, scale: f64): void => {
      hStrips<T>(g, s, v, strips);
      combineStrips<T>(PACK_B, STRIP, s, STRIP, s, y, STRIP, strips, scale);
    }, g, s, v, y, length, <T>0, scale * scale);
  }
}

export function logSoftmaxHvp<T>(g: usize, o: usize, v: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  prepareOutputs<T>();
  for (let row: usize = 0; row < rows; row++, g += bytes, o += bytes, v += bytes, y += bytes) {
    const factor = -sumOfGradients<T>(g, length) * scale * scale;
    const mean = dotExpRow<T>(v, o, length);
    if (isNaN(mean + factor)) {
      fill<T>(y, length, sizeof<T>(), <T>NaN);
      continue;
    }
    storeStrip<T>(RESULT, <T>mean);
    overRow<T>((v: usize, o: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
      expStrips<T>(o, STRIP, PACK_C, STRIP, strips);
      softmaxBackwardStrips<T>(v, STRIP, PACK_C, STRIP, y, STRIP, strips, scale);
    }, v, o, v, y, length, <T>-Infinity, factor);
  }
}
