// Where numbers come from, chunk by chunk.

import type { DType, FloatArray } from '../index.ts';
import type { Bytes } from './bytes.ts';
import { type CsvOptions, openCsv } from './csv.ts';
import { isNpy, readHeader } from './npy.ts';
import { RunError } from './options.ts';

/** Chunks are of about that size, unless what belongs together is larger. */
const CHUNK_BYTES = 2 ** 20;

export interface Source {
  readonly format: 'npy' | 'csv';
  readonly dtype: DType;
  /** As in the file. The rows of a csv are not known before its end. */
  readonly shape: readonly (number | undefined)[];
  readonly isFortran: boolean;
  readonly names: readonly string[] | undefined;
  /**
   * All elements in their order in the file, in multiples of `block`; undefined: all at once. What was given may be written to, and is
   * used again for the next.
   */
  chunks(block: number | undefined): AsyncGenerator<FloatArray>;
}

/** The beginning of the bytes decides what they are. */
export async function openSource(bytes: Bytes, options: CsvOptions): Promise<Source> {
  const head = await bytes.peek(512);
  if (isNpy(head)) return npy(bytes);
  if (head.includes(0)) throw new RunError(`apply: ${bytes.name} is neither npy nor text; allowed are npy and csv.`);
  return csv(bytes, options);
}

const arrays = { float32: Float32Array, float64: Float64Array };

function allocate(name: string, dtype: DType, length: number): FloatArray {
  try {
    const bytes = new Uint8Array(length * arrays[dtype].BYTES_PER_ELEMENT); // as which it is filled; some engines take less of them
    return new arrays[dtype](bytes.buffer);
  } catch {
    throw new RunError(
      `apply: ${name}: ${length} elements belong together, more than there is memory for; allowed are as many as fit.`,
    );
  }
}

async function npy(bytes: Bytes): Promise<Source> {
  const { dtype, shape, isFortran } = await readHeader(bytes);
  const total = shape.reduce((a, b) => a * b, 1);
  const { BYTES_PER_ELEMENT } = arrays[dtype];

  async function* chunks(block = total): AsyncGenerator<FloatArray> {
    const most = Math.max(Math.floor(CHUNK_BYTES / BYTES_PER_ELEMENT / block), 1) * block;
    const chunk = allocate(bytes.name, dtype, Math.min(most, total));
    for (let done = 0; done < total; done += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, total - done));
      const came = await bytes.fill(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      if (came < part.byteLength) {
        const elements = done + Math.floor(came / BYTES_PER_ELEMENT);
        throw new RunError(`apply: ${bytes.name} ends after ${elements} elements; its header says ${total}.`);
      }
      yield part;
    }
    if ((await bytes.fill(new Uint8Array(1))) > 0) {
      throw new RunError(`apply: ${bytes.name} goes on after the ${total} elements that its header says.`);
    }
  }
  return { format: 'npy', dtype, shape, isFortran, names: undefined, chunks };
}

async function csv(bytes: Bytes, options: CsvOptions): Promise<Source> {
  const { columns, names, rows } = await openCsv(bytes, options);

  async function* chunks(block: number | undefined): AsyncGenerator<FloatArray> {
    const most = Math.max(Math.floor(CHUNK_BYTES / 8 / columns), 1) * columns;
    let chunk = new Float64Array(most);
    let filled = 0;
    for await (const row of rows()) {
      if (filled === chunk.length) {
        if (block === undefined) {
          const larger = allocate(bytes.name, 'float64', 2 * filled) as Float64Array<ArrayBuffer>;
          larger.set(chunk);
          chunk = larger;
        } else {
          yield chunk;
          filled = 0;
        }
      }
      chunk.set(row, filled);
      filled += columns;
    }
    yield chunk.subarray(0, filled);
  }
  return { format: 'csv', dtype: 'float64', shape: [undefined, columns], isFortran: false, names, chunks };
}
