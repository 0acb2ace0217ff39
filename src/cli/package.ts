// The published files beside dist/cli.js.

import { readdirSync, readFileSync } from 'node:fs';

/** A file of the package. */
export function fileOf(path: string): Buffer {
  return readFileSync(new URL(`../${path}`, import.meta.url));
}

/** The code and the binaries in dist. */
export function builtFiles(): string[] {
  return readdirSync(new URL('.', import.meta.url)).filter((file) => /\.(js|wasm)$/.test(file));
}

export function packageJson(): { name: string; version: string } {
  return JSON.parse(fileOf('package.json').toString());
}
