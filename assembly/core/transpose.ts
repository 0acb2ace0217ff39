// A matrix turned: how rows come into lanes, and how the slices of another axis come to the kernels that know contiguous rows only; and the way back.

/**
 * y[columns, rows] = x[rows, columns]ᵀ of float32, at least 4 of each, whose rows begin xPitch and yPitch bytes apart; they do not overlap. In blocks of
 * 4 × 4, the last of which may overlap those before.
 */
export function turn(x: usize, xPitch: usize, y: usize, yPitch: usize, rows: usize, columns: usize): void {
  for (let r: usize = 0; r < rows; r += 4) {
    const row = min<usize>(r, rows - 4);
    for (let c: usize = 0; c < columns; c += 4) {
      const column = min<usize>(c, columns - 4);
      let from = x + row * xPitch + (column << 2), to = y + column * yPitch + (row << 2);
      const v0 = v128.load(from), v1 = v128.load(from + xPitch);
      from += 2 * xPitch;
      const v2 = v128.load(from), v3 = v128.load(from + xPitch);
      const ab = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), AB = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
      const cd = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5), CD = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to + yPitch, v128.shuffle<i64>(ab, cd, 1, 3));
      to += 2 * yPitch;
      v128.store(to, v128.shuffle<i64>(AB, CD, 0, 2));
      v128.store(to + yPitch, v128.shuffle<i64>(AB, CD, 1, 3));
    }
  }
}

/** The same of either type and any size, without gaps. */
export function transpose<T>(x: usize, y: usize, rows: usize, columns: usize): void {
  const xRow = columns * sizeof<T>(), yRow = rows * sizeof<T>();
  if (sizeof<T>() == 4 && rows >= 4 && columns >= 4) {
    turn(x, xRow, y, yRow, rows, columns);
    return;
  }
  for (let r: usize = 0; r < rows; r++) {
    for (let c: usize = 0; c < columns; c++) store<T>(y + c * yRow + r * sizeof<T>(), load<T>(x + r * xRow + c * sizeof<T>()));
  }
}
