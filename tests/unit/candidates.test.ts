// What draws meet too rarely to be told by tokens: a number that falls on a border.

import { expect, test } from 'vitest';
import { Candidates, firstAbove } from '../../src/reference/candidates.ts';

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
