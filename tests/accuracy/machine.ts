// A binary as another host would use it: the ABI of assembly/index.ts, called on arrays that lie in its memory.

import type { Abi } from '../../src/wasm/abi.ts';
import type { Format } from '../tools/ulp.ts';

/** What assembly/tests/probe.ts adds to the ABI. */
export interface Probe {
  probe_exp_f32(x: number, y: number, length: number, scale: number): number;
  probe_exp_f64(x: number, y: number, length: number, scale: number): number;
  probe_max_f32(max: number, to: number): void;
  probe_max_f64(max: number, to: number): void;
  probe_log1p(at: number, length: number): void;
  probe_headroom_f32(): number;
  probe_headroom_f64(): number;
}

export type FloatArray = Float32Array | Float64Array;

export interface Machine<Exports = Abi> {
  readonly exports: Exports;
  /** Arrays of the given lengths, side by side in wasm memory, 64-byte aligned. The next call uses the same places again. */
  place(format: 'float32', ...lengths: number[]): Float32Array[];
  place(format: 'float64', ...lengths: number[]): Float64Array[];
  place(format: Format, ...lengths: number[]): FloatArray[];
}

const PAGE = 65536;

export function openMachine<Exports extends Abi>(binary: BufferSource): Machine<Exports> {
  return machineOf(new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as unknown as Exports);
}

export function machineOf<Exports extends Abi>(exports: Exports): Machine<Exports> {
  const { memory } = exports;

  function place(format: Format, ...lengths: number[]): FloatArray[] {
    const size = format === 'float32' ? 4 : 8;
    const pointers: number[] = [];
    let end = exports.heap_base.value as number;
    for (const length of lengths) {
      pointers.push(Math.ceil(end / 64) * 64);
      end = pointers[pointers.length - 1] + length * size;
    }
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return pointers.map((pointer, i) =>
      format === 'float32'
        ? new Float32Array(memory.buffer, pointer, lengths[i])
        : new Float64Array(memory.buffer, pointer, lengths[i]),
    );
  }

  return { exports, place: place as Machine<Exports>['place'] };
}

/** The forward operations with a scale. */
export type ForwardOp = 'softmax' | 'log_softmax' | 'log_sum_exp';

/** y = op(scale · x), tensors of shape [outer, length, inner] in the machine's memory. */
export function forward(
  { exports }: Machine,
  op: ForwardOp,
  x: FloatArray,
  y: FloatArray,
  [outer, length, inner]: readonly [number, number, number],
  scale: number,
): void {
  const suffix = x instanceof Float32Array ? 'f32' : 'f64';
  exports[`${op}_${suffix}`](x.byteOffset, y.byteOffset, outer, length, inner, scale);
}

export type BackwardOp = 'softmax_backward' | 'log_softmax_backward';

export function backward(
  { exports }: Machine,
  op: BackwardOp,
  gradOutput: FloatArray,
  output: FloatArray,
  gradInput: FloatArray,
  [outer, length, inner]: readonly [number, number, number],
  scale: number,
): void {
  const suffix = output instanceof Float32Array ? 'f32' : 'f64';
  const kernel = exports[`${op}_${suffix}`];
  kernel(gradOutput.byteOffset, output.byteOffset, gradInput.byteOffset, outer, length, inner, scale);
}
