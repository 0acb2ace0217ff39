// From a tensor [outer, length, inner] to the kernels of one slice (row) and of sixteen (eight) slices at once (strip).

import { lanes, locate } from "./strips";

/** One contiguous slice. Operations with one input leave b alone. */
type Row = (a: usize, b: usize, y: usize, length: usize, scale: f64) => void;
/** The first `columns` of the slices at OFFSETS; elements `stride` bytes apart; `adjacent`: slices side by side. */
type Strip = (a: usize, b: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64) => void;

/**
 * Strips for any axis but the last and for whole groups of contiguous slices up to `short`; rows for the rest. Both give the same bits.
 * @param reduces the result has one element for each slice, side by side, and y is where the first of them goes
 */
export function overSlices<T>(
  row: Row, strip: Strip, short: usize, reduces: bool,
  a: usize, b: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void {
  const slices = outer * inner;
  let slice: usize = 0;
  if (inner > 1 || length <= short) {
    for (; inner > 1 ? slice < slices : slice + lanes<T>() <= slices; slice += lanes<T>()) {
      const adjacent = locate<T>(slice, slices, length, inner);
      const to = reduces ? y + slice * sizeof<T>() : y;
      strip(a, b, to, length, inner * sizeof<T>(), adjacent, min<usize>(lanes<T>(), slices - slice), scale);
    }
  }
  const bytes = length * sizeof<T>();
  const pitch = reduces ? sizeof<T>() : bytes;
  for (; slice < slices; slice++) row(a + slice * bytes, b + slice * bytes, y + slice * pitch, length, scale);
}
