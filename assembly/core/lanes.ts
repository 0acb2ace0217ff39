// One text for both element types and both builds: T is f32 (4 lanes) or f64 (2 lanes), and the only choice that differs
// between the SIMD and the relaxed build is here.

/** a · b + c: two roundings in the SIMD build; one or two, as the host likes, in the relaxed. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a · b, rounded like madd. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** Two values of a strip's element type at `from`, as float64. */
// @ts-ignore: decorator
@inline
export function loadPair<T>(from: usize, pair: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(from + (pair << 4));
  return f64x2.promote_low_f32x4(v128.load64_zero(from + (pair << 3)));
}

/** One value of either element type, for what is not worth two copies of the code. */
export function read(wide: bool, from: usize): f64 {
  return wide ? load<f64>(from) : <f64>load<f32>(from);
}

export function write(wide: bool, to: usize, value: f64): void {
  if (wide) store<f64>(to, value);
  else store<f32>(to, <f32>value);
}
