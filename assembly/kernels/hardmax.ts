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

/** Where `strict`, an infinite maximum makes the slice NaN, as in softmax. */
function mark<T>(
  x: usize, y: usize, outer: usize, length: usize, inner: usize, negative: bool, strict: bool, hot: T, cold: T,
): void {
  const stride = inner * sizeof<T>();
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = (o * length * inner + i) * sizeof<T>();
      const best = first<T>(x + at, length, stride, negative) * stride;
      const value = load<T>(x + at + best);
      const isNumber = strict ? isFinite<T>(value) : !isNaN<T>(value);
      fill<T>(y + at, length, stride, isNumber ? cold : <T>NaN);
      if (isNumber) store<T>(y + at + best, hot);
    }
  }
}

export function hardmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  mark<T>(x, y, outer, length, inner, false, false, <T>1, <T>0);
}

/** The limit T → 0 of softmax (`hot` 1, `cold` 0) and log-softmax (0, −∞). */
export function oneHot<T>(
  x: usize, y: usize, outer: usize, length: usize, inner: usize, negative: bool, hot: T, cold: T,
): void {
  mark<T>(x, y, outer, length, inner, negative, true, hot, cold);
}
