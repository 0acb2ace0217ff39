// Brings rows to the kernels that know contiguous ones only, as staging.ts brings tensors to the others: what lives in wasm memory is
// used where it is, the rest passes through a block in chunks. For any axis but the last a chunk is transposed on its way in and out,
// so that its slices become rows: whole slices [length, inner], several at once, or a range of columns of one.
//
// Everything that can fail happens before the first write to an output.

import type { FloatArray } from '../types.ts';
import type { Kernels } from './abi.ts';
import { type Arena, align } from './arena.ts';

/** An array that takes part in a call. */
export interface RowOperand {
  readonly array: FloatArray | Int32Array;
  /** Elements of one row. */
  readonly width: number;
  /** 'work' is room of that size in which nothing comes or goes; 'share' is one row for all. */
  readonly role: 'read' | 'write' | 'work' | 'share';
  /** Whether its rows are the slices of a tensor [outer, width, inner]; else they lie one after the other. */
  readonly sliced: boolean;
  /** For what is written: the operand whose place in the block it takes. */
  readonly over?: number | undefined;
}

/** A chunk's pointers in the order of the operands, and which rows it has. */
type Call = (pointers: readonly number[], rows: number, first: number) => void;

export function stageRows(
  arena: Arena,
  name: string,
  transposeOf: (array: FloatArray) => Kernels['transpose'],
  operands: readonly RowOperand[],
  outer: number,
  inner: number,
  call: Call,
): void {
  if (inner === 1 && stageAtOnce(arena, name, operands, outer, call)) return;
  const places = operands.map((operand) => {
    const { array, width, role, sliced } = operand;
    const home = role === 'work' ? 0 : arena.pointerTo(array);
    const turned = sliced && inner > 1;
    const rowBytes = width * array.BYTES_PER_ELEMENT;
    return { ...operand, home, turned, staged: home === 0 || turned, rowBytes, pointer: home };
  });
  const owners = places.filter(({ staged, over }) => staged && !(over !== undefined && places[over].staged));

  let fixed = 0;
  let perRow = 0;
  for (const { role, rowBytes } of owners) {
    if (role === 'share') fixed += rowBytes;
    else perRow += rowBytes;
  }
  // One place for what is about to be transposed, or was just now.
  const raw = Math.max(0, ...places.map(({ turned, rowBytes }) => (turned ? rowBytes : 0)));
  const room = arena.stagingBytes() - fixed - 16 * (operands.length + 1); // an operand begins at a multiple of 16
  const fitting = Math.max(1, perRow + raw > 0 ? Math.floor(room / (perRow + raw)) : Infinity);
  const width = Math.min(fitting, inner);
  const count = Math.min(outer, Math.max(1, Math.floor(fitting / inner)));

  let bytes = 0;
  const take = (size: number): number => {
    const start = bytes;
    bytes += align(size);
    return start;
  };
  for (const place of owners) place.pointer = take(place.rowBytes * (place.role === 'share' ? 1 : count * width));
  const rawPlace = take(raw * count * width);
  const block = arena.borrow(name, bytes);
  try {
    for (const place of places) {
      if (owners.includes(place)) place.pointer += block;
      else if (place.staged) place.pointer = places[place.over!].pointer;
      if (place.role === 'share' && place.staged) arena.write(place.array, 0, place.pointer, place.width);
      // If the memory grew just now, the views of what lives there are empty.
      if (place.turned && place.home !== 0)
        place.array = arena.viewLike(place.array as FloatArray, place.home, outer * place.width * inner);
    }

    for (let o = 0; o < outer; o += count) {
      for (let c = 0; c < inner; c += width) {
        const slices = Math.min(count, outer - o);
        const columns = Math.min(width, inner - c);
        const first = o * inner + c;
        const rows = slices * columns;

        for (const place of places) if (place.role === 'read' && place.staged) pass(place, false);
        call(
          places.map(({ staged, role, pointer, rowBytes }) =>
            staged || role === 'share' ? pointer : pointer + first * rowBytes,
          ),
          rows,
          first,
        );
        for (const place of places) if (place.role === 'write' && place.staged) pass(place, true);

        /** Between the slices of an array and the rows of its place, where `back` the other way round. */
        function pass({ array, home, width: length, turned, pointer }: (typeof places)[number], back: boolean): void {
          const copy = (at: number, start: number, count: number): void => {
            if (back) arena.read(at, array as FloatArray, start, count);
            else arena.write(array, start, at, count);
          };
          if (!turned) {
            copy(pointer, first * length, rows * length);
            return;
          }
          const size = array.BYTES_PER_ELEMENT;
          const isWhole = columns === inner;
          const direct = home !== 0 && isWhole;
          const start = o * length * inner + c;
          const tensor = direct ? home + start * size : block + rawPlace;
          const slice = length * columns;

          /** Copies what is contiguous both in the array and in the block. */
          const copyRuns = (): void => {
            const runs = isWhole ? 1 : length;
            const run = isWhole ? slices * slice : columns;
            for (let r = 0; r < runs; r++) copy(tensor + r * run * size, start + r * inner, run);
          };

          if (!back && !direct) copyRuns();
          const transpose = transposeOf(array as FloatArray);
          for (let s = 0; s < slices; s++) {
            const [ofTensor, ofRows] = [tensor + s * slice * size, pointer + s * slice * size];
            if (back) transpose(ofRows, ofTensor, columns, length);
            else transpose(ofTensor, ofRows, length, columns);
          }
          if (back && !direct) copyRuns();
        }
      }
    }
  } finally {
    arena.giveBack(block);
  }
}

/** Contiguous rows that fit the block all at once, the way of small calls; false where they do not. */
function stageAtOnce(arena: Arena, name: string, operands: readonly RowOperand[], rows: number, call: Call): boolean {
  const pointers: number[] = [];
  const staged: boolean[] = []; // asked before the block is made: the memory may grow then, and the views of what lives there become empty
  let bytes = 0;
  for (const { array, width, role, over } of operands) {
    const home = role === 'work' ? 0 : arena.pointerTo(array);
    staged.push(home === 0);
    if (home !== 0) pointers.push(home);
    else if (over !== undefined && staged[over]) pointers.push(pointers[over]);
    else {
      pointers.push(-bytes); // from the start of the block, which is not known yet
      bytes += align((role === 'share' ? 1 : rows) * width * array.BYTES_PER_ELEMENT);
    }
  }
  if (!arena.hasRoom(bytes)) return false;
  const block = arena.borrow(name, bytes);
  try {
    for (let i = 0; i < operands.length; i++) {
      const { array, role, width } = operands[i];
      if (!staged[i]) continue;
      pointers[i] = block - pointers[i];
      if (role === 'read' || role === 'share')
        arena.write(array, 0, pointers[i], role === 'share' ? width : rows * width);
    }
    call(pointers, rows, 0);
    for (let i = 0; i < operands.length; i++) {
      const { array, role, width } = operands[i];
      if (role === 'write' && staged[i]) arena.read(pointers[i], array as FloatArray, 0, rows * width);
    }
  } finally {
    arena.giveBack(block);
  }
  return true;
}
