// What draws meet too rarely to be told by tokens, a number that falls on a border, and the memory of candidates, which the calls of a runtime share.

import { afterEach, expect, test, vi } from 'vitest';
import { withCandidates } from '../../src/ops/candidates.ts';
import { sample } from '../../src/ops/sample.ts';
import { topK } from '../../src/ops/top-k.ts';
import { Candidates, firstAbove } from '../../src/reference/candidates.ts';
import { JsRuntime } from '../../src/runtime.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [0, 2],
  [0.5, 2],
  [1, 4],
  [1.5, 4],
  [3, 5],
  [3.9, 5],
])('of 0, 0, 1, 1, 3, 4 the first above %d is number %i', (at, expected) => {
  expect(firstAbove(Float64Array.of(0, 0, 1, 1, 3, 4), 6, at)).toBe(expected);
});

test('an entry that weighs 0 is not picked, be the number 0 or on a border', () => {
  const candidates = new Candidates().reserve(4);
  const weights = [0, 1, 0, 2];
  weights.forEach((weight, i) => {
    candidates.weights[i] = weight;
    candidates.add(10 + i, 5);
  });
  expect(candidates.accumulate()).toBe(3);
  expect([0, 0.99, 1, 2.99].map((at) => candidates.pick(at))).toEqual([11, 11, 13, 13]);
});

test('after the host refused memory, more is asked for again', () => {
  for (let granted = 0; granted < 5; granted++) {
    const candidates = new Candidates().reserve(4);
    let left = granted;
    const refusing = class extends Float64Array {
      constructor(length: number) {
        if (left-- === 0) throw new RangeError('Array buffer allocation failed');
        super(length);
      }
    };
    vi.stubGlobal('Float64Array', refusing);
    expect(() => candidates.reserve(100)).toThrow(RangeError);
    vi.unstubAllGlobals();
    candidates.reserve(100);
    for (let i = 0; i < 100; i++) candidates.add(i, i);
    candidates.weights.fill(1, 0, 100);
    candidates.keepLargest(50);
    candidates.keepHeaviest(25);
    expect(candidates.accumulate()).toBe(25);
    expect([candidates.pick(0), candidates.pick(24.5)]).toEqual([75, 99]);
  }
});

test('the room of a vocabulary is kept, that of a very long row given back, after an error, too', () => {
  const runtime = new JsRuntime();
  const room = () => {
    let length = NaN;
    withCandidates(runtime, ({ values }) => {
      length = values.length;
    });
    return length;
  };
  const row = (length: number, last = 0) => new Float64Array(length).fill(last, length - 1);
  const tokens = [200_000, 2 ** 20 + 1, 100].map((length) => {
    const [token] = sample(() => runtime)(row(length, 100));
    return [token, room()];
  });
  expect(tokens).toEqual([
    [199_999, 200_000],
    [2 ** 20, 0],
    [99, 100],
  ]);
  expect(() => sample(() => runtime)(row(2 ** 20 + 1, NaN))).toThrow(RangeError);
  expect(room()).toBe(0);
  expect(topK(() => runtime)(row(2 ** 20 + 1, 1), 1).indices).toEqual(Int32Array.of(2 ** 20));
  expect(room()).toBe(0);
});
