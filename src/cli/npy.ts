// The format of NumPy (numpy.lib.format): a header, which npyjs reads and writes, and the elements as they lie in memory, which pass
// in chunks.

import { dump, parse } from 'npyjs';
import type { DType, FloatArray } from '../index.ts';
import type { Bytes } from './bytes.ts';
import { RunError } from './options.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const MAX_HEADER_BYTES = 2 ** 20;
const ALLOWED = "float32 ('<f4') and float64 ('<f8'), little-endian";

/** What a header says. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Whether the first axis is the one whose elements are adjacent. */
  readonly isFortran: boolean;
}

export const isNpy = (head: Uint8Array): boolean => MAGIC.every((byte, i) => head[i] === byte);

/** Reads a header that {@link isNpy} has seen; what follows are the elements. */
export async function readHeader(bytes: Bytes): Promise<NpyHeader> {
  const fail = (why: string) => new RunError(`apply: ${bytes.name}: ${why}.`);
  const start = new Uint8Array(12);
  const major = (await bytes.fill(start.subarray(0, 8))) === 8 ? start[6] : 0;
  if (major < 1 || major > 3) throw fail(`the version of the npy format is ${major}; allowed are 1, 2 and 3`);
  const size = major === 1 ? 10 : 12;
  await bytes.fill(start.subarray(8, size));
  const view = new DataView(start.buffer);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw fail(`the header has ${length} bytes; allowed are up to ${MAX_HEADER_BYTES}`);
  const text = new Uint8Array(length);
  if ((await bytes.fill(text)) < length) throw fail(`the file ends in its header of ${length} bytes`);

  const { dtype, shape, fortranOrder } = parseHeader(Buffer.from(text).toString('latin1'), fail);
  if (dtype !== 'f4' && dtype !== 'f8') throw fail(`the element type is '${dtype}'; allowed are ${ALLOWED}`);
  const isSize = (size: number) => Number.isSafeInteger(size) && size >= 0;
  if (!shape.every(isSize) || !isSize(shape.reduce((a, b) => a * b, 1))) {
    throw fail(`the shape is (${shape.join(', ')}); allowed are non-negative integers`);
  }
  if (shape.length === 0) throw fail('the shape is (), a single number; allowed is one axis or more');
  return { dtype: dtype === 'f4' ? 'float32' : 'float64', shape, isFortran: fortranOrder };
}

function parseHeader(text: string, fail: (why: string) => RunError) {
  try {
    return parse(withPadding(text, 8).buffer); // without elements, whose place npyjs wants aligned
  } catch (error) {
    throw fail(`${(error as Error).message}; allowed are ${ALLOWED}`);
  }
}

/** A header of version 1, padded to a multiple of `multiple` and to `least` bytes. */
function withPadding(dictionary: string, multiple: number, least = 0): Uint8Array<ArrayBuffer> {
  const size = Math.max(Math.ceil((10 + dictionary.trimEnd().length + 1) / multiple) * multiple, least);
  const header = new Uint8Array(size);
  header.set([...MAGIC, 1, 0]);
  new DataView(header.buffer).setUint16(8, size - 10, true);
  header.set(Buffer.from(`${dictionary.trimEnd().padEnd(size - 11)}\n`, 'latin1'), 10);
  return header;
}

export type Elements = FloatArray | Int32Array;

/** A header for elements of the type of `like`, of at least `least` bytes. */
export function createHeader(like: Elements, shape: readonly number[], isFortran: boolean, least = 0): Uint8Array {
  const { buffer } = like.subarray(0, 0).slice();
  const none = like instanceof Int32Array ? new Int32Array(buffer) : createLike(like, buffer);
  const dictionary = Buffer.from(dump(none, [...shape]), 10).toString('latin1');
  return withPadding(isFortran ? dictionary.replace('False', 'True') : dictionary, 64, least);
}

const createLike = (like: FloatArray, buffer: ArrayBufferLike) =>
  like instanceof Float32Array ? new Float32Array(buffer) : new Float64Array(buffer);
