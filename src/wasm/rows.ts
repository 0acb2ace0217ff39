// Brings rows to the kernels that know contiguous ones only. For any axis but the last a chunk is transposed on its way in and out,
// so that its slices become rows: whole slices [length, inner], several at once, or a range of columns of one.

import type { FloatArray } from '../types.ts';
import type { Kernels } from './abi.ts';
import { type Arena, align } from './arena.ts';
import { copy, eachChunk, homeOf, type Operand, ownersOf, placesOf } from './chunks.ts';

/** A chunk's pointers in the order of the operands, and which rows it has. */
type Call = (pointers: readonly number[], rows: number, first: number) => void;

export function stageRows(
  arena: Arena,
  name: string,
  transposeOf: (array: FloatArray) => Kernels['transpose'],
  operands: readonly Operand[],
  outer: number,
  inner: number,
  call: Call,
): void {
  if (inner === 1 && stageAtOnce(arena, name, operands, outer, call)) return;
  const places = placesOf(arena, operands);
  const turned = inner > 1 ? places.filter(({ sliced }) => sliced) : [];
  for (const place of turned) place.staged = true;

  let fixed = 0;
  let perRow = 0;
  for (const { role, rowBytes } of ownersOf(places)) {
    if (role === 'share') fixed += rowBytes;
    else perRow += rowBytes;
  }
  // One place for what is about to be transposed, or was just now.
  const raw = Math.max(0, ...turned.map(({ rowBytes }) => rowBytes));
  const room = arena.stagingBytes() - fixed - 16 * (operands.length + 1); // an operand begins at a multiple of 16
  const fitting = Math.max(1, perRow + raw > 0 ? Math.floor(room / (perRow + raw)) : Infinity);
  const width = Math.min(fitting, inner);
  const count = Math.min(outer, Math.max(1, Math.floor(fitting / inner)));

  eachChunk(
    arena,
    name,
    places,
    outer,
    inner,
    count,
    width,
    raw * count * width,
    (place, { o, c, slices, columns, spare }, back) => {
      const { array, home, width: length, pointer } = place;
      if (!turned.includes(place)) {
        copy(arena, array, (o * inner + c) * length, pointer, slices * columns * length, back);
        return;
      }
      const size = array.BYTES_PER_ELEMENT;
      const isWhole = columns === inner;
      const direct = home !== 0 && isWhole;
      const start = o * length * inner + c;
      const tensor = direct ? home + start * size : spare;
      const slice = length * columns;

      /** Copies what is contiguous both in the array and in the block. */
      const copyRuns = (): void => {
        const runs = isWhole ? 1 : length;
        const run = isWhole ? slices * slice : columns;
        for (let r = 0; r < runs; r++) copy(arena, array, start + r * inner, tensor + r * run * size, run, back);
      };

      if (!back && !direct) copyRuns();
      const transpose = transposeOf(array as FloatArray);
      for (let s = 0; s < slices; s++) {
        const [ofTensor, ofRows] = [tensor + s * slice * size, pointer + s * slice * size];
        if (back) transpose(ofRows, ofTensor, columns, length);
        else transpose(ofTensor, ofRows, length, columns);
      }
      if (back && !direct) copyRuns();
    },
    (pointers, { o, c, slices, columns }) => call(pointers, slices * columns, o * inner + c),
  );
}

/** Contiguous rows that fit the block all at once, the way of small calls; false where they do not. */
function stageAtOnce(arena: Arena, name: string, operands: readonly Operand[], rows: number, call: Call): boolean {
  const pointers: number[] = [];
  const staged: boolean[] = []; // asked before the block is made: the memory may grow then, and the views of what lives there become empty
  let bytes = 0;
  for (const operand of operands) {
    const { array, width, role, over } = operand;
    const home = homeOf(arena, operand);
    const under = over?.find((i) => staged[i]);
    staged.push(home === 0);
    if (home !== 0) pointers.push(home);
    else if (under !== undefined) pointers.push(pointers[under]);
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
