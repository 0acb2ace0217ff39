// What draws meet too rarely to be told by tokens: a number that falls on a border, and a host that refuses memory.

import { afterEach, expect, test, vi } from 'vitest';
import { Candidates, firstAbove } from '../../src/reference/candidates.ts';

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
