// The binaries are what src/wasm/abi.ts says.

import { describe, expect, test } from 'vitest';
import { kernelNames, rowPassNames } from '../../src/wasm/abi.ts';
import { hasRelaxedSimd, hasSimd } from '../../src/wasm/detect.ts';
import { builds } from '../../src/wasm/load.ts';
import { binaryOf } from '../tools/builds.ts';

describe.each(builds)('$backend', ({ backend: build, bytes }) => {
  test('the embedded bytes are those of the build', () => {
    expect(bytes(), 'npm run build:js embeds them').toEqual(binaryOf(build));
  });

  test.runIf(build === 'simd' || hasRelaxedSimd())('exports the ABI and imports nothing', () => {
    const module = new WebAssembly.Module(bytes());
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
    const needsSimd = WebAssembly.validate(bytes());
    expect(needsSimd).toBe(build === 'simd' ? hasSimd() : hasRelaxedSimd());
  });
});
