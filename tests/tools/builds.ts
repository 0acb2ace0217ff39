/// <reference types="vite/client" />
// The binaries as compiled, and a suite per build. They come as data URLs, so that the same suite runs in Node.js and in browsers.

import { describe } from 'vitest';
import relaxed from '../../build/softmax.relaxed.wasm?url&inline';
import simd from '../../build/softmax.simd.wasm?url&inline';
import { type Abi, checkAbi } from '../../src/wasm/abi.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';
import { loadSync } from '../../src/wasm/load.ts';

export type Build = 'simd' | 'relaxed';

const read = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const binaries: Readonly<Record<Build, Uint8Array<ArrayBuffer>>> = {
  simd: await read(simd),
  relaxed: await read(relaxed),
};

/** The bytes of a build as compiled, the caller's to change. */
export const binaryOf = (build: Build): Uint8Array<ArrayBuffer> => binaries[build].slice();

/** A suite per build that the host runs; backends.ts says so where one is missing. */
export function onEachBuild(suite: (create: () => Abi) => void): void {
  const builds: [Build, boolean][] = [
    ['simd', hasSimd()],
    ['relaxed', hasRelaxedSimd()],
  ];
  for (const [build, isSupported] of builds) {
    if (isSupported) describe(build, () => suite(() => checkAbi('test', loadSync(binaries[build]))));
  }
}
