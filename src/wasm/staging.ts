// Brings tensors to the kernels that know any axis.
//
// A chunk is as many whole slices of the outer axis as fit, [n, length, inner]. If not even one fits, it is a range of
// columns of one slice, [1, length, width], gathered into rows of that width; all operands are staged then, as a kernel
// knows one stride only. Columns that do not fit either get a larger block for the length of the call.

import type { Arena } from './arena.ts';
import { copy, eachChunk, type Operand, ownersOf, type Place, placesOf } from './chunks.ts';

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
  const places = placesOf(arena, operands);
  let [count, width] = chunkOf(arena, places, outer, inner);
  if (width < inner) {
    for (const place of places) place.staged = true;
    [count, width] = chunkOf(arena, places, outer, inner);
  }
  eachChunk(
    arena,
    name,
    places,
    outer,
    inner,
    count,
    width,
    0,
    ({ array, width: rows, pointer }, { o, c, slices, columns }, back) => {
      const start = o * rows * inner + c;
      const stride = width * array.BYTES_PER_ELEMENT;
      if (width === inner) copy(arena, array, start, pointer, slices * rows * inner, back);
      else for (let r = 0; r < rows; r++) copy(arena, array, start + r * inner, pointer + r * stride, columns, back);
    },
    (pointers, { slices }) => call(pointers, slices, length, width),
  );
}

/** How many outer slices and how many columns a chunk has. */
function chunkOf(arena: Arena, places: readonly Place[], outer: number, inner: number): [number, number] {
  const owners = ownersOf(places);
  const room = arena.stagingBytes() - 16 * owners.length; // a place begins at a multiple of 16
  const column = owners.reduce((sum, { rowBytes }) => sum + rowBytes, 0);
  const count = Math.floor(room / (column * inner));
  if (count >= 1) return [Math.min(count, outer), inner];

  // Ranges of nearly equal width; the kernel gets all of them, the last too, at full width. So no column is ever alone,
  // where a kernel for contiguous rows would take it, and perhaps round it differently.
  const most = Math.max(Math.floor(room / column), Math.min(inner, MIN_COLUMNS));
  const width = Math.ceil(inner / Math.ceil(inner / most));
  return [1, Math.min(Math.ceil(width / 4) * 4, most)];
}
