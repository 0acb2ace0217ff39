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
  const bytesOf = ({ array, width }: RowOperand) => width * array.BYTES_PER_ELEMENT;
  const homes = operands.map(({ array, role }) =>
    array instanceof Int32Array || role === 'work' ? 0 : arena.pointerTo(array),
  );
  const turned = operands.map(({ sliced }) => sliced && inner > 1);
  const staged = operands.map((_, i) => homes[i] === 0 || turned[i]);
  const owns = operands.map(({ over }, i) => staged[i] && !(over !== undefined && staged[over]));

  let fixed = 0;
  let perRow = 0;
  operands.forEach((operand, i) => {
    if (!owns[i]) return;
    if (operand.role === 'share') fixed += bytesOf(operand);
    else perRow += bytesOf(operand);
  });
  // One place for what is about to be transposed, or was just now.
  const raw = Math.max(0, ...operands.map((operand, i) => (turned[i] ? bytesOf(operand) : 0)));
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
  const places = operands.map((operand, i) =>
    owns[i] ? take(bytesOf(operand) * (operand.role === 'share' ? 1 : count * width)) : 0,
  );
  const rawPlace = take(raw * count * width);
  const block = arena.borrow(name, bytes);
  try {
    const pointers = operands.map(({ over }, i) => {
      if (!staged[i]) return homes[i];
      return block + places[over !== undefined && !owns[i] ? over : i];
    });
    const arrays = operands.map(({ array, width, role }, i) =>
      // If the memory grew just now, the views of what lives there are empty.
      homes[i] === 0 || role === 'share' ? array : arena.viewLike(array as FloatArray, homes[i], outer * width * inner),
    );
    operands.forEach(({ role }, i) => {
      if (role === 'share' && staged[i]) write(arena, arrays[i], 0, pointers[i], arrays[i].length);
    });

    for (let o = 0; o < outer; o += count) {
      for (let c = 0; c < inner; c += width) {
        const slices = Math.min(count, outer - o);
        const columns = Math.min(width, inner - c);
        const first = o * inner + c;
        const rows = slices * columns;

        operands.forEach(({ role, width: length }, i) => {
          if (role !== 'read' || !staged[i]) return;
          if (turned[i]) bring(arrays[i] as FloatArray, homes[i], length, pointers[i], false);
          else write(arena, arrays[i], first * length, pointers[i], rows * length);
        });
        call(
          operands.map((operand, i) =>
            staged[i] || operand.role === 'share' ? pointers[i] : pointers[i] + first * bytesOf(operand),
          ),
          rows,
          first,
        );
        operands.forEach(({ role, width: length }, i) => {
          if (role !== 'write' || !staged[i]) return;
          const array = arrays[i] as FloatArray;
          if (turned[i]) bring(array, homes[i], length, pointers[i], true);
          else arena.read(pointers[i], array, first * length, rows * length);
        });

        /** Between the slices of an array and the rows at `pointer`, where `back` the other way round. */
        function bring(array: FloatArray, home: number, length: number, pointer: number, back: boolean): void {
          const size = array.BYTES_PER_ELEMENT;
          const start = o * length * inner + c;
          const isWhole = columns === inner;
          const direct = home !== 0 && isWhole;
          const tensor = direct ? home + start * size : block + rawPlace;
          const slice = length * columns;

          /** Copies what is contiguous both in the array and in the block. */
          const copy = (): void => {
            const runs = isWhole ? 1 : length;
            const run = isWhole ? slices * slice : columns;
            for (let r = 0; r < runs; r++) {
              const at = tensor + r * run * size;
              if (back) arena.read(at, array, start + r * inner, run);
              else arena.write(array, start + r * inner, at, run);
            }
          };

          if (!back && !direct) copy();
          const transpose = transposeOf(array);
          for (let s = 0; s < slices; s++) {
            const [ofTensor, ofRows] = [tensor + s * slice * size, pointer + s * slice * size];
            if (back) transpose(ofRows, ofTensor, columns, length);
            else transpose(ofTensor, ofRows, length, columns);
          }
          if (back && !direct) copy();
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
    const home = array instanceof Int32Array || role === 'work' ? 0 : arena.pointerTo(array);
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
        write(arena, array, 0, pointers[i], role === 'share' ? width : rows * width);
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

function write(arena: Arena, array: FloatArray | Int32Array, start: number, pointer: number, count: number): void {
  if (array instanceof Int32Array) arena.writeIntegers(array, start, pointer, count);
  else arena.write(array, start, pointer, count);
}
