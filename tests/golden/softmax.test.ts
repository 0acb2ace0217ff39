// Numbers that others have published, on every backend. As printed, and recomputed to 17 digits with mpmath:
//   python3 -c "from mpmath import *; mp.dps = 40; e = [exp(x) for x in [1, 3, 5, 7]]; print([v / sum(e) for v in e])"

import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { formats } from '../tools/operations.ts';
import { ulpError } from '../tools/ulp.ts';

// [where it comes from, logits, as printed there, to 17 digits]
const cases: [string, number[], number[], number[]][] = [
  [
    // "Softmax and Cross-entropy", an article of 2019 on the slowbreathing blog (listing 5), and course material since
    'two rows of a tutorial, the first',
    [1, 3, 5, 7],
    [2.14400878e-3, 1.58422012e-2, 1.17058913e-1, 8.64954877e-1],
    [0.002144008783584634, 0.015842201178506925, 0.11705891323853292, 0.8649548767993755],
  ],
  [
    'two rows of a tutorial, the second',
    [1, -9, 4, 8],
    [8.94679461e-4, 4.06183847e-8, 1.79701173e-2, 9.81135163e-1],
    [0.0008946794605300976, 4.0618384668004265e-8, 0.0179701173388949, 0.9811351625821904],
  ],
  [
    // Exercises of deep learning courses on what scaling does: the scores 1, 2, 3 times 10
    'scores times ten: nearly one-hot',
    [10, 20, 30],
    [2.0611e-9, 4.5398e-5, 9.9995e-1],
    [2.061060046209062e-9, 4.539786860886666e-5, 0.9999546000703311],
  ],
  [
    'scores divided by ten: nearly uniform',
    [0.1, 0.2, 0.3],
    [0.3006, 0.3322, 0.3672],
    [0.3006096053557273, 0.3322249935333472, 0.3671654011109255],
  ],
  [
    // Textbook example of a clear winner
    'a clear winner',
    [1, 2, 8],
    [0.001, 0.002, 0.997],
    [0.000908800555363033, 0.002470376035336821, 0.9966208234093001],
  ],
  [
    // The usual example of e^x overflowing: without the shift all are NaN. The true values are 6.6e-1738 and so on.
    'logits whose exponentials overflow',
    [1000, 2000, 3000, 4000, 5000],
    [0, 0, 0, 0, 1],
    [0, 0, 0, 0, 1],
  ],
];

onEachBackend((_, create) => {
  const engine = create();

  describe.each(cases)('%s', (_, logits, printed, exact) => {
    test('as printed', () => {
      engine.softmax(logits).forEach((p, i) => {
        expect(Math.abs(p - printed[i])).toBeLessThanOrEqual(unitOf(printed[i]));
      });
    });

    test.each(formats)('%s, to its last digits', (format) => {
      const x = format === 'float32' ? Float32Array.from(logits) : Float64Array.from(logits);
      // 0.1, 0.2 and 0.3 are rounded to the format, which moves the result by as many roundings as their difference
      const bound = logits.every(Number.isInteger) ? 3 : 4;
      engine.softmax(x).forEach((p, i) => {
        expect(ulpError(p, exact[i], 0, format)).toBeLessThanOrEqual(bound);
      });
    });
  });

  test('two rows at once', () => {
    const p = engine.softmax([
      [1, 3, 5, 7],
      [1, -9, 4, 8],
    ]);
    expect(p.map((row) => row.map((value) => value.toPrecision(9)))).toEqual([
      ['0.00214400878', '0.0158422012', '0.117058913', '0.864954877'],
      ['0.000894679461', '4.06183847e-8', '0.0179701173', '0.981135163'],
    ]);
  });
});

/** One in the last printed digit. */
function unitOf(printed: number): number {
  const [digits, exponent] = printed.toExponential().split('e');
  return 10 ** (Number(exponent) - Math.max(digits.length - 2, 0));
}
