// The memory of candidates.

import { afterEach, expect, test, vi } from 'vitest';
import { Candidates } from '../../src/reference/candidates.ts';

afterEach(() => vi.unstubAllGlobals());

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
