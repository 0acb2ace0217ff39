// The binaries are what src/wasm/abi.ts says.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { kernelNames, rowPassNames } from '../../src/wasm/abi.ts';
import { hex as relaxed } from '../../src/wasm/bytes.relaxed.ts';
import { hex as simd } from '../../src/wasm/bytes.simd.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';
import { decodeHex } from '../../src/wasm/hex.ts';

describe.each(Object.entries({ simd, relaxed }))('%s', (build, hex) => {
  test('the embedded bytes are those of the build', () => {
    const built = readFileSync(new URL(`../../build/softmax.${build}.wasm`, import.meta.url));
    expect(built.equals(decodeHex(hex)), 'npm run build:js embeds them').toBe(true);
  });

  test.runIf(build === 'simd' || hasRelaxedSimd())('exports the ABI and imports nothing', () => {
    const module = new WebAssembly.Module(decodeHex(hex));
    const kernels = [
      ...kernelNames.flatMap((name) => [`${name}_f32`, `${name}_f64`]),
      ...rowPassNames.map((name) => `${name}_f32`),
    ];
    expect(
      WebAssembly.Module.exports(module)
        .map(({ name, kind }) => `${kind} ${name}`)
        .sort(),
    ).toEqual(
      [...kernels.map((name) => `function ${name}`), 'global heap_base', 'global relaxed', 'memory memory'].sort(),
    );
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const { relaxed: marker } = new WebAssembly.Instance(module).exports as { relaxed: WebAssembly.Global };
    expect(marker.value).toBe(build === 'relaxed' ? 1 : 0);
  });

  test('needs what detection looks for', () => {
    const needsSimd = WebAssembly.validate(decodeHex(hex));
    expect(needsSimd).toBe(build === 'simd' ? hasSimd() : hasRelaxedSimd());
  });
});

describe('hexadecimal', () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each(['by hand', 'by the host'])('of every byte, %s', (way) => {
    const fromHex = vi.fn((text: string) => new Uint8Array(Buffer.from(text, 'hex')));
    vi.stubGlobal('Uint8Array', class extends Uint8Array {});
    Object.assign(Uint8Array, { fromHex: way === 'by hand' ? undefined : fromHex });
    const data = Array.from({ length: 256 }, (_, i) => i);
    expect([...decodeHex(Buffer.from(data).toString('hex'))]).toEqual(data);
    expect([...decodeHex('')]).toEqual([]);
    expect(fromHex).toHaveBeenCalledTimes(way === 'by hand' ? 0 : 2);
  });
});
