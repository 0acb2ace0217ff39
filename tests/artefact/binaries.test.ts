// What is shipped: the two binaries against their document, and the sizes of everything.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { checkAbi } from '../../src/wasm/abi.ts';
import { hasRelaxedSimd } from '../../src/wasm/detect.ts';
import { type Build, binaryOf } from '../tools/builds.ts';

const root = new URL('../../', import.meta.url);
const KIB = 1024;

describe.each<Build>(['simd', 'relaxed'])('softmax.%s.wasm', (build) => {
  test('is no larger than 32 KiB', () => {
    expect(binaryOf(build).length).toBeLessThanOrEqual(32 * KIB);
  });

  test('is shipped as compiled', () => {
    const shipped = readFileSync(new URL(`dist/softmax.${build}.wasm`, root));
    expect(shipped.equals(binaryOf(build)), 'npm run build copies it').toBe(true);
  });

  test.runIf(build === 'simd' || hasRelaxedSimd())('exports what its document lists, with as many arguments', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binaryOf(build)));
    const counts = Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === 'function' ? value.length : 0,
    ]);
    const documented = [...documentedExports()].map(([name, parameters]) => [name, parameters.length]);
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(documented));
  });
});

test('the two builds differ, and only one needs relaxed SIMD', () => {
  expect(binaryOf('simd')).not.toEqual(binaryOf('relaxed'));
  expect(WebAssembly.validate(binaryOf('simd'))).toBe(true);
  expect(WebAssembly.validate(binaryOf('relaxed'))).toBe(hasRelaxedSimd());
});

test('src/wasm/abi.ts names what the document lists', () => {
  let message = '';
  try {
    checkAbi('test', {});
  } catch (error) {
    message = (error as Error).message;
  }
  const [, names] = /lacks the exports (.*);/.exec(message)!;
  expect(names.split(', ').sort()).toEqual([...documentedExports().keys()].sort());
});

test('the constants of the kernels are those that their generator finds', async () => {
  const tool = fileURLToPath(new URL('assembly/tools/coefficients.mjs', root));
  const constants = fileURLToPath(new URL('assembly/core/constants.ts', root));
  const { stdout } = await promisify(execFile)(process.execPath, [tool, '--check', constants]);
  expect(stdout).toMatch(/^\d+ constants agree\n$/);
});

describe('minified and compressed', () => {
  /** A program in src/, and all that it imports; `without` is a build that is left out. */
  async function bundled(program: string, without?: Build): Promise<string> {
    const input = fileURLToPath(new URL('src/program.ts', root));
    const bundle = await rolldown({
      input,
      plugins: [
        {
          name: 'program',
          resolveId: (id) => (id === input ? id : null),
          load(id) {
            if (id === input) return program;
            return without && id.endsWith(`bytes.${without}.ts`) ? "export const hex = '';" : null;
          },
        },
      ],
    });
    const { output } = await bundle.generate({ minify: true });
    await bundle.close();
    return output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  }

  const compressed = async (entry: string, without?: Build): Promise<number> =>
    brotliCompressSync(await bundled(`export * from './${entry}';`, without)).length;

  // 24 KiB are wanted: what a classifier imports, below, is within them.
  test('everything: at most 34 KiB', async () => {
    expect(await compressed('index.ts')).toBeLessThanOrEqual(34 * KIB);
  });

  test('the same by gzip: at most 40 KiB', async () => {
    expect(gzipSync(await bundled("export * from './index.ts';"), { level: 9 }).length).toBeLessThanOrEqual(40 * KIB);
  });

  test('of which the relaxed build, a patch of the other, is at most 1.5 KiB', async () => {
    const patch = (await compressed('index.ts')) - (await compressed('index.ts', 'relaxed'));
    expect(patch).toBeGreaterThan(0);
    expect(patch).toBeLessThanOrEqual(1.5 * KIB);
  });

  test('softmax alone: at most 22 KiB, and nothing of losses, derivatives, sampling or engines', async () => {
    const [alone, whole] = [
      await bundled("export { softmax } from './index.ts';"),
      await bundled("export * from './index.ts';"),
    ];
    for (const word of ['labelSmoothing', 'inFeatures', 'gradOutput', 'keepHeaviest', 'setDefaultEngine']) {
      expect(whole).toContain(word);
      expect(alone).not.toContain(word);
    }
    expect(brotliCompressSync(alone).length).toBeLessThanOrEqual(22 * KIB);
  });

  test('softmax, log-softmax and cross-entropy with its gradient: at most 24 KiB', async () => {
    const program = "export { crossEntropyWithGradient, logSoftmax, softmax } from './index.ts';";
    expect(brotliCompressSync(await bundled(program)).length).toBeLessThanOrEqual(24 * KIB);
  });

  test('the edge entry: at most 19 KiB', async () => {
    expect(await compressed('../dist/edge.js')).toBeLessThanOrEqual(19 * KIB);
  });

  test('the reference: at most 12 KiB', async () => {
    expect(await compressed('reference.ts')).toBeLessThanOrEqual(12 * KIB);
  });
});

/** The table of assembly/README.md whose first column is headed "export": names and their arguments. */
function documentedExports(): Map<string, string[]> {
  const lines = readFileSync(new URL('assembly/README.md', root), 'utf8').split('\n');
  const head = lines.findIndex((line) => /^\|\s*export\s*\|/.test(line));
  expect(head, 'the table of exports').toBeGreaterThan(0);
  const exports = new Map<string, string[]>();
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break;
    const [, name, argumentNames] = line.split('|');
    exports.set(
      /^\s*`(\w+)`\s*$/.exec(name)![1],
      [...argumentNames.matchAll(/`(\w+)`/g)].map(([, argument]) => argument),
    );
  }
  return exports;
}
