// Makes the data of a binary smaller: constants that lie side by side become one segment, and a function that is passed as a value loses the header of its object,
// which only a managed runtime would read. What the kernels read stays where it is.

import { leb } from './leb.mjs';

/** Bytes of a segment besides its data: flags, offset, length. */
const SEGMENT_COST = 6;

const DATA = 11;
const DATA_COUNT = 12;

/** An AssemblyScript object is a 20-byte header, size first and payload size last, and its payload, for a function 8 bytes. */
const HEADER = 20;
const FUNCTION_SIZE = 28;
const FUNCTION_PAYLOAD = 8;

/** @param {Uint8Array} binary a module with one memory @returns {Uint8Array} the same, packed */
export function pack(binary) {
  let at = 8;
  const sections = [];
  const read = () => {
    const [value, length] = unsigned(binary, at);
    at += length;
    return value;
  };
  while (at < binary.length) {
    const id = binary[at++];
    const length = read();
    sections.push({ id, content: binary.subarray(at, at + length) });
    at += length;
  }
  const data = sections.find(({ id }) => id === DATA);
  const segments = joined(withoutHeaders(segmentsOf(data.content)));
  data.content = Uint8Array.from([...leb(segments.length), ...segments.flatMap(encoded)]);
  const count = sections.find(({ id }) => id === DATA_COUNT);
  if (count) count.content = Uint8Array.from(leb(segments.length));
  return Uint8Array.from([
    ...binary.subarray(0, 8),
    ...sections.flatMap(({ id, content }) => [id, ...leb(content.length), ...content]),
  ]);
}

function segmentsOf(content) {
  let at = 0;
  const read = (decode) => {
    const [value, length] = decode(content, at);
    at += length;
    return value;
  };
  return Array.from({ length: read(unsigned) }, () => {
    const [flags, constant] = [content[at], content[at + 1]];
    if (flags !== 0 || constant !== 0x41) throw new Error('pack: a segment is not one of memory 0 at a constant place');
    at += 2;
    const offset = read(signed);
    at++; // end of the expression
    const length = read(unsigned);
    const bytes = [...content.subarray(at, at + length)];
    at += length;
    return { offset, bytes };
  });
}

/** Objects of functions come as two segments, the one byte of the header's first word that is not 0, and all from its fourth word on. */
function withoutHeaders(segments) {
  const sizes = new Set(segments.filter(({ bytes: [first, ...rest] }) => first === FUNCTION_SIZE && rest.length === 0));
  const heads = new Set();
  const kept = segments.map((segment, i) => {
    const head = segments[i - 1];
    const { offset, bytes } = segment;
    if (!sizes.has(head) || offset !== head.offset + 12 || bytes[4] !== FUNCTION_PAYLOAD) return segment;
    heads.add(head);
    return { offset: head.offset + HEADER, bytes: bytes.slice(HEADER - 12) };
  });
  return kept.filter((segment) => !heads.has(segment) && segment.bytes.length > 0);
}

function joined(segments) {
  const result = [];
  for (const { offset, bytes } of segments) {
    const last = result.at(-1);
    const gap = last && offset - last.offset - last.bytes.length;
    if (last && gap <= SEGMENT_COST) last.bytes.push(...new Array(gap).fill(0), ...bytes);
    else result.push({ offset, bytes: [...bytes] });
  }
  return result;
}

const encoded = ({ offset, bytes }) => [0, 0x41, ...signedLeb(offset), 0x0b, ...leb(bytes.length), ...bytes];

// LEB128, as in the WebAssembly specification.

function unsigned(bytes, at) {
  let value = 0;
  for (let length = 0; ; length++) {
    value += (bytes[at + length] & 0x7f) * 2 ** (7 * length);
    if (bytes[at + length] < 0x80) return [value, length + 1];
  }
}

function signed(bytes, at) {
  const [value, length] = unsigned(bytes, at);
  return [bytes[at + length - 1] & 0x40 ? value - 2 ** (7 * length) : value, length];
}

function signedLeb(value) {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
