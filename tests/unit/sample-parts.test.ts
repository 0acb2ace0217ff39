// Rows have numbers: a tensor that comes in parts is sampled as it is at once.

import { expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom, normalRow } from '../tools/inputs.ts';

onEachBackend((_, create) => {
  const { sample } = create();

  test('parts with the number of their first row give what the whole gives', () => {
    const [rows, length] = [12, 20];
    const logits = normalRow(createRandom(1), 'float32', { length: rows * length });
    const options = { seed: 3, count: 4, topP: 0.9 };
    const whole = sample(logits, { ...options, shape: [rows, length] });
    const parts = [0, 5, 6].map((firstRow, i, starts) => {
      const end = starts[i + 1] ?? rows;
      const part = logits.subarray(firstRow * length, end * length);
      return sample(part, { ...options, shape: [end - firstRow, length], firstRow });
    });
    expect(parts.flatMap((part) => [...part])).toEqual([...whole]);
    const again = sample(logits.subarray(5 * length), { ...options, shape: [rows - 5, length] });
    expect([...again]).not.toEqual([...whole.subarray(5 * 4)]);
  });

  test.each([-1, 0.5, 2 ** 32])('firstRow %d is refused', (firstRow) => {
    expect(() => sample([1, 2], { firstRow })).toThrow(
      new RangeError(`sample: firstRow is ${firstRow}; allowed are integers from 0 to 2^32 − 1.`),
    );
  });

  test('the last row has no number above 2^32 − 1', () => {
    const logits = new Float32Array(8);
    expect(() => sample(logits, { shape: [4, 2], firstRow: 2 ** 32 - 3 })).toThrow(
      new RangeError('sample: firstRow is 4294967293; allowed are integers from 0 to 2^32 − 4.'),
    );
    expect(sample(logits, { shape: [4, 2], firstRow: 2 ** 32 - 4 })).toHaveLength(4);
  });
});
