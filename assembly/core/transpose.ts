// A matrix turned, for the kernels that know contiguous rows only: how the slices of another axis come to them, and their results back.

import { transpose4 } from "./strips";

/** y[columns, rows] = x[rows, columns]ᵀ; they do not overlap. Float32 in blocks of 4 × 4, the last of which may overlap those before. */
export function transpose<T>(x: usize, y: usize, rows: usize, columns: usize): void {
  const xRow = columns * sizeof<T>(), yRow = rows * sizeof<T>();
  if (sizeof<T>() == 4 && rows >= 4 && columns >= 4) {
    for (let r: usize = 0; r < rows; r += 4) {
      const row = min<usize>(r, rows - 4);
      for (let c: usize = 0; c < columns; c += 4) {
        const column = min<usize>(c, columns - 4);
        const from = x + row * xRow + (column << 2), to = y + column * yRow + (row << 2);
        transpose4(from, from + xRow, from + 2 * xRow, from + 3 * xRow, to, to + yRow, to + 2 * yRow, to + 3 * yRow);
      }
    }
    return;
  }
  for (let r: usize = 0; r < rows; r++) {
    for (let c: usize = 0; c < columns; c++) store<T>(y + c * yRow + r * sizeof<T>(), load<T>(x + r * xRow + c * sizeof<T>()));
  }
}
