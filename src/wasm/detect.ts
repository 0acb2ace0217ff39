// What the host's WebAssembly understands, asked by validating the smallest module that uses it. Validation compiles
// nothing: it is allowed where compiling is refused, and costs a few microseconds.

/** The module `(func (result v128) …body)`: header, type 0 = () → v128, one function of it, its code. */
function moduleWithBody(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b]; // no locals, body, end
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type section: () → v128
    ...[0x03, 0x02, 0x01, 0x00], // function section: one of type 0
    ...[0x0a, code.length + 2, 0x01, code.length, ...code], // code section
  );
}

const zero = [0x41, 0x00, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const popcnt = [0xfd, 0x62]; // i8x16.popcnt: among the last to enter the SIMD proposal
const relaxedMadd = [0xfd, 0x85, 0x02]; // f32x4.relaxed_madd

function validates(module: BufferSource): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(module);
}

/** Whether the host has WebAssembly with 128-bit SIMD. */
export function hasSimd(): boolean {
  return validates(moduleWithBody(...zero, ...popcnt));
}

/** Whether the host has relaxed SIMD, too. */
export function hasRelaxedSimd(): boolean {
  return validates(moduleWithBody(...zero, ...zero, ...zero, ...relaxedMadd));
}
