// Brings arrays to the kernels. An operand that lives in wasm memory is used where it is. The others pass through a
// block of that memory in chunks: copied in, computed in place, copied out. So large inputs stay in the cache, and the
// memory in use does not grow with them.
//
// A chunk is as many whole slices of the outer axis as fit, [n, length, inner]. If not even one fits, it is a range of
// columns of one slice, [1, length, width], gathered into rows of that width; all operands are staged then, as a kernel
// knows one stride only. Columns that do not fit either get a larger block for the length of the call.
//
// Everything that can fail happens before the first write to an output.

import type { FloatArray } from '../types.ts';
import { type Arena, align } from './arena.ts';

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

/** Narrower ranges of columns would waste the lanes of the kernels. */
const MIN_COLUMNS = 4;

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

  let bytes = 0;
  for (const slot of slots) {
    slot.pointer = bytes; // from the start of the block, which is not known yet
    bytes += align(count * slot.rows * width * size);
  }
  const block = arena.borrow(name, bytes);
  try {
    for (const slot of slots) slot.pointer += block;
    operands.forEach((operand, i) => {
      // If the memory grew just now, the views of what lives there are empty.
      if (home[i] !== 0) operand.array = arena.viewLike(operand.array, home[i], outer * operand.rows * inner);
    });
    for (let o = 0; o < outer; o += count) {
      for (let c = 0; c < inner; c += width) {
        const n = Math.min(count, outer - o);
        const w = Math.min(width, inner - c);

        /** Visits what is contiguous both in an array and in the block. */
        const eachRun = (rows: number, pointer: number, visit: (start: number, at: number, length: number) => void) => {
          const start = o * rows * inner + c;
          if (width === inner) visit(start, pointer, n * rows * inner);
          else for (let r = 0; r < rows; r++) visit(start + r * inner, pointer + r * width * size, w);
        };

        for (const { rows, input, pointer } of slots) {
          if (input) eachRun(rows, pointer, (start, at, length) => arena.write(input.array, start, at, length));
        }
        const pointers = operands.map((operand, i) => {
          const slot = slots.find(({ input, output }) => input === operand || output === operand);
          return slot ? slot.pointer : home[i] + o * operand.rows * inner * size;
        });
        call(pointers, n, length, width);
        for (const { rows, output, pointer } of slots) {
          if (output) eachRun(rows, pointer, (start, at, length) => arena.read(at, output.array, start, length));
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

  // Ranges of nearly equal width; the kernel gets all of them, the last too, at full width. So no column is ever alone,
  // where a kernel for contiguous rows would take it, and perhaps round it differently.
  const most = Math.max(Math.floor(room / column), Math.min(inner, MIN_COLUMNS));
  const width = Math.ceil(inner / Math.ceil(inner / most));
  return [1, Math.min(Math.ceil(width / 4) * 4, most)];
}
