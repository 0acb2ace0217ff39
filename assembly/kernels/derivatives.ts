// Products of the derivatives with vectors, on contiguous rows; s is softmax, ⟨·,·⟩ the sum of products along the row.
//
//   log_softmax_jvp   scale · (v − ⟨s, v⟩), 0 where the output is −∞
//   softmax_hvp       scale² · (s ⊙ h − s · ⟨s, h⟩),  h = (g − ⟨s, g⟩) ⊙ (v − ⟨s, v⟩)
//   log_softmax_hvp   −scale² · Σ g · s ⊙ (v − ⟨s, v⟩)
//
// No matrix is formed. A NaN in any input makes the row NaN. The result may be any of the inputs.

import { expStrips } from "../core/exp";
import { nmadd } from "../core/lanes";
import { fill, overRow, storeStrip } from "../core/rows";
import { MEAN_A, MEAN_B, PACK_B, PACK_C, RESULT, STRIP, SUM } from "../core/scratch";
import { addStrip, clearSum, sumRow, totalOfRow } from "../core/sum";
import { prepareOutputs, sumOfGradients } from "./log-softmax";
import { dotRow, softmaxBackwardStrips, sumProducts } from "./softmax";

/** ⟨v, e^o⟩ of two rows; after prepareOutputs. */
function dotExpRow<T>(v: usize, o: usize, length: usize): f64 {
  clearSum();
  overRow<T>((v: usize, o: usize, c: usize, y: usize, strips: usize, scale: f64): void => {
    expStrips<T>(o, STRIP, PACK_B, STRIP, strips);
    sumProducts<T>(v, PACK_B, strips);
  }, v, o, v, 0, length, 0);
  return totalOfRow();
}

/** y = scale · (v − RESULT), 0 where o is −∞. */
function jvpStrips<T>(v: usize, o: usize, y: usize, strips: usize, scale: f64): void {
  const factor = v128.splat<T>(<T>scale), lowest = v128.splat<T>(<T>-Infinity), mean = v128.load(RESULT);
  for (const end = v + strips * STRIP; v < end; v += 16, o += 16, y += 16) {
    const product = v128.mul<T>(v128.sub<T>(v128.load(v), mean), factor);
    v128.store(y, v128.add<T>(v128.andnot(product, v128.eq<T>(v128.load(o), lowest)), v128.splat<T>(0))); // + 0: not -0
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
    }, v, o, v, y, length, scale);
  }
}

/** factor · s ⊙ h of one vector: the factor first, so that a small s loses nothing that a large factor would bring back. */
// @ts-ignore: decorator
@inline
function product<T>(g: usize, s: usize, v: usize, at: usize, factor: v128): v128 {
  const centred = v128.mul<T>(v128.sub<T>(v128.load(g + at), v128.load(MEAN_B)), factor);
  return v128.mul<T>(v128.mul<T>(v128.load(s + at), centred), v128.sub<T>(v128.load(v + at), v128.load(MEAN_A)));
}

// @ts-ignore: decorator
@inline
function finished<T>(p: v128, s: v128): v128 {
  return v128.add<T>(nmadd<T>(s, v128.load(RESULT), p), v128.splat<T>(0)); // + 0: a derivative of 0 is not -0
}

/** SUM += scale · ⟨s, h⟩ where y is 0; else y = scale · s ⊙ h − s · RESULT. */
function hStrips<T>(g: usize, s: usize, v: usize, y: usize, strips: usize, scale: f64): void {
  const factor = v128.splat<T>(<T>scale);
  const end = g + strips * STRIP;
  if (sizeof<T>() == 8) {
    for (let to = y ? y : PACK_B; g < end; g += 16, s += 16, v += 16, to += 16) {
      const p = product<T>(g, s, v, 0, factor);
      v128.store(to, y ? finished<T>(p, v128.load(s)) : p);
    }
    if (!y) sumRow<T>(PACK_B, strips);
    return;
  }
  let sum = v128.load(SUM);
  for (; g < end; g += STRIP, s += STRIP, v += STRIP) {
    const p0 = product<T>(g, s, v, 0, factor), p1 = product<T>(g, s, v, 16, factor);
    const p2 = product<T>(g, s, v, 32, factor), p3 = product<T>(g, s, v, 48, factor);
    if (!y) {
      sum = addStrip(sum, p0, p1, p2, p3);
      continue;
    }
    const r0 = finished<T>(p0, v128.load(s)), r1 = finished<T>(p1, v128.load(s, 16));
    const r2 = finished<T>(p2, v128.load(s, 32)), r3 = finished<T>(p3, v128.load(s, 48));
    v128.store(y, r0); v128.store(y, r1, 16); v128.store(y, r2, 32); v128.store(y, r3, 48);
    y += STRIP;
  }
  v128.store(SUM, sum);
}

export function softmaxHvp<T>(g: usize, s: usize, v: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  for (let row: usize = 0; row < rows; row++, g += bytes, s += bytes, v += bytes, y += bytes) {
    storeStrip<T>(MEAN_A, <T>dotRow<T>(v, s, length));
    storeStrip<T>(MEAN_B, <T>dotRow<T>(g, s, length));
    const pass = (g: usize, s: usize, v: usize, y: usize, strips: usize, scale: f64): void => {
      hStrips<T>(g, s, v, y, strips, scale);
    };
    clearSum();
    overRow<T>(pass, g, s, v, 0, length, scale * scale);
    const mean = totalOfRow();
    if (isNaN(mean)) {
      fill<T>(y, length, sizeof<T>(), <T>NaN);
      continue;
    }
    storeStrip<T>(RESULT, <T>mean);
    overRow<T>(pass, g, s, v, y, length, scale * scale);
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
    }, v, o, v, y, length, factor);
  }
}
