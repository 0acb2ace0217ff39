// y[columns, rows] = x[rows, columns]ᵀ, for the kernels that know contiguous rows only. x and y do not overlap.

export function transpose<T>(x: usize, y: usize, rows: usize, columns: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      store<T>(y + (j * rows + i) * sizeof<T>(), load<T>(x + (i * columns + j) * sizeof<T>()));
    }
  }
}
