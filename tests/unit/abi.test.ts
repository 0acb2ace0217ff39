// The binaries are what src/wasm/abi.ts says.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { kernelNames, rowPassNames } from '../../src/wasm/abi.ts';
import { hex as relaxed } from '../../src/wasm/bytes.relaxed.ts';
import { hex as simd } from '../../src/wasm/bytes.simd.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';
import { decodeHex } from '../../src/wasm/hex.ts';
import { binaryOf } from '../tools/builds.ts';

describe.each([
  ['simd', simd],
  ['relaxed', relaxed],
] as const)('%s', (build, hex) => {
  test('the embedded bytes are those of the build', () => {
    expect(decodeHex(hex), 'npm run build:js embeds them').toEqual(binaryOf(build));
  });

  test.runIf(build === 'simd' || hasRelaxedSimd())('exports the ABI and imports nothing', () => {
    const module = new WebAssembly.Module(decodeHex(hex));
    const kernels = kernelNames.flatMap((name) => [`${name}_f32`, `${name}_f64`]);
    kernels.push(...rowPassNames.map((name) => `${name}_f32`));
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
    const fromHex = vi.fn((text: string) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16)));
    vi.stubGlobal('Uint8Array', class extends Uint8Array {});
    Object.assign(Uint8Array, { fromHex: way === 'by hand' ? undefined : fromHex });
    const data = Array.from({ length: 256 }, (_, i) => i);
    expect([...decodeHex(data.map((byte) => byte.toString(16).padStart(2, '0')).join(''))]).toEqual(data);
    expect([...decodeHex('')]).toEqual([]);
    expect(fromHex).toHaveBeenCalledTimes(way === 'by hand' ? 0 : 2);
  });
});
