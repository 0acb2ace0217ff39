import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { median } from '../../bench/median.mjs';

const bench = (name: string) => new URL(`../../bench/${name}`, import.meta.url);

interface Contender {
  name: string;
  run: () => unknown;
}
interface Timing {
  name: string;
  seconds: number;
  min: number;
  max: number;
  samples: number[];
}
interface Harness {
  measure(
    contenders: readonly Contender[],
    options: { rounds: number; minTime: number; warmupRounds?: number },
  ): Timing[];
}

describe('harness', async () => {
  const { measure }: Harness = await import(bench('harness.mjs').href);

  it('takes the middle value, or the mean of the two middle ones', () => {
    expect(median([7])).toBe(7);
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow('median: an empty list; allowed is one number or more');
  });

  it('leaves the list that it sorts as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('interleaves the contenders round by round', () => {
    const turns: string[] = [];
    const contender = (name: string) => ({
      name,
      run: () => {
        if (turns.at(-1) !== name) turns.push(name);
      },
    });
    measure([contender('a'), contender('b'), contender('c')], { rounds: 3, minTime: 1e-6, warmupRounds: 1 });
    expect(turns.join('')).toBe('abcabcabcabc');
  });

  it('reports the median, the least and the greatest of one sample per round', () => {
    const [timing] = measure([{ name: 'a', run: () => 0 }], { rounds: 5, minTime: 1e-6 });
    expect(timing!.samples).toHaveLength(5);
    expect(timing!.seconds).toBe(median(timing!.samples));
    expect(timing!.min).toBe(Math.min(...timing!.samples));
    expect(timing!.max).toBe(Math.max(...timing!.samples));
    expect(timing!.min).toBeGreaterThan(0);
  });

  it('throws what a contender throws', () => {
    const broken = {
      name: 'broken',
      run: () => {
        throw new RangeError('no such shape');
      },
    };
    expect(() => measure([broken], { rounds: 1, minTime: 1e-6 })).toThrow(new RangeError('no such shape'));
  });
});

describe('cases', async () => {
  interface Case {
    inputs: ArrayLike<number>[];
    options: object;
    expected: Float64Array;
  }
  interface Cases {
    ops: Record<string, object>;
    createCase(op: string, dtype: string, shape: object): Case;
    checkResult(testCase: Case, name: string, result: unknown): void;
  }
  const { ops, createCase, checkResult }: Cases = await import(bench('cases.mjs').href);
  const { parseShape }: { parseShape(name: string): object } = await import(bench('shapes.mjs').href);
  const { call }: { call(op: string, api: unknown, inputs: unknown[], options: object): () => unknown } = await import(
    bench('contenders/call.mjs').href
  );
  const api = await import('../../src/reference.ts');

  it.each(Object.keys(ops))('%s: what is right passes, what is a little wrong does not', (op) => {
    const testCase = createCase(op, 'float32', parseShape('5x6x7'));
    const once = () => call(op, api, testCase.inputs, testCase.options)();
    expect(() => checkResult(testCase, 'right', once())).not.toThrow();
    const result = once() as Float32Array & Record<'gradient' | 'gradBias' | 'indices', Float32Array | undefined>;
    const array = result.gradient ?? result.gradBias ?? result.indices ?? result;
    array[3] += array instanceof Int32Array ? 1 : 0.01 * (Math.abs(array[3]) + 0.01);
    expect(() => checkResult(testCase, 'wrong', result)).toThrow(/^wrong: .* element \d+ is /);
  });
});

describe('draws of contenders with random numbers of their own', async () => {
  interface Cases {
    createCase(op: string, dtype: string, shape: object): { inputs: [Float32Array] };
    checkDraws(testCase: object, name: string, draws: ArrayLike<number>, filters?: object): void;
    opGroups: { sample: string[] };
  }
  interface Contender {
    name: string;
    prepare(testCase: object): { run(): ArrayLike<number>; check?(draws: ArrayLike<number>): void };
  }
  const { createCase, checkDraws, opGroups }: Cases = await import(bench('cases.mjs').href);
  const { parseShape }: { parseShape(name: string): object } = await import(bench('shapes.mjs').href);
  const { plain }: { plain: Contender } = await import(bench('contenders/plain.mjs').href);
  const { mapReduce }: { mapReduce: Contender } = await import(bench('contenders/map-reduce.mjs').href);

  it('pass where the filters keep them, and only there', () => {
    const testCase = { ...createCase('sample-top-p', 'float32', parseShape('2x4')), op: 'sample-top-p' };
    testCase.inputs = [Float32Array.of(2, 0, 3, 1, -Infinity, 5, 5, 4)]; // 0.24, 0.03, 0.64, 0.09; 0, 0.42, 0.42, 0.16
    const check = (draws: number[], filters?: object) => () => checkDraws(testCase, 'a', draws, filters);
    expect(check([2, 3])).not.toThrow();
    expect(check([3, 3])).not.toThrow();
    expect(check([1, 3])).toThrow('a: sample-top-p float32 2x4: row 0: 1 is none of the 3 kept');
    expect(check([2, 0])).toThrow('row 1: 0 is none of the 3 kept');
    expect(check([2])).toThrow('1 draws of 2 rows');
    expect(check([0, 2], { topK: 2 })).not.toThrow();
    expect(check([0, 3], { topK: 2 })).toThrow('row 1: 3 is none of the 2 kept');
    expect(check([0, 3], { minP: 0.4 })).toThrow('row 0: 0 is none of the 1 kept');
  });

  it.each([plain, mapReduce])('$name: as often as the weights of what is kept', ({ prepare }) => {
    const shape = parseShape('1x1000');
    for (const op of opGroups.sample) {
      const testCase = createCase(op, 'float32', shape);
      const [logits] = testCase.inputs;
      logits.fill(-Infinity);
      logits.set([2, 1, 3, 5, 4]); // 0.032, 0.012, 0.086, 0.636, 0.234
      const kept = [0, 0, 0.09, 0.6652, 0.2447]; // the three that make up 0.95
      const probabilities = op === 'sample-unfiltered' ? [0.0317, 0.0117, 0.0861, 0.6364, 0.2341] : kept;
      const { run, check } = prepare(testCase);
      const counts = new Array(5).fill(0);
      for (let n = 0; n < 4000; n++) counts[run()[0]!]++;
      counts.forEach((times, i) => {
        const p = probabilities[i];
        expect(Math.abs(times - 4000 * p), `${op} ${i}`).toBeLessThanOrEqual(5 * Math.sqrt(4000 * p * (1 - p)));
      });
      expect(() => check!(Int32Array.of(7))).toThrow('7 is none of');
    }
  });
});

describe('targets of sampling', async () => {
  interface Targets {
    judge(
      cases: object[],
    ): { op: string; ours: string; other: string; required: number; measured: number; reached: boolean }[];
  }
  const { judge }: Targets = await import(bench('targets.mjs').href);
  const measured = (op: string, elements: number, nsPerElement: Record<string, number>) => ({
    op,
    dtype: 'float32',
    shape: `1x${elements}`,
    elements,
    contenders: Object.entries(nsPerElement).map(([name, ns]) => ({ name, nsPerElement: ns })),
  });

  it('holds array against array and buffer against buffer, and each against the sort', () => {
    const times = { relaxed: 1, 'relaxed-buffer': 0.5, 'relaxed-softmax': 1, 'relaxed-softmax-buffer': 1, plain: 40 };
    expect(judge([measured('sample-filters', 151936, times)])).toEqual([
      { op: 'sample-filters', ours: 'relaxed', other: 'relaxed-softmax', required: 1.25, measured: 1, reached: false },
      { op: 'sample-filters', ours: 'relaxed', other: 'plain', required: 50, measured: 40, reached: false },
      {
        op: 'sample-filters',
        ours: 'relaxed-buffer',
        other: 'relaxed-softmax-buffer',
        required: 1.25,
        measured: 2,
        reached: true,
      },
      { op: 'sample-filters', ours: 'relaxed-buffer', other: 'plain', required: 50, measured: 80, reached: true },
    ]);
  });

  it('only at the size of a vocabulary, and where both were measured', () => {
    expect(judge([measured('top-k', 1000, { relaxed: 1, plain: 99 })])).toEqual([]);
    expect(judge([measured('top-k', 151936, { simd: 1, plain: 99 })])).toEqual([]);
    expect(judge([measured('sample-unfiltered', 151936, { relaxed: 1, plain: 99 })])).toEqual([]);
  });
});

describe('compare', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'softmax-simd-compare-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const result = (nsPerElement: Record<string, number>, cpu = 'cpu') => ({
    version: '1.0.0',
    commit: null,
    modified: null,
    date: '2026-01-01T00:00:00.000Z',
    machine: { cpu, cores: 2, arch: 'x64', platform: 'linux' },
    node: 'v20.0.0',
    smoke: false,
    cases: [
      {
        op: 'softmax',
        dtype: 'float32',
        shape: '64x1000',
        contenders: Object.entries(nsPerElement).map(([name, ns]) => ({ name, nsPerElement: ns })),
      },
    ],
  });

  function compare(a: unknown, b: unknown, ...options: string[]) {
    const [pathA, pathB] = [join(folder, 'a.json'), join(folder, 'b.json')];
    writeFileSync(pathA, JSON.stringify(a));
    writeFileSync(pathB, JSON.stringify(b));
    const script = fileURLToPath(bench('compare.mjs'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...options, pathA, pathB], {
      encoding: 'utf8',
    });
    // The rows of the table as words: op, type, shape, contender, A, B, B / A, flag.
    const rows = stdout
      .split('\n')
      .filter((line) => line.startsWith('softmax float32'))
      .map((line) => line.split(/\s+/).slice(3));
    return { status, stdout, stderr, rows };
  }

  it('takes times relative to the plain loop, so that a slower machine is no change', () => {
    const { rows, stdout, status } = compare(result({ simd: 1, plain: 20 }), result({ simd: 2, plain: 40 }), '--fail');
    expect(rows).toEqual([
      ['simd', '1.00', '2.00', '1.00'],
      ['plain', '20.0', '40.0', '2.00'],
    ]);
    expect(stdout).toContain('0 slower, 0 faster by 10 % or more');
    expect(status).toBe(0);
  });

  it('flags what changed by the threshold, and fails on it when asked', () => {
    const [a, b] = [result({ simd: 1, relaxed: 1, plain: 20 }), result({ simd: 1.5, relaxed: 0.5, plain: 20 })];
    const { rows, status } = compare(a, b);
    expect(rows.map((row) => row[4])).toEqual(['slower', 'faster', undefined]);
    expect(status).toBe(0);
    expect(compare(a, b, '--fail').status).toBe(1);
    expect(compare(a, b, '--fail', '--threshold', '60').status).toBe(0);
  });

  it('compares the times themselves where the plain loop is missing', () => {
    const { rows } = compare(result({ simd: 1 }), result({ simd: 2 }));
    expect(rows).toEqual([['simd', '1.00', '2.00', '2.00', 'slower']]);
  });

  it('says so, and flags nothing, when the machines differ', () => {
    const { rows, stdout, status } = compare(result({ simd: 1 }), result({ simd: 9 }, 'another cpu'), '--fail');
    expect(stdout).toContain('The machines differ');
    expect(rows).toEqual([['simd', '1.00', '9.00', '9.00']]);
    expect(status).toBe(0);
  });

  it('refuses what is not a result, or has nothing in common', () => {
    const wrong = compare({ cases: 1 }, result({ simd: 1 }));
    expect(wrong.stderr).toContain('a.json: not a result of npm run bench -- --json');
    expect(wrong.status).toBe(2);
    const disjoint = compare(result({ simd: 1 }), result({ plain: 1 }));
    expect(disjoint.stderr).toContain('the two results have no case in common');
    expect(disjoint.status).toBe(2);
  });
});

describe('kernels', () => {
  it('times every operation in every shape', () => {
    const script = fileURLToPath(bench('kernels.mjs'));
    const { status, stdout } = spawnSync(process.execPath, [script, '--rounds', '1'], { encoding: 'utf8' });
    expect(status).toBe(0);
    const [simd] = stdout.split(/^relaxed/m);
    const rows = [...simd.matchAll(/^([a-z-]+) +([\d.]+) +([\d.]+) +([\d.]+)$/gm)];
    expect(rows.map(([, name]) => name)).toContain('cross-entropy');
    for (const [, , ...times] of rows) for (const time of times) expect(Number(time)).toBeGreaterThan(0);
  });
});

describe('census', async () => {
  interface Loop {
    lanes: number;
    vectors: number;
    instructions: number;
    kinds: Record<string, number>;
  }
  type Counts = Record<string, Loop[]>;
  interface Census {
    census(text: string): Counts;
    slips(before: Record<string, Counts>, now: Record<string, Counts>): string[];
  }
  const { census, slips }: Census = await import(bench('census.mjs').href);

  // An outer loop without vectors, around one that stores two vectors per pass.
  const text = (type: string) => `(module
 (export "scale_f" (func $assembly/kernels/scale))
 (func $assembly/kernels/scale (param $0 i32) (param $1 i32)
  (local $2 v128)
  loop $rows
   loop $for-loop|0
    local.get $0
    local.get $0
    v128.load
    i32.const 1024
    v128.load
    ${type}.mul
    v128.store
    local.get $0
    local.get $0
    v128.load offset=16
    local.get $2
    ${type}.mul
    v128.store offset=16
    local.get $0
    i32.const 32
    i32.add
    local.tee $0
    local.get $1
    i32.lt_u
    br_if $for-loop|0
   end
   br $rows
  end
 )
)
`;

  it('counts an innermost loop by kind, per 4 elements', () => {
    const kinds = { arithmetic: 1, load: 1, store: 1, fixed: 0.5, literal: 0, scalar: 1.5 };
    expect(census(text('f32x4'))).toEqual({ scale_f: [{ lanes: 4, vectors: 2, instructions: 5, kinds }] });
    expect(census(text('f64x2')).scale_f![0]!.instructions).toBe(10);
  });

  it('leaves out loops that only copy', () => {
    expect(census(text('f32x4').replaceAll('f32x4.mul', 'drop'))).toEqual({});
  });

  it('names the loops that have more instructions, and loops that came or went', () => {
    const [before, more] = [{ simd: census(text('f32x4')) }, { simd: census(text('f64x2')) }];
    expect(slips(before, before)).toEqual([]);
    expect(slips(more, before)).toEqual([]);
    expect(slips(before, more)).toEqual(['simd scale_f loop 1: 10 instructions; committed are 5']);
    expect(slips(before, { simd: {} })).toEqual(['simd scale_f: 0 hot loops; committed are 1']);
    expect(slips({}, before)).toEqual(['simd scale_f: 1 hot loops; committed are 0']);
  });
});
