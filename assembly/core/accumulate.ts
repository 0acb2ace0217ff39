// One compensated sum (Neumaier 1974) at a time, and how the scalar kernels store a result.

let total: f64 = 0;
let lost: f64 = 0;

export function clear(): void {
  total = 0;
  lost = 0;
}

export function add(value: f64): void {
  const next = total + value;
  lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
  total = next;
}

/** What was added since {@link clear}. */
export function added(): f64 {
  return isFinite(total) ? total + lost : total;
}

// @ts-ignore: decorator
@inline
export function get<T>(from: usize, index: usize): f64 {
  return <f64>load<T>(from + index * sizeof<T>());
}

/** A NaN becomes the canonical one, -0 becomes 0. */
// @ts-ignore: decorator
@inline
export function put<T>(to: usize, index: usize, value: f64): void {
  store<T>(to + index * sizeof<T>(), isNaN(value) ? <T>NaN : <T>(value + 0.0));
}
