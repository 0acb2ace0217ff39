import { describe, expect, it } from 'vitest';

const peers = (name: string) => import(new URL(`../../bench/peers/${name}`, import.meta.url).href);

describe('rounds', async () => {
  interface Timing {
    name: string;
    seconds: number;
    min: number;
    max: number;
    samples: number[];
  }
  interface Rounds {
    measure(
      contenders: { name: string; time: (count: number) => number | Promise<number> }[],
      options: { rounds: number; minTime: number; warmupRounds?: number },
    ): Promise<Timing[]>;
  }
  const { measure }: Rounds = await peers('rounds.mjs');

  it('lets the contenders take turns, those that answer later too', async () => {
    const turns: string[] = [];
    const contender = (name: string, later: boolean) => ({
      name,
      time: (count: number) => {
        turns.push(name);
        return later ? Promise.resolve(count) : count;
      },
    });
    const contenders = [contender('a', false), contender('b', true), contender('c', false)];
    await measure(contenders, { rounds: 2, minTime: 1, warmupRounds: 1 });
    expect(turns.join('')).toBe('abcabcabc');
  });

  it('reports seconds per call: the median, the least and the greatest of the rounds that count', async () => {
    const perCall = [100, 4, 1, 7]; // of the warm-up round, then of those that count
    let round = 0;
    const time = (count: number) => count * perCall[round++]!;
    const [timing] = await measure([{ name: 'a', time }], { rounds: 3, minTime: 0.5, warmupRounds: 1 });
    expect(timing).toEqual({ name: 'a', seconds: 4, min: 1, max: 7, samples: [4, 1, 7] });
  });

  it('raises the count of calls until a sample lasts', async () => {
    const counts: number[] = [];
    const time = (count: number) => {
      counts.push(count);
      return count * 1e-6;
    };
    const [timing] = await measure([{ name: 'a', time }], { rounds: 1, minTime: 1e-3, warmupRounds: 0 });
    expect(counts[0]).toBe(1);
    expect(counts.at(-1)! * 1e-6).toBeGreaterThanOrEqual(0.5e-3);
    expect(timing!.samples).toHaveLength(1);
    expect(timing!.seconds).toBeCloseTo(1e-6, 12);
  });
});

describe('targets', async () => {
  interface Verdict {
    peer: string;
    shape: string;
    ours: string;
    required: number;
    measured: number;
    reached: boolean;
  }
  interface Targets {
    judge(cases: { op: string; shape: string; contenders: { name: string; nsPerElement: number }[] }[]): Verdict[];
  }
  const { judge }: Targets = await peers('targets.mjs');
  const measured = (shape: string, nsPerElement: Record<string, number>, op = 'softmax') => ({
    op,
    shape,
    contenders: Object.entries(nsPerElement).map(([name, ns]) => ({ name, nsPerElement: ns })),
  });

  it('divides the peer’s time by ours, build by build', () => {
    const verdicts = judge([measured('64x1000', { 'relaxed-buffer': 1, 'simd-buffer': 2, 'tfjs-op': 2 })]);
    expect(verdicts).toEqual([
      { peer: 'tfjs-op', shape: '64x1000', ours: 'relaxed-buffer', required: 1.6, measured: 2, reached: true },
      { peer: 'tfjs-op', shape: '64x1000', ours: 'simd-buffer', required: 1.15, measured: 1, reached: false },
    ]);
  });

  it('compares arrays with arrays, and only what has a target', () => {
    expect(judge([measured('64x1000', { 'relaxed-buffer': 1, tfjs: 9 })])).toEqual([]);
    expect(judge([measured('1000x64@0', { relaxed: 1, plain: 9 })])).toEqual([]);
    expect(judge([measured('64x1000', { relaxed: 1, plain: 99 }, 'log-softmax')])).toEqual([]);
    expect(judge([measured('1000x64@0', { relaxed: 1, 'ort-web': 9 })])).toHaveLength(1);
  });
});

describe('accuracy', async () => {
  interface Accuracy {
    ulpOf(value: number): number;
    compare(
      results: ArrayLike<number>,
      truth: Float64Array,
    ): { ulp: number; index: number; subnormals: number; flushed: number };
  }
  const { compare, ulpOf }: Accuracy = await peers('accuracy.mjs');

  it('knows the unit in the last place', () => {
    expect([1, 1.5, 2 ** -126, 2 ** -140, 0].map(ulpOf)).toEqual([-23, -23, -149, -149, -149].map((e) => 2 ** e));
    expect(ulpOf(1 - 2 ** -24)).toBe(2 ** -24);
  });

  it('finds the worst normal result, and counts the subnormal ones that are 0', () => {
    const truth = Float64Array.of(0.75, 0.25, 2 ** -130, 2 ** -140, 2 ** -160);
    const results = Float32Array.of(0.75 + 2 ** -24, 0.25 - 3 * 2 ** -25, 0, 2 ** -140, 0);
    expect(compare(results, truth)).toEqual({ ulp: 3, index: 1, subnormals: 2, flushed: 1 });
    expect(compare(Float32Array.of(Number.NaN), Float64Array.of(1)).ulp).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('chart', async () => {
  const { chart }: { chart(report: unknown): string } = await peers('chart.mjs');
  const report = {
    version: '1.0.0',
    date: '2026-01-02T00:00:00.000Z',
    machine: { cpu: 'a processor' },
    node: 'v22.0.0',
    rounds: 11,
    peers: { PyTorch: '2.0' },
    cases: [
      {
        op: 'softmax',
        shape: '64x1000',
        contenders: [
          { name: 'relaxed-buffer', nsPerElement: 0.987 },
          { name: 'pytorch', nsPerElement: 1.66 },
        ],
      },
    ],
  };

  it('shows the figures of what was measured, and where they come from', () => {
    const svg = chart(report);
    expect(svg).toMatch(/^<svg /);
    for (const text of ['0.987', '1.66', 'PyTorch (native)', 'a processor', 'PyTorch 2.0', '2026-01-02']) {
      expect(svg).toContain(text);
    }
    expect(svg).not.toContain('TensorFlow.js wasm');
  });

  it('refuses a result without its shapes', () => {
    expect(() => chart({ ...report, cases: [] })).toThrow('no softmax of 64x10, 64x1000, 1x128256, 64x32000');
  });
});
