// Engines: which backend runs, what they own, and what becomes of it.

import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createEngine,
  createEngineSync,
  type Engine,
  type EngineOptions,
  getDefaultEngine,
  logSoftmax,
  setDefaultEngine,
  softmax,
} from '../../src/index.ts';
import * as operations from '../../src/ops/index.ts';
import * as reference from '../../src/reference.ts';
import { hasRelaxedSimd } from '../../src/wasm/detect.ts';
import { onEachBackend } from '../tools/backends.ts';
import { binaryOf } from '../tools/builds.ts';

const PAGE = 65536;
const wrong = (value: unknown) => value as never;
const fastest = hasRelaxedSimd() ? 'relaxed' : 'simd';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Both ways to make an engine, under the name that errors begin with. */
const creators: [string, (options?: EngineOptions) => Promise<Engine>][] = [
  ['createEngine', createEngine],
  ['createEngineSync', async (options) => createEngineSync(options)],
];

describe.each(creators)('%s', (name, create) => {
  test('takes the fastest by default', async () => {
    expect((await create()).backend).toBe(fastest);
    expect((await create({})).backend).toBe(fastest);
    expect((await create({ backend: 'auto' })).backend).toBe(fastest);
  });

  test.each(['simd', 'js'] as const)('takes %s when asked to', async (backend) => {
    expect((await create({ backend })).backend).toBe(backend);
  });

  test('takes a module of the user: bytes, a view of them of either kind, or compiled', async () => {
    const module = binaryOf('simd');
    for (const source of [module, module.buffer, new DataView(module.buffer), new WebAssembly.Module(module)]) {
      const engine = await create({ backend: 'simd', module: source });
      expect(engine.backend).toBe('simd');
      expect(engine.softmax([0, 0])).toEqual([0.5, 0.5]);
    }
  });

  test.each<[string, unknown, string]>([
    ['options', 7, 'options is 7; allowed is an object with backend, module, maxMemoryBytes.'],
    [
      'an unknown option',
      { backends: 'js' },
      'option backends is unknown; allowed are backend, module, maxMemoryBytes.',
    ],
    ['the backend', { backend: 'gpu' }, "backend is \"gpu\"; allowed are 'auto', 'relaxed', 'simd' and 'js'."],
    [
      'the module',
      { module: 'x.wasm' },
      'module is "x.wasm"; allowed are WebAssembly.Module, ArrayBuffer and views of one.',
    ],
    [
      'a module for js',
      { module: new Uint8Array(8), backend: 'js' },
      "module is given with backend 'js'; allowed are 'auto', 'relaxed' and 'simd'.",
    ],
    ['maxMemoryBytes', { maxMemoryBytes: '1' }, 'maxMemoryBytes is "1"; allowed are integers to 4294967296.'],
  ])('a TypeError for %s', async (_, options, message) => {
    await expect((async () => create(wrong(options)))()).rejects.toThrow(new TypeError(`${name}: ${message}`));
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 32 + 1])('a RangeError for maxMemoryBytes %d', async (maxMemoryBytes) => {
    await expect((async () => create({ maxMemoryBytes }))()).rejects.toThrow(
      new RangeError(`${name}: maxMemoryBytes is ${maxMemoryBytes}; allowed are integers to 4294967296.`),
    );
  });

  test('a RangeError for less memory than the kernels start with', async () => {
    await expect((async () => create({ maxMemoryBytes: PAGE }))()).rejects.toThrow(
      /^createEngine(Sync)?: maxMemoryBytes is 65536; allowed are \d+ and more\.$/,
    );
  });

  test('an error for a module of the other build than asked for', async () => {
    await expect((async () => create({ module: binaryOf('simd'), backend: 'relaxed' }))()).rejects.toThrow(
      `${name}: module is the simd build and backend 'relaxed'; allowed are 'auto' and 'simd'.`,
    );
  });

  test('an error for bytes that are no module, and for a module that is not ours', async () => {
    await expect((async () => create({ module: new Uint8Array(8) }))()).rejects.toThrow(
      `${name}: module was refused by this host (`,
    );
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    await expect((async () => create({ module: empty }))()).rejects.toThrow(
      `${name}: module lacks the exports memory, heap_base, relaxed, softmax_f32, `,
    );
  });

  describe('where WebAssembly is missing', () => {
    test('auto takes js, anything else is an error', async () => {
      vi.stubGlobal('WebAssembly', undefined);
      expect((await create()).backend).toBe('js');
      await expect((async () => create({ backend: 'simd' }))()).rejects.toThrow(
        `${name}: backend 'simd' does not run on this host; allowed here are 'auto', 'js'.`,
      );
    });
  });

  describe('where SIMD is missing', () => {
    test('auto takes js, anything else is an error', async () => {
      vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
      expect((await create()).backend).toBe('js');
      await expect((async () => create({ backend: 'relaxed' }))()).rejects.toThrow(
        `${name}: backend 'relaxed' does not run on this host; allowed here are 'auto', 'js'.`,
      );
    });
  });

  describe('where compiling is refused', () => {
    test('auto takes js, anything else is an error', async () => {
      const refusal = new WebAssembly.CompileError('unsafe-eval');
      vi.spyOn(WebAssembly, 'compile').mockRejectedValue(refusal);
      vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
        throw refusal;
      });
      expect((await create()).backend).toBe('js');
      await expect((async () => create({ backend: 'simd' }))()).rejects.toThrow(
        `${name}: backend 'simd' was refused by this host (unsafe-eval); allowed are backend 'auto' and 'js', without a module.`,
      );
    });
  });
});

describe('the default engine', () => {
  test('is made once, and runs the top-level functions', () => {
    const engine = getDefaultEngine();
    expect(getDefaultEngine()).toBe(engine);
    expect(engine.backend).toBe(fastest);
    expect(softmax([0, 0])).toEqual([0.5, 0.5]);
  });

  test('can be set', () => {
    const before = getDefaultEngine();
    const engine = createEngineSync({ backend: 'js' });
    const buffer = engine.allocate('float32', 2);
    try {
      setDefaultEngine(engine);
      expect(getDefaultEngine()).toBe(engine);
      engine.dispose();
      expect(() => softmax(buffer)).toThrow('softmax: the engine was disposed');
    } finally {
      setDefaultEngine(before);
    }
    expect(logSoftmax([0])).toEqual([0]);
  });

  test('is an engine', () => {
    expect(() => setDefaultEngine(wrong({ backend: 'js' }))).toThrow(
      new TypeError('setDefaultEngine: engine is a plain object; allowed is what createEngine returns.'),
    );
    expect(() => setDefaultEngine(wrong(undefined))).toThrow(TypeError);
    const disposed = createEngineSync({ backend: 'js' });
    disposed.dispose();
    expect(() => setDefaultEngine(disposed)).toThrow('setDefaultEngine: the engine was disposed');
  });
});

onEachBackend((backend, create) => {
  test('an engine has every operation, also taken off the object, and so has the reference', () => {
    const engine = create();
    const names = Object.keys(operations).sort();
    expect(names.length).toBeGreaterThan(6);
    expect(engine).toMatchObject(Object.fromEntries(names.map((name) => [name, expect.any(Function)])));
    expect(Object.keys(reference).sort()).toEqual(names);
    const { softmin } = engine;
    expect(softmin([0, 0])).toEqual([0.5, 0.5]);
  });

  test('dispose: every use afterwards is an error, a second dispose is none', () => {
    const engine = create();
    const buffer = engine.allocate('float32', 2);
    engine.dispose();
    engine.dispose();
    const disposed = 'the engine was disposed; allowed is one that was not: create another.';
    expect(() => engine.softmax(Float32Array.of(1))).toThrow(new Error(`softmax: ${disposed}`));
    expect(() => engine.softmaxBackward([1], [1])).toThrow(new Error(`softmaxBackward: ${disposed}`));
    expect(() => engine.allocate('float32', 1)).toThrow(new Error(`allocate: ${disposed}`));
    expect(() => buffer.array).toThrow('WasmBuffer.array: the WasmBuffer was freed, or its engine disposed');
    expect(buffer.freed).toBe(true);
    buffer.free();
  });

  describe('WasmBuffer', () => {
    test.each(['float32', 'float64'] as const)('%s: zeros of the given length', (dtype) => {
      const engine = create();
      const Type = dtype === 'float32' ? Float32Array : Float64Array;
      const dirty = engine.allocate(dtype, 5);
      dirty.array.fill(7);
      dirty.free();
      const buffer = engine.allocate(dtype, 5);
      expect(buffer.length).toBe(5);
      expect(buffer.array).toEqual(new Type(5));
      expect(buffer.array).toBe(buffer.array);
      expect(buffer.array.byteOffset).toBe(buffer.byteOffset);
    });

    test('length 0 is a length', () => {
      const buffer = create().allocate('float64', 0);
      expect(buffer.array).toEqual(new Float64Array(0));
      expect(create().softmax(buffer)).toEqual(new Float64Array(0));
    });

    test.each<[unknown, unknown, string]>([
      ['int8', 1, "allocate: dtype is \"int8\"; allowed are 'float32' and 'float64'."],
      [undefined, 1, "allocate: dtype is undefined; allowed are 'float32' and 'float64'."],
      ['float32', '1', 'allocate: length is "1"; allowed are non-negative integers.'],
      ['float32', undefined, 'allocate: length is undefined; allowed are non-negative integers.'],
      ['float32', -1, 'allocate: length is -1; allowed are non-negative integers.'],
      ['float32', 1.5, 'allocate: length is 1.5; allowed are non-negative integers.'],
      ['float32', NaN, 'allocate: length is NaN; allowed are non-negative integers.'],
    ])('allocate(%j, %j) is an error', (dtype, length, message) => {
      expect(() => create().allocate(wrong(dtype), wrong(length))).toThrow(message);
    });

    test('more than the host has is an error that says so', () => {
      expect(() => create().allocate('float32', 2 ** 50)).toThrow(
        /^allocate: .*1125899906842624 elements|^allocate: 4503599627370496 bytes/,
      );
    });

    test('stands where an array may, and is what is returned as out', () => {
      const engine = create();
      const x = engine.allocate('float32', 4);
      const y = engine.allocate('float32', 4);
      const expected = engine.softmax(Float32Array.of(1, 2, 3, 4));
      x.array.set([1, 2, 3, 4]);
      const result = engine.softmax(x);
      expect(result).toEqual(expected);
      expect(result.buffer).not.toBe(x.array.buffer);
      expect(engine.softmax(x, { out: y })).toBe(y);
      expect(y.array).toEqual(expected);
      expect([...x.array]).toEqual([1, 2, 3, 4]);
      expect(engine.softmax(x, { out: x })).toBe(x);
      expect(x.array).toEqual(expected);
      const out = new Float32Array(4);
      expect(engine.softmaxBackward(y, x, { out })).toBe(out);
      expect(out).toEqual(engine.softmaxBackward(expected, expected));
    });

    test('use after free is an error, a second free is none', () => {
      const engine = create();
      const buffer = engine.allocate('float32', 2);
      const out = new Float32Array(2).fill(7);
      buffer.free();
      const freed = 'is not usable: the WasmBuffer was freed, or its engine disposed; allocate another.';
      expect(() => buffer.array).toThrow(Error);
      expect(() => engine.softmax(buffer, { out })).toThrow(new Error(`softmax: x ${freed}`));
      expect(() => engine.softmax(out, { out: buffer })).toThrow(new Error(`softmax: out ${freed}`));
      expect(() => engine.softmaxBackward(out, buffer)).toThrow(new Error(`softmaxBackward: output ${freed}`));
      expect([...out]).toEqual([7, 7]);
      const next = engine.allocate('float32', 2);
      buffer.free();
      const another = engine.allocate('float32', 2);
      next.array.fill(1);
      another.array.fill(2);
      expect([...next.array]).toEqual([1, 1]);
    });

    test('has Symbol.dispose', () => {
      const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose'); // as WebKitGTK 2.50 has none
      const buffer = create().allocate('float32', 2);
      buffer[dispose]();
      expect(buffer.freed).toBe(true);
    });

    test('of another engine is an ordinary array', () => {
      const [one, other] = [create(), create()];
      const x = other.allocate('float64', 3);
      x.array.set([1, 2, 3]);
      const expected = one.softmax(Float64Array.of(1, 2, 3));
      expect(one.softmax(x)).toEqual(expected);
      expect(one.softmax(x, { out: x })).toBe(x);
      expect(x.array).toEqual(expected);
      expect(reference.softmax(Float64Array.of(1, 2, 3), { out: x })).toBe(x);
    });

    test('overlaps are found', () => {
      const engine = create();
      const { array } = engine.allocate('float32', 8);
      expect(() => engine.softmax(array.subarray(0, 4), { out: array.subarray(1, 5) })).toThrow(RangeError);
      expect(() => engine.softmax(array.subarray(0, 4), { out: array.subarray(4) })).not.toThrow();
    });
  });

  test.runIf(backend !== 'js')('array is taken anew after the memory grew; a view from before is refused', () => {
    const engine = create();
    const buffer = engine.allocate('float32', 3);
    const before = buffer.array;
    before.set([1, 2, 3]);
    engine.allocate('float64', 2 ** 18);
    expect(before.length).toBe(0);
    expect(() => engine.softmax(before)).toThrow(
      'softmax: x is a detached Float32Array; allowed are attached ones: take `array` of a WasmBuffer anew after its memory grew.',
    );
    expect([...buffer.array]).toEqual([1, 2, 3]);
  });

  test.runIf(backend !== 'js')('the memory never grows beyond maxMemoryBytes, and what is freed is used again', () => {
    const engine = create({ maxMemoryBytes: 2 ** 20 });
    expect(() => engine.allocate('float32', 2 ** 18)).toThrow('allocate: 1048576 bytes of wasm memory are needed');
    for (let i = 0; i < 100; i++) {
      const buffer = engine.allocate('float32', 2 ** 17);
      expect(buffer.array.buffer.byteLength).toBeLessThanOrEqual(2 ** 20);
      buffer.free();
    }
  });
});
