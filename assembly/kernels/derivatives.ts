// Products of the derivatives with vectors, on contiguous rows; s is softmax, ⟨·,·⟩ the sum of products along the row.
//
//   log_softmax_jvp   scale · (v − ⟨s, v⟩), 0 where the output is −∞
//   softmax_hvp       scale² · s ⊙ ((g − b) ⊙ (v − a) − c),  a = ⟨s, v⟩,  b = ⟨g, s⟩,  c = ⟨s, (g − b) ⊙ (v − a)⟩
//   log_softmax_hvp   −scale² · Σ g · s ⊙ (v − ⟨s, v⟩)
//
// The last pass of each reads an element before it writes it: the result may be any of the inputs.

import { add, added, clear, get, put } from "../core/accumulate";

export function logSoftmaxJvp<T>(v: usize, o: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  for (let row: usize = 0; row < rows; row++, v += bytes, o += bytes, y += bytes) {
    clear();
    for (let i: usize = 0; i < length; i++) add(NativeMath.exp(get<T>(o, i)) * get<T>(v, i));
    const mean = added();
    for (let i: usize = 0; i < length; i++) {
      const masked = get<T>(o, i) == -Infinity && !isNaN(mean);
      put<T>(y, i, masked ? 0 : (get<T>(v, i) - mean) * scale);
    }
  }
}

export function softmaxHvp<T>(g: usize, s: usize, v: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  for (let row: usize = 0; row < rows; row++, g += bytes, s += bytes, v += bytes, y += bytes) {
    clear();
    for (let i: usize = 0; i < length; i++) add(get<T>(s, i) * get<T>(v, i));
    const a = added();
    clear();
    for (let i: usize = 0; i < length; i++) add(get<T>(s, i) * get<T>(g, i));
    const b = added();
    clear();
    for (let i: usize = 0; i < length; i++) add(get<T>(s, i) * (get<T>(g, i) - b) * (get<T>(v, i) - a));
    const c = added();
    for (let i: usize = 0; i < length; i++) {
      put<T>(y, i, get<T>(s, i) * ((get<T>(g, i) - b) * (get<T>(v, i) - a) - c) * scale * scale);
    }
  }
}

export function logSoftmaxHvp<T>(g: usize, o: usize, v: usize, y: usize, rows: usize, length: usize, scale: f64): void {
  const bytes = length * sizeof<T>();
  for (let row: usize = 0; row < rows; row++, g += bytes, o += bytes, v += bytes, y += bytes) {
    clear();
    for (let i: usize = 0; i < length; i++) add(get<T>(g, i));
    const total = added();
    clear();
    for (let i: usize = 0; i < length; i++) add(NativeMath.exp(get<T>(o, i)) * get<T>(v, i));
    const mean = added();
    for (let i: usize = 0; i < length; i++) {
      put<T>(y, i, -total * NativeMath.exp(get<T>(o, i)) * (get<T>(v, i) - mean) * scale * scale);
    }
  }
}
