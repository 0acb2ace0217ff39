// What staging.ts and rows.ts share. An array that lives in wasm memory is used where it is. The others pass through a block of that memory in
// chunks: copied in, computed, in place where an operand may, and copied out. So large inputs stay in the cache, and the memory in use does not
// grow with them. A chunk is some columns of some slices [width, inner] of the outer axis.
//
// Everything that can fail happens before the first write to an output.

import type { FloatArray } from '../types.ts';
import { type Arena, align } from './arena.ts';

/** An array that takes part in a call. */
export interface Operand {
  readonly array: FloatArray | Int32Array;
  /** Elements of one row, or of one column of a slice: the length of the axis, or 1 where a result has lost it. */
  readonly width: number;
  /** 'work' is room of that size in which nothing comes or goes; 'share' is one row for all, which does not live in wasm memory. */
  readonly role: 'read' | 'write' | 'work' | 'share';
  /** Whether its rows are the slices of a tensor [outer, width, inner]; else they lie one after the other. */
  readonly sliced: boolean;
  /** For what is written: the operands whose place in the block it may take; that of the first that has one. */
  readonly over?: readonly number[] | undefined;
}

/** An operand, and where it is in the memory. */
export interface Place extends Omit<Operand, 'array'> {
  array: Operand['array'];
  /** Where the array lives in the memory, or 0. */
  readonly home: number;
  /** Whether it passes through the block. */
  staged: boolean;
  readonly rowBytes: number;
  pointer: number;
}

/** From slice `o` and column `c` on. */
export interface Chunk {
  readonly o: number;
  readonly c: number;
  readonly slices: number;
  readonly columns: number;
  /** Where the spare room is. */
  readonly spare: number;
}

/** Tensors of slices of `length` elements, and a result of `width` each: in the place of one of them, if it is as large. */
export function operandsOf(
  inputs: readonly FloatArray[],
  result: FloatArray,
  length: number,
  width: number,
): Operand[] {
  const sliced = width === length;
  return [
    ...inputs.map((array): Operand => ({ array, width: length, role: 'read', sliced: true })),
    { array: result, width, role: 'write', sliced, over: sliced ? inputs.map((_, i) => i) : [] },
  ];
}

/** Where an operand lives in the memory, or 0. */
export function homeOf(arena: Arena, { array, role }: Operand): number {
  return role === 'work' ? 0 : arena.pointerTo(array);
}

export function placesOf(arena: Arena, operands: readonly Operand[]): Place[] {
  return operands.map((operand) => {
    const home = homeOf(arena, operand);
    const rowBytes = operand.width * operand.array.BYTES_PER_ELEMENT;
    return { ...operand, home, staged: home === 0, rowBytes, pointer: home };
  });
}

/** Those that take room in the block: what is staged over another that is has the place of that. */
export function ownersOf(places: readonly Place[]): Place[] {
  return places.filter((place) => place.staged && !under(places, place));
}

/** That of which another has the place. */
function under(places: readonly Place[], { over }: Place): Place | undefined {
  return over?.map((i) => places[i]).find(({ staged }) => staged);
}

/**
 * Goes through all chunks of `count` slices and `width` columns: what is read passes to its place, `call` gets the pointers in the order of the
 * operands, what was written passes back.
 * @param spareBytes what the block has besides the places
 */
export function eachChunk(
  arena: Arena,
  name: string,
  places: readonly Place[],
  outer: number,
  inner: number,
  count: number,
  width: number,
  spareBytes: number,
  pass: (place: Place, chunk: Chunk, back: boolean) => void,
  call: (pointers: readonly number[], chunk: Chunk) => void,
): void {
  const owners = ownersOf(places);
  let bytes = 0;
  for (const place of owners) {
    place.pointer = bytes; // from the start of the block, which is not known yet
    bytes += align(place.rowBytes * (place.role === 'share' ? 1 : count * width));
  }
  const block = arena.borrow(name, bytes + spareBytes);
  try {
    for (const place of places) {
      const { array, width, role, home, staged } = place;
      if (!staged) continue;
      place.pointer = owners.includes(place) ? block + place.pointer : under(places, place)!.pointer;
      if (role === 'share') arena.write(array, 0, place.pointer, width);
      // If the memory grew just now, the views of what lives there are empty.
      if (home !== 0) place.array = arena.viewLike(array as FloatArray, home, outer * width * inner);
    }
    for (let o = 0; o < outer; o += count) {
      for (let c = 0; c < inner; c += width) {
        const [slices, columns] = [Math.min(count, outer - o), Math.min(width, inner - c)];
        const chunk = { o, c, slices, columns, spare: block + bytes };
        for (const place of places) if (place.role === 'read' && place.staged) pass(place, chunk, false);
        const pointers = places.map(({ staged, rowBytes, pointer }) =>
          staged ? pointer : pointer + (o * inner + c) * rowBytes,
        );
        call(pointers, chunk);
        for (const place of places) if (place.role === 'write' && place.staged) pass(place, chunk, true);
      }
    }
  } finally {
    arena.giveBack(block);
  }
}

/** Copies array[start, start + count) to the memory at `pointer`, or `back`. */
export function copy(
  arena: Arena,
  array: Operand['array'],
  start: number,
  pointer: number,
  count: number,
  back: boolean,
): void {
  if (back) arena.read(pointer, array as FloatArray, start, count);
  else arena.write(array, start, pointer, count);
}
