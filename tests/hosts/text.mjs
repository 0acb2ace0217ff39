// What the text of an edge bundle may not hold.

import { encode } from '../../assembly/tools/text.mjs';

/** Next.js warns of the first two, and forbids them in production. */
export const compilation = /WebAssembly\.(compile|instantiate|validate)|new WebAssembly\.Module\b|@assemblyscript/;

const magic = Buffer.from('\0asm');

/** The beginning of a binary, as this package has it inside, in hexadecimal and in base64. */
export const binary = new RegExp(
  [encode(magic), magic.toString('hex'), magic.toString('base64').slice(0, 5)]
    .map((text) => text.replace(/\W/g, '\\$&'))
    .join('|'),
);
