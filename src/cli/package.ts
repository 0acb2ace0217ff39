// The published files beside dist/cli.js.

import { readFileSync } from 'node:fs';

/** A file of the package. */
export function fileOf(path: string): Buffer {
  return readFileSync(new URL(`../${path}`, import.meta.url));
}

export function packageJson(): { name: string; version: string } {
  return JSON.parse(fileOf('package.json').toString());
}
