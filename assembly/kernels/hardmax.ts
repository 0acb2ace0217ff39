// hardmax(x): 1 at the first maximum of each slice, 0 elsewhere. Also what softmax tends to as the temperature tends to 0.

import { fill } from "../core/rows";

/** The first maximum of a slice; a NaN, if there is one. */
function first<T>(x: usize, length: usize, stride: usize, negative: bool): usize {
  let best: usize = 0;
  let value = load<T>(x);
  for (let i: usize = 1; i < length && !isNaN<T>(value); i++) {
    const next = load<T>(x + i * stride);
    if (isNaN<T>(next) || (negative ? next < value : next > value)) {
      best = i;
      value = next;
    }
  }
  return best;
}

export function hardmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  const stride = inner * sizeof<T>();
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = (o * length * inner + i) * sizeof<T>();
      const best = first<T>(x + at, length, stride, false);
      const isNumber = !isNaN<T>(load<T>(x + at + best * stride));
      fill<T>(y + at, length, stride, isNumber ? <T>0 : <T>NaN);
      if (isNumber) store<T>(y + at + best * stride, <T>1);
    }
  }
}

/** The limit T → 0 of softmax (`hot` 1, `cold` 0) and log-softmax (0, −∞): as hardmax, but NaN where softmax is NaN. */
export function oneHot<T>(
  x: usize, y: usize, outer: usize, length: usize, inner: usize, negative: bool, hot: T, cold: T,
): void {
  const stride = inner * sizeof<T>();
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = (o * length * inner + i) * sizeof<T>();
      const best = first<T>(x + at, length, stride, negative);
      const value = load<T>(x + at + best * stride);
      const isNumber = isFinite<T>(value);
      fill<T>(y + at, length, stride, isNumber ? cold : <T>NaN);
      if (isNumber) store<T>(y + at + best * stride, hot);
    }
  }
}
