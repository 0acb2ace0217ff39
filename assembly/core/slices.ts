// From a tensor [outer, length, inner] to the kernels of one slice (row) and of sixteen slices at once (strip).

import { LANES, locate } from "./strips";

/** One contiguous slice. Operations with one input leave b alone. */
type Row = (a: usize, b: usize, y: usize, length: usize, scale: f64) => void;
/** The first `columns` of the slices at OFFSETS; elements `stride` bytes apart; `adjacent`: slices side by side. */
type Strip = (a: usize, b: usize, y: usize, length: usize, stride: usize, adjacent: bool, columns: usize, scale: f64) => void;

/**
 * Float32: strips for any axis but the last and for whole groups of contiguous slices up to `short`; rows for the rest. Both give the same bits.
 * @param reduces the result has one element for each slice, side by side, and y is where the first of them goes
 */
export function overSlices(
  row: Row, strip: Strip, short: usize, reduces: bool,
  a: usize, b: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64,
): void {
  const slices = outer * inner;
  let slice: usize = 0;
  if (inner > 1 || length <= short) {
    for (; inner > 1 ? slice < slices : slice + LANES <= slices; slice += LANES) {
      const adjacent = locate(slice, slices, length, inner);
      const to = reduces ? y + (slice << 2) : y;
      strip(a, b, to, length, inner << 2, adjacent, min<usize>(LANES, slices - slice), scale);
    }
  }
  if (slice >= slices) return;
  const bytes = length << 2;
  const pitch: usize = reduces ? 4 : bytes;
  overRows(row, a + slice * bytes, b + slice * bytes, y + slice * pitch, slices - slice, length, bytes, pitch, scale);
}

/** Contiguous slices only; `bytes` of an input and `pitch` of the result belong to each. */
export function overRows(row: Row, a: usize, b: usize, y: usize, rows: usize, length: usize, bytes: usize, pitch: usize, scale: f64): void {
  for (; rows > 0; rows--, a += bytes, b += bytes, y += pitch) row(a, b, y, length, scale);
}
