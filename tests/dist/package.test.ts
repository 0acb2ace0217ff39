// The package as npm would publish it, installed in an empty folder and used from there.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as api from '../../src/index.ts';
import { withoutNpmSettings } from '../tools/npm.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'softmax-simd-package-'));
const packed = join(home, 'packed');
const user = join(home, 'user');
let files: string[];

beforeAll(async () => {
  mkdirSync(packed);
  mkdirSync(user);
  const npm = (cwd: string, ...words: string[]) => run('npm', words, { cwd, env: withoutNpmSettings });
  const pack = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', packed);
  const [{ filename, files: list }] = JSON.parse(pack.stdout);
  files = list.map(({ path }: { path: string }) => path).sort();
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  await npm(user, 'install', '--offline', '--no-audit', '--no-fund', join(packed, filename));
});
afterAll(() => rmSync(home, { recursive: true }));

/** What a module of the user prints as JSON. */
async function execute(source: string): Promise<unknown> {
  const file = join(user, 'main.mjs');
  writeFileSync(file, source);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: user });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('what is in it', () => {
  test('code, declarations and binaries; documents; nothing else', () => {
    const declarations = readdirSync(join(root, 'src'), { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.ts') && !file.startsWith('cli'))
      .map((file) => `dist/${file.replaceAll('\\', '/').replace(/\.ts$/, '.d.ts')}`);
    const code = [
      'LICENSE-assemblyscript',
      'LICENSE-cli',
      'cli.js',
      'edge.js',
      'index.js',
      'reference.js',
      'shared-wasm.js',
      'shared.js',
      'softmax.relaxed.wasm',
      'softmax.simd.wasm',
    ];
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'assembly/README.md', 'package.json'];
    expect(files).toEqual([...declarations, ...code.map((file) => `dist/${file}`), ...documents].sort());
  });

  test('it depends on nothing', () => {
    expect(readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['softmax-simd']);
  });

  test('every file that package.json exports is there', () => {
    const { exports, types } = JSON.parse(readFileSync(join(user, 'node_modules/softmax-simd/package.json'), 'utf8'));
    const targets = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    expect(targets.length).toBeGreaterThan(5);
    for (const target of [...targets, types]) {
      const [start, end = null] = target.replace('./', '').split('*');
      const found =
        end === null ? files.includes(start) : files.some((file) => file.startsWith(start) && file.endsWith(end));
      expect(found, target).toBe(true);
    }
  });
});

describe('used from a module', () => {
  test('softmax-simd', async () => {
    const result = await execute(`
      import { createEngine, createEngineSync, getDefaultEngine, logSumExp, softmax } from 'softmax-simd';
      const engine = await createEngine({ backend: 'simd' });
      const buffer = engine.allocate('float32', 2);
      engine.softmax(buffer, { out: buffer });
      console.log(JSON.stringify({
        default: getDefaultEngine().backend,
        plain: softmax([[0, 0], [0, 0]]),
        typed: [...softmax(Float32Array.of(0, 0, 0, 0))],
        sum: logSumExp([1000, 1000])[0] - 1000,
        backends: [engine.backend, createEngineSync({ backend: 'js' }).backend],
        resident: [...buffer.array],
      }));
    `);
    expect(result).toEqual({
      default: expect.stringMatching(/^(simd|relaxed)$/),
      plain: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      typed: [0.25, 0.25, 0.25, 0.25],
      sum: expect.closeTo(Math.LN2, 12),
      backends: ['simd', 'js'],
      resident: [0.5, 0.5],
    });
  });

  test('softmax-simd/reference: the same names, without WebAssembly', async () => {
    const result = await execute(`
      delete globalThis.WebAssembly;
      const reference = await import('softmax-simd/reference');
      console.log(JSON.stringify([Object.keys(reference).sort(), reference.softmax([0, 0])]));
    `);
    const names = Object.keys(api).filter((name) => !name.endsWith('Engine') && !name.endsWith('EngineSync'));
    expect(names).toContain('softmax');
    expect(result).toEqual([names.sort(), [0.5, 0.5]]);
  });

  test('both entries share their classes: a buffer of one goes into the other', async () => {
    const result = await execute(`
      import { createEngineSync } from 'softmax-simd';
      import { softmax } from 'softmax-simd/reference';
      const buffer = createEngineSync().allocate('float64', 2);
      console.log(JSON.stringify([...softmax(buffer)]));
    `);
    expect(result).toEqual([0.5, 0.5]);
  });

  test('importing changes nothing: it goes where globals are frozen', async () => {
    const result = await execute(`
      for (const name of Object.getOwnPropertyNames(globalThis)) {
        if (/^[A-Z]/.test(name) && typeof globalThis[name] === 'function') Object.freeze(globalThis[name]);
      }
      const { softmax } = await import('softmax-simd');
      console.log(JSON.stringify(softmax([0, 0])));
    `);
    expect(result).toEqual([0.5, 0.5]);
  });

  test('the binaries, by path, and as modules for an engine', async () => {
    const result = await execute(`
      import { readFileSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import { createEngineSync } from 'softmax-simd';
      const require = createRequire(import.meta.url);
      const name = (build) => \`softmax-simd/softmax.\${build}.wasm\`;
      const bytes = Object.fromEntries(['simd', 'relaxed'].map((build) => {
        const required = readFileSync(require.resolve(name(build)));
        const resolved = readFileSync(new URL(import.meta.resolve(name(build))));
        if (!required.equals(resolved)) throw new Error(build);
        return [build, required];
      }));
      const engine = createEngineSync({ module: new WebAssembly.Module(bytes.simd) });
      console.log(JSON.stringify([bytes.simd.equals(bytes.relaxed), engine.backend, engine.softmax([0, 0])]));
    `);
    expect(result).toEqual([false, 'simd', [0.5, 0.5]]);
  });

  test('nothing of the inside can be imported', async () => {
    const result = await execute(`
      const names = ['softmax-simd/dist/index.js', 'softmax-simd/src/index.ts', 'softmax-simd/wasm'];
      const codes = await Promise.all(names.map((name) => import(name).then(() => 'found', ({ code }) => code)));
      console.log(JSON.stringify(codes));
    `);
    expect(result).toEqual(new Array(3).fill('ERR_PACKAGE_PATH_NOT_EXPORTED'));
  });
});

test('the command', async () => {
  const command = join(user, 'node_modules/.bin/softmax-simd');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await run(command, ['--version'])).toEqual({ stdout: `${version}\n`, stderr: '' });
  const info = JSON.parse((await run(command, ['info', '--json'])).stdout);
  expect(info).toMatchObject({ version, backends: { simd: { runs: true }, js: { runs: true } } });
});

describe('its declarations', () => {
  test('give typed arrays no type parameter, which TypeScript before 5.7 does not know', () => {
    const reached = new Set(['index.d.ts', 'reference.d.ts']);
    const generic: string[] = [];
    for (const file of reached) {
      const declarations = readFileSync(join(user, 'node_modules/softmax-simd/dist', file), 'utf8');
      for (const [, path] of declarations.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g))
        reached.add(join(dirname(file), `${path}.d.ts`));
      generic.push(...(declarations.match(/^.*\b(Int|Uint|Float)\d+Array<.*$/gm) ?? []));
    }
    expect(reached.size).toBeGreaterThan(20);
    expect(generic).toEqual([]);
  });

  test.each([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])(
    'compile in a strict project that checks libraries: module %s, resolution %s',
    async (module, moduleResolution) => {
      writeFileSync(
        join(user, 'main.ts'),
        `
      import { createEngineSync, softmax, type Engine } from 'softmax-simd';
      import * as edge from 'softmax-simd/edge';
      import { logSumExp } from 'softmax-simd/reference';
      import module from 'softmax-simd/softmax.simd.wasm';
      import sameInNext from 'softmax-simd/softmax.simd.wasm?module';
      const engine: Engine = createEngineSync();
      export const others: Engine[] = [module, sameInNext].map((module) => edge.createEngineSync({ module }));
      export const a: Float32Array = softmax(new Float32Array(3), { temperature: 2 });
      export const b: number[][] = engine.softmax([[1, 2]]);
      export const c: number[] = logSumExp([[1, 2]]);
      // @ts-expect-error an option that does not exist
      softmax([1], { temprature: 2 });
      `,
      );
      const options = {
        module,
        moduleResolution,
        target: 'ES2022',
        lib: ['ES2022', 'DOM'],
        strict: true,
        noEmit: true,
      };
      const settings = {
        compilerOptions: { ...options, skipLibCheck: false, types: [] },
        files: ['main.ts'],
      };
      writeFileSync(join(user, 'tsconfig.json'), JSON.stringify(settings));
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = await run(process.execPath, [compiler, '-p', '.'], { cwd: user }).catch((error) => error);
      expect(stdout).toBe('');
    },
  );
});
