// Brings arrays to the kernels. An operand that lives in wasm memory is used where it is. The others pass through a
// block of that memory in chunks: copied in, computed in place, copied out. So large inputs stay in the cache, and the
// memory in use does not grow with them.
//
// A chunk is as many whole slices of the outer axis as fit, [n, length, inner]. If not even one fits, it is a range of
// its columns, [1, length, width], gathered into contiguous rows; all operands are staged then, as a kernel knows one
// stride only. A column that does not fit either gets a larger block for the length of the call.
//
// Everything that can fail happens before the first write to an output.

import type { FloatArray } from '../types.ts';
import type { Arena } from './arena.ts';

/** An array that takes part in a call. */
export interface Operand {
  array: FloatArray;
  /** Elements per column: the length of the axis, or 1 where the result has lost it. */
  readonly rows: number;
  readonly written: boolean;
}

/** A part of the block, and what passes through it: an output shares the place of an input of its size. */
interface Slot {
  readonly rows: number;
  readonly input: Operand | undefined;
  output: Operand | undefined;
  pointer: number;
}

/** Narrower ranges of columns waste the lanes of the kernels. */
const MIN_COLUMNS = 4;

/** Up to here a loop beats the fixed cost of `set` and `subarray`. */
const LOOP_LENGTH = 48;

/** Calls the kernel for each chunk with the pointers of the operands, in their order. The operands are of one type. */
export function stage(
  arena: Arena,
  name: string,
  operands: readonly Operand[],
  outer: number,
  length: number,
  inner: number,
  call: (pointers: readonly number[], outer: number, length: number, inner: number) => void,
): void {
  const size = operands[0].array.BYTES_PER_ELEMENT;
  const home = operands.map(({ array }) => arena.pointerTo(array));

  let slots = layOut(operands.filter((_, i) => home[i] === 0));
  let [count, width] = chunkOf(arena, slots, size, outer, inner);
  if (width < inner) {
    slots = layOut(operands);
    [count, width] = chunkOf(arena, slots, size, outer, inner);
  }

  const bytesOf = (slot: Slot) => Math.ceil((count * slot.rows * width * size) / 16) * 16;
  const block = arena.borrow(
    name,
    slots.reduce((sum, slot) => sum + bytesOf(slot), 0),
  );
  try {
    let pointer = block;
    for (const slot of slots) {
      slot.pointer = pointer;
      pointer += bytesOf(slot);
    }
    // The memory may have grown: take the views of what lives there anew.
    operands.forEach((operand, i) => {
      const elements = outer * operand.rows * inner;
      if (home[i] !== 0) operand.array = arena.view(size === 4 ? 'float32' : 'float64', home[i], elements);
    });
    const memory = size === 4 ? arena.f32 : arena.f64;

    for (let o = 0; o < outer; o += count) {
      for (let c = 0; c < inner; c += width) {
        const n = Math.min(count, outer - o);
        const w = Math.min(width, inner - c);
        for (const { rows, input, pointer } of slots) {
          if (input) copyRows(input.array, o * rows * inner + c, inner, memory, pointer / size, width, n * rows, w);
        }
        const pointers = operands.map((operand, i) => {
          const slot = slots.find(({ input, output }) => input === operand || output === operand);
          return slot ? slot.pointer : home[i] + o * operand.rows * inner * size;
        });
        call(pointers, n, length, width);
        for (const { rows, output, pointer } of slots) {
          if (output) copyRows(memory, pointer / size, width, output.array, o * rows * inner + c, inner, n * rows, w);
        }
      }
    }
  } finally {
    arena.giveBack(block);
  }
}

function layOut(operands: readonly Operand[]): Slot[] {
  const slots: Slot[] = [];
  for (const operand of operands) {
    const { rows, written } = operand;
    const shared = written ? slots.find((slot) => slot.rows === rows && !slot.output) : undefined;
    if (shared) shared.output = operand;
    else slots.push({ rows, input: written ? undefined : operand, output: written ? operand : undefined, pointer: 0 });
  }
  return slots;
}

/** How many outer slices and how many columns a chunk has. */
function chunkOf(arena: Arena, slots: readonly Slot[], size: number, outer: number, inner: number): [number, number] {
  const room = arena.stagingBytes() - 16 * slots.length; // a slot begins at a multiple of 16
  const column = size * slots.reduce((sum, { rows }) => sum + rows, 0);
  const count = Math.floor(room / (column * inner));
  if (count >= 1) return [Math.min(count, outer), inner];

  // Ranges of nearly equal width, all handed to the kernel at full width: no column is ever alone, where the kernel
  // for contiguous rows would take it, and perhaps round it differently.
  const most = Math.max(Math.floor(room / column), Math.min(inner, MIN_COLUMNS));
  const width = Math.ceil(inner / Math.ceil(inner / most));
  return [1, Math.min(Math.ceil(width / 4) * 4, most)];
}

/** Copies `rows` rows of `width` elements, each `stride` after the one before it. */
function copyRows(
  from: FloatArray,
  fromStart: number,
  fromStride: number,
  to: FloatArray,
  toStart: number,
  toStride: number,
  rows: number,
  width: number,
): void {
  if (fromStride === width && toStride === width) {
    copy(from, fromStart, to, toStart, rows * width);
  } else {
    for (let r = 0; r < rows; r++) copy(from, fromStart + r * fromStride, to, toStart + r * toStride, width);
  }
}

/** to[toStart + i] = from[fromStart + i] for i < count */
export function copy(from: FloatArray, fromStart: number, to: FloatArray, toStart: number, count: number): void {
  if (count <= LOOP_LENGTH) {
    for (let i = 0; i < count; i++) to[toStart + i] = from[fromStart + i];
  } else {
    const whole = count === from.length;
    to.set(whole ? from : from.subarray(fromStart, fromStart + count), toStart);
  }
}
