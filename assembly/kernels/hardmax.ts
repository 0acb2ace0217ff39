// hardmax(x): 1 at the first maximum of each slice, 0 elsewhere. Also what softmax tends to as the temperature tends to 0.

import { read, write } from "../core/lanes";
import { fill } from "../core/rows";

/** How many bytes into a slice its first maximum is; a NaN, if there is one. */
function first(wide: bool, x: usize, bytes: usize, stride: usize, sign: f64): usize {
  let best: usize = 0;
  let value = sign * read(wide, x);
  for (let at = stride; at < bytes && !isNaN(value); at += stride) {
    const next = sign * read(wide, x + at);
    if (next > value || isNaN(next)) {
      best = at;
      value = next;
    }
  }
  return best;
}

/** Where `strict`, an infinite maximum makes the slice NaN, as in softmax. */
function mark(
  wide: bool, x: usize, y: usize, outer: usize, length: usize, inner: usize, sign: f64, strict: bool, hot: f64, cold: f64,
): void {
  const size: usize = wide ? 8 : 4;
  const stride = inner * size;
  const bytes = length * stride;
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = o * bytes + i * size;
      const best = first(wide, x + at, bytes, stride, sign);
      const value = read(wide, x + at + best);
      const isNumber = strict ? isFinite(value) : !isNaN(value);
      const rest = isNumber ? cold : NaN;
      if (wide) fill<f64>(y + at, length, stride, rest);
      else fill<f32>(y + at, length, stride, <f32>rest);
      if (isNumber) write(wide, y + at + best, hot);
    }
  }
}

export function hardmax<T>(x: usize, y: usize, outer: usize, length: usize, inner: usize): void {
  mark(sizeof<T>() == 8, x, y, outer, length, inner, 1, false, 1, 0);
}

/** The limit T → 0 of softmax (`hot` 1, `cold` 0) and log-softmax (0, −∞). */
export function oneHot<T>(
  x: usize, y: usize, outer: usize, length: usize, inner: usize, negative: bool, hot: f64, cold: f64,
): void {
  mark(sizeof<T>() == 8, x, y, outer, length, inner, negative ? -1 : 1, true, hot, cold);
}
