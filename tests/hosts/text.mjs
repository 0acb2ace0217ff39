// What the text of an edge bundle may not hold.

/** Next.js warns of the first two, and forbids them in production. */
export const compilation = /WebAssembly\.(compile|instantiate|validate)|new WebAssembly\.Module\b|@assemblyscript/;

/** "\0asm" in hexadecimal and in base64. */
export const binary = /0061736d|AGFzbQ/;
