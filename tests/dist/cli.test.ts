// The command as its users run it: dist/cli.js in a process of its own, with files, pipes and mistakes.

import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import * as operations from '../../src/ops/index.ts';
import { logSoftmax, sample, softmax } from '../../src/reference.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'dist/cli.js');
const home = mkdtempSync(join(tmpdir(), 'softmax-simd-cli-'));
afterAll(() => rmSync(home, { recursive: true }));

interface Run {
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

interface RunOptions {
  input?: Uint8Array | string;
  /** For node, before the command. */
  flags?: string[];
  /** Reads that much of standard output, then no more. */
  head?: number;
}

/** node dist/cli.js …, in the folder of the files. */
function run(args: string[], { input, flags = [], head = Infinity }: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, cli, ...args], { cwd: home });
    const stdout: Buffer[] = [];
    let stderr = '';
    let length = 0;
    child.stdout.on('data', (chunk) => {
      stdout.push(chunk);
      length += chunk.length;
      if (length >= head) child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(stdout), stderr }));
    child.stdin.on('error', () => {}); // it may end before it has read everything
    child.stdin.end(input);
  });
}

/** What a run that goes well prints. */
async function output(args: string[], options?: RunOptions): Promise<Buffer> {
  const { status, stdout, stderr } = await run(args, options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const text = async (args: string[], options?: RunOptions) => (await output(args, options)).toString();
const put = (name: string, content: Uint8Array | string) => writeFileSync(join(home, name), content);
const get = (name: string) => readFileSync(join(home, name));

// --- npy as NumPy writes it -----------------------------------------------------------------------------------------

type Elements = Float32Array | Float64Array | Int32Array;

const descriptions = new Map<unknown, string>([
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int32Array, '<i4'],
]);

interface NpyOptions {
  fortran?: boolean;
  version?: 1 | 2 | 3;
  descr?: string;
  /** The header ends at a multiple of it. */
  align?: number;
}

/** The bytes of numpy.save. */
function npy(elements: Elements, shape: number[], options: NpyOptions = {}): Buffer {
  const { fortran = false, version = 1, descr = descriptions.get(elements.constructor), align = 64 } = options;
  const size = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${size}, }`;
  const before = version === 1 ? 10 : 12;
  const total = Math.ceil((before + dictionary.length + 1) / align) * align;
  const head = Buffer.alloc(before);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(total - before, 8);
  else head.writeUInt32LE(total - before, 8);
  const body = Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
  return Buffer.concat([head, Buffer.from(`${dictionary.padEnd(total - before - 1)}\n`), body]);
}

interface Npy {
  header: string;
  shape: number[];
  fortran: boolean;
  elements: Elements;
}

function readNpy(bytes: Buffer): Npy {
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64, 'NumPy aligns the elements').toBe(0);
  const header = bytes.subarray(10, start).toString();
  expect(header.endsWith('\n')).toBe(true);
  const [, descr] = header.match(/'descr': ?'([^']+)'/)!;
  const [, order] = header.match(/'fortran_order': ?(True|False)/)!;
  const [, sizes] = header.match(/'shape': ?\(([^)]*)\)/)!;
  const array = [...descriptions].find(([, name]) => name === descr)![0] as new (buffer: ArrayBuffer) => Elements;
  return {
    header,
    shape: sizes
      .split(',')
      .filter((size) => size.trim() !== '')
      .map(Number),
    fortran: order === 'True',
    elements: new array(Uint8Array.from(bytes.subarray(start)).buffer),
  };
}

/** Of the values of a csv. */
const numbers = (csv: string) =>
  csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(',').map(Number));

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const isClose = (a: number, b: number) =>
    Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(b), 1e-30);
  const wrong = Array.from(expected).findIndex((value, i) => !isClose(actual[i], value));
  expect(wrong, `element ${wrong} is ${actual[wrong]} for ${expected[wrong]}`).toBe(-1);
}

const tolerances = { float32: 1e-6, float64: 1e-13 };
const random = createRandom(1);
const tensor = (dtype: 'float32' | 'float64', ...shape: number[]) =>
  normalRow(random, dtype, { length: shape.reduce((a, b) => a * b, 1), spread: 2 });

/** [a, b, c] in the order of the first axis: what NumPy calls Fortran's. */
function toFortran<T extends Elements>(elements: T, shape: number[]): T {
  const result = elements.slice();
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  for (let i = 0; i < result.length; i++) {
    let rest = i;
    let at = 0;
    for (const [axis, size] of shape.entries()) {
      at += (rest % size) * strides[axis];
      rest = Math.floor(rest / size);
    }
    result[i] = elements[at];
  }
  return result as T;
}

// --- the commands ---------------------------------------------------------------------------------------------------

describe('help', () => {
  test.each([['--help'], ['-h'], ['help']])('softmax-simd %s', async (option) => {
    const help = await text([option]);
    for (const command of ['info', 'verify', 'bench', 'apply']) expect(help).toContain(`\n  ${command} `);
    expect(help).toMatch(/\nExamples\n[\s\S]*\nExit code: 0 done; 1 [^;]+; 2 wrong usage\.\n$/);
  });

  test.each(['info', 'verify', 'bench', 'apply'])('softmax-simd %s --help', async (command) => {
    const help = await text([command, '--nonsense', '--help']);
    expect(help).toContain(`Usage: softmax-simd ${command}`);
    const [, examples] = help.match(/\nExamples\n([\s\S]*)\nExit code: 0 [^\n]*; 2 wrong usage\.\n$/)!;
    expect(examples).toContain(`softmax-simd ${command}`);
    expect(help).toContain('--json');
    const longest = Math.max(...help.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(150);
  });

  test.each([['--version'], ['-v']])('softmax-simd %s', async (option) => {
    expect(await text([option])).toBe(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
  });
});

describe('info', () => {
  test('as JSON: what engines say, the sizes of the files', async () => {
    const info = JSON.parse(await text(['info', '--json']));
    expect(info.backends.js).toEqual({ runs: true });
    expect(info.backends.simd).toEqual({ runs: true });
    expect(info.backend).toBe(info.backends.relaxed.runs ? 'relaxed' : 'simd');
    expect(info.features).toEqual({ webAssembly: true, simd: true, relaxedSimd: info.backends.relaxed.runs });
    expect(info.host.runtime).toBe(`Node.js ${process.versions.node}`);
    for (const file of ['softmax.simd.wasm', 'softmax.relaxed.wasm', 'index.js', 'cli.js']) {
      expect(info.files[file].bytes).toBe(statSync(join(root, 'dist', file)).size);
      expect(info.files[file].brotliBytes).toBeLessThan(info.files[file].bytes);
    }
  });

  test('as text', async () => {
    expect(await text(['info'])).toMatch(/\nbackend +(simd|relaxed)\n[\s\S]*\nsoftmax\.simd\.wasm +\d+ +\d+\n/);
  });

  test('of a host without WebAssembly: JavaScript, and why', async () => {
    const { status, stdout } = await run(['info', '--json'], { flags: ['--jitless'] }); // of which node warns
    expect(status).toBe(0);
    const info = JSON.parse(stdout.toString());
    expect(info.backend).toBe('js');
    expect(info.features.webAssembly).toBe(false);
    expect(info.backends.simd.reason).toContain("backend 'simd' does not run on this host");
  });
});

describe('verify', () => {
  test('every operation, type and backend is within its bound', { timeout: 120_000 }, async () => {
    const { passed, results } = JSON.parse(await text(['verify', '--json']));
    expect(passed).toBe(true);
    const lines = results.map((line: Record<string, string>) => `${line.operation} ${line.dtype} ${line.backend}`);
    const { backends } = JSON.parse(await text(['info', '--json']));
    const running = ['relaxed', 'simd', 'js'].filter((backend) => backends[backend].runs);
    const expected = Object.keys(operations).flatMap((name) =>
      ['float32', 'float64'].flatMap((dtype) => running.map((backend) => `${name} ${dtype} ${backend}`)),
    );
    expect(lines.sort()).toEqual(expected.sort());
    for (const { operation, compared, worst } of results) {
      expect(compared, operation).toBeGreaterThan(0);
      expect(worst.ulp).toBeLessThanOrEqual(worst.allowed);
    }
    const [softmaxOfSimd] = results.filter((line: Record<string, string>) => line.operation === 'softmax');
    expect(softmaxOfSimd.worst.ulp).toBeGreaterThan(0);
    expect(softmaxOfSimd.worst.inputs[0].length).toBeGreaterThan(0);
  });

  test('a table, for what was chosen', async () => {
    const table = await text(['verify', '--op', 'softmax,topK', '--backend=simd', '--dtype', 'float32', '--seed', '3']);
    expect(table).toMatch(
      /^operation +type +backend +worst ulp +allowed +where\nsoftmax +float32 +simd +\d\.\d\d +3 +ok /,
    );
    expect(table).toMatch(/\ntopK +float32 +simd +0\.00 +0 +ok +right to the last bit\n/);
    expect(table).toMatch(/\n\d+ numbers compared, 2 of 2 lines within bounds\n$/);
  });

  test('exit code 1 and the input where a result is wrong', async () => {
    const { status, stdout, stderr } = await run(['verify', '--op', 'softmax,softmin', '--backend', 'simd'], {
      flags: spoil('softmax', 'const y = right(...args); y[y.length - 1] *= 1 + 2 ** -19; return y;'),
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.toString()).toMatch(/\nsoftmax +float32 +simd +\d+\.\d+ +3 +WRONG /);
    expect(stdout.toString()).toMatch(/\nsoftmin +float32 +simd +\d\.\d+ +3 +ok /);
    expect(stdout.toString()).toMatch(/\nsoftmax float32 simd: \S+ for \S+; shape \[.*, inputs \[.*\]\n/);
    expect(stdout.toString()).toContain('2 of 4 lines within bounds');
  });

  test.each([
    ['too few numbers', 'return right(...args).subarray(1);'],
    ['NaN', 'return right(...args).fill(NaN);'],
  ])('exit code 1 for %s', async (_, body) => {
    const { status, stdout, stderr } = await run(['verify', '--op', 'logSoftmax', '--backend', 'simd'], {
      flags: spoil('logSoftmax', body),
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.toString()).toMatch(/\nlogSoftmax +float32 +simd +Infinity +2 +WRONG /);
  });

  test('exit code 1 for a backend that was asked for and does not run here', async () => {
    const { status, stdout } = await run(['verify', '--op', 'hardmax', '--backend', 'simd'], { flags: ['--jitless'] });
    expect(status).toBe(1);
    expect(stdout.toString()).toContain("simd is not checked: createEngineSync: backend 'simd' does not run");
    expect((await run(['verify', '--op', 'hardmax'], { flags: ['--jitless'] })).status).toBe(0);
  });

  test('the verdict holds where only the first lines are read', async () => {
    const flags = spoil('softmax', 'return right(...args).fill(0);');
    expect((await run(['verify', '--op', 'softmax', '--json'], { flags, head: 1 })).status).toBe(1);
  });
});

/** Flags of node that put a wrong function in the place of an operation, `right`, of every engine. */
function spoil(name: string, body: string): string[] {
  const line = 'import { createEngineSync } from "./index.js";';
  const replacement = `import { createEngineSync as startRight } from "./index.js";
    const createEngineSync = (options) => {
      const engine = startRight(options);
      const right = engine.${name};
      return { ...engine, ${name}(...args) { ${body} } };
    };`;
  const hook = `export async function load(url, context, next) {
    const result = await next(url, context);
    if (!url.endsWith('/dist/cli.js')) return result;
    const source = String(result.source);
    if (!source.includes(${JSON.stringify(line)})) throw new Error('nothing to replace');
    return { ...result, source: source.replace(${JSON.stringify(line)}, ${JSON.stringify(replacement)}) };
  }`;
  const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  return ['--import', dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`)];
}

describe('bench', () => {
  const quick = ['--shape', '4x8,8x4@0', '--rounds', '2', '--min-time', '0.01'];

  test('as JSON: every contender, and how it compares with the plain loop', async () => {
    const { cases, rounds } = JSON.parse(await text(['bench', '--op', 'softmax,log-sum-exp', ...quick, '--json']));
    expect(rounds).toBe(2);
    expect(cases.map((entry: { op: string; shape: string }) => `${entry.op} ${entry.shape}`)).toEqual([
      ...['softmax 4x8', 'softmax 8x4@0', 'log-sum-exp 4x8', 'log-sum-exp 8x4@0'],
    ]);
    for (const { contenders } of cases) {
      const names = contenders.map(({ name }: { name: string }) => name);
      for (const name of ['simd', 'simd-out', 'simd-buffer', 'reference', 'plain']) expect(names).toContain(name);
      const plain = contenders.find(({ name }: { name: string }) => name === 'plain');
      for (const { nsPerElement, min, max, timesFasterThanPlain } of contenders) {
        expect(min).toBeGreaterThan(0);
        expect(nsPerElement).toBeGreaterThanOrEqual(min);
        expect(max).toBeGreaterThanOrEqual(nsPerElement);
        expect(timesFasterThanPlain).toBeCloseTo(plain.nsPerElement / nsPerElement, 10);
      }
    }
  });

  test('as text', async () => {
    const table = await text(['bench', ...quick]);
    expect(table).toMatch(/\nsoftmax float32 +4x8 +8x4@0\n[\s\S]*\n {2}plain +\S+ +1\.00× +\S+ +1\.00×\n/);
  });

  test('exit code 1 for a result that is not the reference’s', async () => {
    const flags = spoil('softmax', 'return right(...args);');
    expect((await run(['bench', ...quick], { flags })).status).toBe(0);
    const wrong = spoil('softmax', 'return right(...args).fill(0.5);');
    const { status, stderr } = await run(['bench', ...quick], { flags: wrong });
    expect(status).toBe(1);
    expect(stderr).toContain('element 0 is 0.5; the reference has');
  });
});

describe('apply to npy', () => {
  const shape = [5, 7, 3];

  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    const x = tensor(dtype, ...shape);
    const wide = Float64Array.from(x);

    test.each([0, 1, 2, -1, -2, -3])('axis %d, in both orders', async (axis) => {
      const options = ['--axis', String(axis), '--temperature', '0.7'];
      const expected = softmax(wide, { shape, axis, temperature: 0.7 });
      const c = readNpy(await output(['apply', 'softmax', ...options], { input: npy(x, shape) }));
      expect(c).toMatchObject({ shape, fortran: false });
      expect(c.elements.constructor).toBe(x.constructor);
      expectClose(c.elements, expected, tolerances[dtype]);

      const input = npy(toFortran(x, shape), shape, { fortran: true });
      const fortran = readNpy(await output(['apply', 'softmax', '-', ...options], { input }));
      expect(fortran).toMatchObject({ shape, fortran: true });
      expectClose(fortran.elements, toFortran(expected, shape), tolerances[dtype]);
    });

    test('log-softmax, from file to file', async () => {
      put(`${dtype}.npy`, npy(x, shape));
      expect(await text(['apply', 'log-softmax', `${dtype}.npy`, '--out', `${dtype}-out.npy`])).toBe('');
      expectClose(readNpy(get(`${dtype}-out.npy`)).elements, logSoftmax(wide, { shape }), tolerances[dtype]);
    });

    test('more than a chunk', async () => {
      const [rows, length] = [3001, 100];
      const large = tensor(dtype, rows, length);
      const y = readNpy(await output(['apply', 'softmax'], { input: npy(large, [rows, length]) }));
      expect(y.shape).toEqual([rows, length]);
      expectClose(y.elements, softmax(Float64Array.from(large), { shape: [rows, length] }), tolerances[dtype]);
    });
  });

  test.each<[string, NpyOptions]>([
    ['version 2', { version: 2 }],
    ['version 3', { version: 3 }],
    ['a header that ends anywhere', { align: 1 }],
    ['a header that ends anywhere, version 2', { version: 2, align: 1 }],
  ])('%s', async (_, options) => {
    const x = Float64Array.of(1, 2, 3);
    const { elements } = readNpy(await output(['apply', 'softmax'], { input: npy(x, [3], options) }));
    expectClose(elements, softmax(x), 1e-15);
  });

  test('the file may be its own result', async () => {
    put('own.npy', npy(Float64Array.of(0, 0), [2]));
    await output(['apply', 'softmax', 'own.npy', '--out', 'own.npy']);
    expect([...readNpy(get('own.npy')).elements]).toEqual([0.5, 0.5]);
  });

  test.each([[[3, 0]], [[0, 3]], [[0]]])('nothing in it: shape %j', async (sizes) => {
    const y = readNpy(await output(['apply', 'softmax'], { input: npy(new Float32Array(0), sizes) }));
    expect(y).toMatchObject({ shape: sizes, elements: new Float32Array(0) });
  });

  test('to csv: the fewest digits that give a float32 back', async () => {
    const x = tensor('float32', 4, 3);
    const csv = await text(['apply', 'softmax', '--format', 'csv'], { input: npy(x, [4, 3]) });
    const y = readNpy(await output(['apply', 'softmax'], { input: npy(x, [4, 3]) })).elements;
    expect(numbers(csv).map((row) => row.length)).toEqual([3, 3, 3, 3]);
    expect(numbers(csv).flat().map(Math.fround)).toEqual([...y]);
    const tenth = await text(['apply', 'softmax', '--format', 'csv'], { input: npy(new Float32Array(10), [10]) });
    expect(tenth).toBe(`${new Array(10).fill('0.1').join(',')}\n`);
  });

  test('Fortran order to csv', async () => {
    const x = tensor('float64', 4, 3);
    const input = npy(toFortran(x, [4, 3]), [4, 3], { fortran: true });
    const csv = await text(['apply', 'softmax', '--format', 'csv'], { input });
    expectClose(numbers(csv).flat(), softmax(x, { shape: [4, 3] }), 1e-13);
  });
});

describe('apply to csv', () => {
  const rows = [
    [1, 2.5, -3],
    [1e3, -1e-3, 0.25],
  ];
  const csv = rows.map((row) => `${row.join(',')}\n`).join('');

  test.each([-1, 1, 0, -2])('axis %d', async (axis) => {
    const y = numbers(await text(['apply', 'softmax', '--axis', String(axis)], { input: csv }));
    const expected = softmax(rows, { axis });
    for (const [i, row] of expected.entries()) expectClose(y[i], row, 1e-13);
  });

  test('NaN and infinities as others write them; lines without numbers', async () => {
    const input = '\ufeff# logits\n1,nan,2\n\n-inf, 0 ,-Infinity\r\n+1e0,.5,"2."\n';
    const y = await text(['apply', 'softmax'], { input });
    expect(y.split('\n').slice(0, 2)).toEqual(['NaN,NaN,NaN', '0,1,0']);
    expectClose(numbers(y)[2], softmax([1, 0.5, 2]), 1e-13);
    expect(await text(['apply', 'log-softmax'], { input: '0,-inf\n' })).toBe('0,-Infinity\n');
  });

  test('to standard output by name', async () => {
    expect(await text(['apply', 'softmax', '-', '--out', '-'], { input: '0,0\n' })).toBe('0.5,0.5\n');
    expect(existsSync(join(home, '-'))).toBe(false);
  });

  test('names, and another delimiter', async () => {
    const y = await text(['apply', 'softmax', '--header', '--delimiter', 'tab'], { input: 'a\t"b\tc"\n0\t0\n' });
    expect(y).toBe('a\t"b\tc"\n0.5\t0.5\n');
    const spaces = await text(['apply', 'softmax', '--delimiter', ' '], { input: '0.0e+00 0.0e+00\n' });
    expect(spaces).toBe('0.5 0.5\n');
  });

  test.each([-1, 0])('to npy, whose header knows the rows, axis %d', async (axis) => {
    const many = Array.from({ length: 3000 }, () => [...tensor('float64', 60)]);
    put('many.csv', many.map((row) => `${row.join(',')}\n`).join(''));
    await output(['apply', 'softmax', 'many.csv', '--axis', String(axis), '--out', 'many.npy']);
    const { shape, elements } = readNpy(get('many.npy'));
    expect(shape).toEqual([3000, 60]);
    expectClose(elements, softmax(many, { axis }).flat(), 1e-13);
  });

  test('--json: what was done', async () => {
    put('two.csv', csv);
    const done = JSON.parse(
      await text(['apply', 'softmax', 'two.csv', '--json', '--out', 'two.NPY', '--backend', 'js']),
    );
    expect(done).toEqual({
      ...{ operation: 'softmax', backend: 'js', input: 'two.csv', out: 'two.NPY', format: 'npy', dtype: 'float64' },
      ...{ shape: [2, 3], axis: 1, isFortran: false },
    });
  });
});

describe('apply sample', () => {
  const options = ['--seed', '9', '--count', '4', '--top-p', '0.9', '--top-k', '20', '--min-p', '0.01'];
  const settings = { seed: 9, count: 4, topP: 0.9, topK: 20, minP: 0.01 };

  test('what the library draws from all of it at once, though it passes in chunks', async () => {
    const [rows, length] = [9001, 50];
    const x = tensor('float32', rows, length) as Float32Array;
    const y = readNpy(await output(['apply', 'sample', ...options], { input: npy(x, [rows, length]) }));
    expect(y.shape).toEqual([rows, 4]);
    expect(y.elements).toEqual(sample(x, { ...settings, shape: [rows, length] }));
  });

  test.each([0, 1, 2])('along axis %d, in both orders', async (axis) => {
    const shape = [4, 6, 3];
    const x = tensor('float64', ...shape);
    const moved = [0, 1, 2].filter((other) => other !== axis);
    const drawn: number[] = [];
    for (let i = 0; i < shape[moved[0]]; i++) {
      for (let j = 0; j < shape[moved[1]]; j++) {
        for (let k = 0; k < shape[axis]; k++) {
          const index = [0, 0, 0];
          [index[moved[0]], index[moved[1]], index[axis]] = [i, j, k];
          drawn.push(x[(index[0] * shape[1] + index[1]) * shape[2] + index[2]]);
        }
      }
    }
    const [a, b] = moved.map((other) => shape[other]);
    const expected = sample(Float64Array.from(drawn), { ...settings, shape: [a * b, shape[axis]] });
    const inputs = [npy(x, shape), npy(toFortran(x, shape), shape, { fortran: true })];
    for (const input of inputs) {
      const y = readNpy(await output(['apply', 'sample', '--axis', String(axis), ...options], { input }));
      expect(y).toEqual({ header: expect.any(String), shape: [a, b, 4], fortran: false, elements: expected });
    }
  });

  test('of csv: a line of integers for each row', async () => {
    const y = await text(['apply', 'sample', '--temperature', '0', '--header'], { input: 'a,b,c\n1,3,2\n5,4,1\n' });
    expect(y).toBe('1\n0\n');
  });

  test('which row is wrong', async () => {
    const x = tensor('float32', 9001, 50);
    x[8000 * 50 + 3] = Number.NaN;
    const { status, stderr } = await run(['apply', 'sample', '--format', 'csv'], { input: npy(x, [9001, 50]) });
    expect(status).toBe(1);
    const [, from, row] = stderr.match(/^apply: from row (\d+) on: sample: row (\d+) has NaN at 3; allowed /)!;
    expect(Number(from) + Number(row)).toBe(8000);
  });
});

describe('apply: large and interrupted', () => {
  const LENGTH = 1000;

  /** Zeros, which take no room on most file systems, but for the first and the last element. */
  function putLarge(name: string, rows: number): number {
    const header = npy(new Float32Array(0), [rows, LENGTH]);
    const file = openSync(join(home, name), 'w');
    const size = header.length + 4 * rows * LENGTH;
    writeSync(file, header);
    ftruncateSync(file, size);
    const three = Float32Array.of(3);
    for (const at of [header.length, size - 4]) writeSync(file, three, 0, 4, at);
    closeSync(file);
    return size;
  }

  const memory =
    'data:text/javascript,process.on("exit",()=>process.stderr.write(String(process.resourceUsage().maxRSS)))';
  const flags = ['--max-old-space-size=32', '--import', memory];

  test('a file larger than the memory that it takes', { timeout: 120_000 }, async () => {
    const size = putLarge('large.npy', 64_000);
    const { status, stderr } = await run(['apply', 'softmax', 'large.npy', '--out', 'large-out.npy'], { flags });
    expect(status).toBe(0);
    expect(Number(stderr) * 1024).toBeLessThan(size * 0.75);
    expect(statSync(join(home, 'large-out.npy')).size).toBe(size);
    const last = Buffer.alloc(8);
    const file = openSync(join(home, 'large-out.npy'), 'r');
    readSync(file, last, 0, 8, size - 8);
    closeSync(file);
    const total = LENGTH - 1 + Math.exp(3);
    expectClose([last.readFloatLE(0), last.readFloatLE(4)], [1 / total, Math.exp(3) / total], 1e-6);
    rmSync(join(home, 'large-out.npy'));
    rmSync(join(home, 'large.npy'));
  });

  test('a csv through a pipe', { timeout: 120_000 }, async () => {
    const line = `${new Array(100).fill('0.123456789').join(',')}\n`;
    const input = line.repeat(40_000); // 48 MB
    const { status, stdout, stderr } = await run(['apply', 'softmax', '--out', 'piped.npy'], { flags, input });
    expect({ status, stdout: stdout.length }).toEqual({ status: 0, stdout: 0 });
    expect(Number(stderr) * 1024).toBeLessThan(160e6);
    const { shape, elements } = readNpy(get('piped.npy'));
    expect(shape).toEqual([40_000, 100]);
    expect(elements.every((value) => Math.abs(value - 0.01) < 1e-15)).toBe(true);
    rmSync(join(home, 'piped.npy'));
  });

  test('text of what does not fit in memory as text', { timeout: 120_000 }, async () => {
    putLarge('text.npy', 3000);
    const { status, stderr } = await run(['apply', 'softmax', 'text.npy', '--out', 'text.csv'], { flags });
    expect(status, stderr).toBe(0);
    rmSync(join(home, 'text.csv'));
  });

  test.each([
    ['apply', ['apply', 'softmax', 'cut.npy']],
    ['apply to csv', ['apply', 'softmax', 'cut.npy', '--format', 'csv']],
    ['info', ['info', '--json']],
    ['help', ['apply', '--help']],
  ])('%s | head: no error', async (_, args) => {
    if (!existsSync(join(home, 'cut.npy'))) putLarge('cut.npy', 20_000);
    expect(await run(args, { head: 10 })).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s leaves nothing', async (signal, code) => {
    const child = spawn(process.execPath, [cli, 'apply', 'softmax', '--out', 'interrupted.npy'], { cwd: home });
    child.stdin.write(npy(new Float32Array(1000), [1000, 1000]));
    const partial = () => readdirSync(home).filter((name) => name.startsWith('interrupted.npy'));
    await expect.poll(partial, { timeout: 20_000 }).toHaveLength(1);
    child.kill(signal);
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(code);
    expect(partial()).toEqual([]);
  });

  test('what is replaced keeps its link, and from whom it was hidden', async () => {
    put('hidden.csv', '1,1\n');
    chmodSync(join(home, 'hidden.csv'), 0o600);
    symlinkSync('hidden.csv', join(home, 'link.csv'));
    await output(['apply', 'softmax', 'hidden.csv', '--out', 'link.csv']);
    expect(lstatSync(join(home, 'link.csv')).isSymbolicLink()).toBe(true);
    expect(get('hidden.csv').toString()).toBe('0.5,0.5\n');
    expect(statSync(join(home, 'hidden.csv')).mode & 0o777).toBe(0o600);
  });

  test('an error leaves what was there', async () => {
    put('kept.npy', 'kept');
    const input = npy(new Float32Array(10), [3, 7]);
    const { status, stderr } = await run(['apply', 'softmax', '--out', 'kept.npy'], { input });
    expect(status).toBe(1);
    expect(stderr).toBe('apply: standard input ends after 10 elements; its header says 21.\n');
    expect(readdirSync(home).filter((name) => name.startsWith('kept'))).toEqual(['kept.npy']);
    expect(get('kept.npy').toString()).toBe('kept');
  });
});

describe.concurrent('exit code 1 and what is allowed, for', () => {
  const eight = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const types = "allowed are float32 ('<f4') and float64 ('<f8'), little-endian.";

  test.for<[string, Uint8Array | string, string]>([
    ['big-endian', npy(eight, [8], { descr: '>f8' }), `standard input: Unsupported dtype: >f8; ${types}`],
    ['integers', npy(Int32Array.of(1), [1]), `standard input: the element type is 'i4'; ${types}`],
    ['half precision', npy(eight, [32], { descr: '<f2' }), `standard input: the element type is 'f2'; ${types}`],
    ['records', npy(eight, [8]).fill('x', 10, 30), `standard input: Malformed .npy header; ${types}`],
    [
      'no axis',
      npy(eight.slice(0, 1), []),
      'standard input: the shape is (), a single number; allowed is one axis or more.',
    ],
    ['a negative size', npy(eight, [-8]), 'standard input: the shape is (-8); allowed are non-negative integers.'],
    [
      'version 4',
      npy(eight, [8]).fill(4, 6, 7),
      'standard input: the version of the npy format is 4; allowed are 1, 2 and 3.',
    ],
    ['half a header', npy(eight, [8]).subarray(0, 20), 'standard input: the file ends in its header of 118 bytes.'],
    ['too few elements', npy(eight, [9]), 'standard input ends after 8 elements; its header says 9.'],
    ['too many elements', npy(eight, [7]), 'standard input goes on after the 7 elements that its header says.'],
    [
      'a row beyond all memory',
      npy(eight, [1, 2 ** 40]),
      'standard input: 1099511627776 elements belong together, more than there is memory for; allowed are as many as fit.',
    ],
    ['neither', Buffer.from(eight.buffer), 'standard input is neither npy nor text; allowed are npy and csv.'],
    ['nothing', '', 'standard input: there are no rows; allowed is one or more.'],
    [
      'names',
      'a,b\n1,2\n',
      "standard input: line 1, field 1 is 'a'; allowed are numbers, NaN and Infinity; --header is for names in the first line.",
    ],
    ['text', '1,2\n3,0x4\n', "standard input: line 2, field 2 is '0x4'; allowed are numbers, NaN and Infinity."],
    [
      'a gap',
      '1,,2\n',
      "standard input: line 1, field 2 is ''; allowed are numbers, NaN and Infinity; --header is for names in the first line.",
    ],
    ['a short row', '1,2,3\n\n4,5\n', 'standard input: line 3 has 2 fields; allowed are 3, as in the rows before it.'],
  ])('%s', async ([, input, message]) => {
    const { status, stderr } = await run(['apply', 'softmax'], { input });
    expect({ status, stderr }).toEqual({ status: 1, stderr: `apply: ${message}\n` });
  });

  test.for([
    [['apply', 'softmax', 'none.npy'], 'apply: none.npy cannot be read: there is no such file.'],
    [['apply', 'softmax', '.'], 'apply: . cannot be read: it is a folder.'],
    [['apply', 'softmax', '--out', 'none/y.csv'], 'apply: none/y.csv cannot be written: there is no such folder.'],
    [['apply', 'softmax', '--out', '.'], 'apply: . cannot be written: it is a folder.'],
  ] as const)('%j', async ([args, message]) => {
    const { status, stderr } = await run([...args], { input: '1,2\n' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: `${message}\n` });
  });

  test('an axis of length 0 to draw from: not even a header', async () => {
    const { status, stdout, stderr } = await run(['apply', 'sample'], { input: npy(new Float32Array(0), [3, 0]) });
    expect({ status, stdout: stdout.length }).toEqual({ status: 1, stdout: 0 });
    expect(stderr).toBe('apply: sample: the axis has length 0; allowed are lengths from 1.\n');
  });
});

describe.concurrent('exit code 2 and what is allowed, for', () => {
  test.for([
    [[], 'softmax-simd: no command; allowed are info, verify, bench, apply.'],
    [['aply'], 'softmax-simd: command aply is unknown; allowed are info, verify, bench, apply. Did you mean apply?'],
    [['toString'], 'softmax-simd: command toString is unknown; allowed are info, verify, bench, apply.'],
    [
      ['--versoin'],
      'softmax-simd: option --versoin is unknown; allowed are --help, --version. Did you mean --version?',
    ],
    [['info', '--jsno'], 'info: option --jsno is unknown; allowed are --json. Did you mean --json?'],
    [['info', '-j'], 'info: option -j is unknown; allowed are --json.'],
    [['info', 'x'], "info: argument 'x' is unexpected; allowed are options."],
    [['info', '--json=yes'], "info: --json has the value 'yes'; allowed is none."],
    [['verify', '--op', 'softmx'], /^verify: --op is 'softmx'; allowed are all, softmax, .*\. Did you mean softmax\?$/],
    [['verify', '--backend', 'wasm'], "verify: --backend is 'wasm'; allowed are all, relaxed, simd, js."],
    [['verify', '--seed', '-1'], "verify: --seed is '-1'; allowed are integers from 0 to 1000000."],
    [['bench', '--shape', '3by4'], /^bench: --shape: 3by4; allowed are core, .*\.$/],
    [
      ['bench', '--shape', '100000x100000'],
      'bench: --shape: 100000x100000 has 10000000000 elements for softmax; allowed are up to 8388608.',
    ],
    [
      ['bench', '--op', 'linear-cross-entropy', '--shape', '9000x1x1,9000x1x9000'],
      'bench: --shape: 9000x1x9000 has 81000000 elements for linear-cross-entropy; allowed are up to 8388608.',
    ],
    [['bench', '--rounds', '0'], "bench: --rounds is '0'; allowed are integers from 1."],
    [['bench', '--rounds', '1', '--rounds', '2'], 'bench: --rounds is given twice; allowed is once.'],
    [['apply'], 'apply: no operation; allowed are softmax, log-softmax, sample.'],
    [
      ['apply', 'sofmax'],
      "apply: operation is 'sofmax'; allowed are softmax, log-softmax, sample. Did you mean softmax?",
    ],
    [['apply', 'softmax', 'a', 'b'], "apply: argument 'b' is unexpected; allowed are an operation, a file, options."],
    [['apply', 'softmax', '--axis'], 'apply: --axis has no value; allowed is --axis VALUE or --axis=VALUE.'],
    [['apply', 'softmax', '--axis', '--json'], 'apply: --axis has no value; allowed is --axis VALUE or --axis=VALUE.'],
    [['apply', 'softmax', '--axis', '1.5'], "apply: --axis is '1.5'; allowed are integers."],
    [['apply', 'softmax', '--axis', '2'], 'apply: --axis 2 is out of range for shape [rows, 2]; allowed are -2 to 1.'],
    [['apply', 'softmax', '--temperature', '-1'], "apply: --temperature is '-1'; allowed are numbers from 0 to inf."],
    [['apply', 'softmax', '--format', 'json'], "apply: --format is 'json'; allowed are npy, csv."],
    [['apply', 'softmax', '--format', 'npy'], /^apply: npy begins with the number of rows, .* allowed is --out FILE, /],
    [
      ['apply', 'softmax', '--delimiter', 'ab'],
      "apply: --delimiter is 'ab'; allowed are one character that no number has, other than # and quotes, and tab.",
    ],
    [
      ['apply', 'softmax', '--delimiter', '#'],
      "apply: --delimiter is '#'; allowed are one character that no number has, other than # and quotes, and tab.",
    ],
    [
      ['apply', 'softmax', '--delimiter', 'e'],
      "apply: --delimiter is 'e'; allowed are one character that no number has, other than # and quotes, and tab.",
    ],
    [['apply', 'softmax', '--seed', '1'], 'apply: --seed is given with softmax; allowed is sample.'],
    [['apply', 'softmax', '--json'], /^apply: --json is given without --out, /],
    [['apply', 'sample', '--top-p', '1.5'], "apply: --top-p is '1.5'; allowed are numbers from 0 to 1."],
    [['apply', 'sample', '--count', '0'], "apply: --count is '0'; allowed are integers from 1."],
    [
      ['apply', 'sample', '--seed', '9007199254740992'],
      "apply: --seed is '9007199254740992'; allowed are integers from 0 to 9007199254740991.",
    ],
  ] as [string[], string | RegExp][])('%j', async ([args, message]) => {
    const { status, stdout, stderr } = await run(args, { input: '1,2\n' });
    expect({ status, stdout: stdout.length }).toEqual({ status: 2, stdout: 0 });
    const [first, second] = stderr.split('\n');
    if (typeof message === 'string') expect(first).toBe(message);
    else expect(first).toMatch(message);
    expect(second).toMatch(/^softmax-simd( info| verify| bench| apply)? --help shows more\.$/);
  });

  test('an axis of npy; more axes than csv has', async () => {
    const input = npy(tensor('float32', 2, 3, 4), [2, 3, 4]);
    const axis = await run(['apply', 'softmax', '--axis', '3'], { input });
    expect(axis.stderr).toMatch(/^apply: --axis 3 is out of range for shape \[2, 3, 4\]; allowed are -3 to 2\.\n/);
    const csv = await run(['apply', 'softmax', '--format', 'csv'], { input });
    expect(csv.stderr).toMatch(
      /^apply: csv has rows and fields, and the shape is \[2, 3, 4\]; allowed is --format npy\.\n/,
    );
    expect([axis.status, csv.status]).toEqual([2, 2]);
  });

  test('--header with npy', async () => {
    const { status, stderr } = await run(['apply', 'softmax', '--header'], { input: npy(tensor('float32', 2), [2]) });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^apply: --header is given, and standard input is npy, which has no names; allowed is csv\.\n/,
    );
  });
});

describe('in the package', () => {
  const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');
  const imports = (file: string) => [...dist(file).matchAll(/\bfrom ?"([^"]+)"/g)].map(([, name]) => name);

  test('the library does not reach it, and it has no second library', () => {
    const reached = new Set(['index.js', 'reference.js']);
    for (const file of reached) for (const name of imports(file)) reached.add(name.replace('./', ''));
    expect([...reached].some((file) => file.startsWith('cli'))).toBe(false);
    expect(imports('cli.js')).toContain('./index.js');
    expect(imports('cli.js').filter((name) => !name.startsWith('./'))).toEqual(
      expect.not.arrayContaining(['npyjs', 'csv-parse', 'csv-stringify/sync', 'cli-progress', 'leven']),
    );
    expect(dist('cli.js')).not.toContain('0061736d'); // no binary
    expect(statSync(join(root, 'dist/cli.js')).mode & 0o111).toBe(0o111);
  });

  test('with the licence of everything inside', () => {
    const names = [...dist('LICENSE-cli').matchAll(/^(\S+) \d+\.\d+\.\d+, (MIT|Apache-2\.0)\n\n/gm)].map(
      ([, name]) => name,
    );
    for (const name of ['npyjs', 'csv-parse', 'csv-stringify', 'cli-progress', 'leven']) expect(names).toContain(name);
  });
});

test('the lines of the README', { timeout: 120_000 }, async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, block] = readme.match(/## Command line\n\n```sh\n([\s\S]*?)```/)!;
  const lines = block.split('\n').filter((line) => line !== '');
  expect(lines).toHaveLength(6);
  put('logits.npy', npy(tensor('float32', 4, 5), [4, 5]));
  put('logits.csv', 'a,b\n1,2\n');
  const commands = lines.map((line) => line.replace(/ +#.*/, '').split(' '));
  const quick: Record<string, string[]> = {
    verify: ['--op', 'hardmax'],
    bench: ['--rounds', '1', '--min-time', '0.01', '--shape', '4x8'],
  };
  for (const [npx, name, ...args] of commands) {
    expect([npx, name]).toEqual(['npx', 'softmax-simd']);
    await output([...args, ...(quick[args[0]] ?? [])]);
  }
  expect(readNpy(get('probabilities.npy')).shape).toEqual([4, 5]);
});
