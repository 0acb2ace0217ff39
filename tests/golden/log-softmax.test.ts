// Numbers that others have published, on every backend.

import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { formats } from '../tools/operations.ts';
import { ulpError } from '../tools/ulp.ts';

onEachBackend((_, create) => {
  const engine = create();

  // 1, 2, 3 and a gradient of ones: the example by which implementers check a log-softmax against PyTorch. To 17 digits with mpmath:
  //   python3 -c "from mpmath import *; mp.dps = 40; l = [x - log(sum(exp(y) for y in [1, 2, 3])) for x in [1, 2, 3]];
  //     print(l, [1 - 3 * exp(v) for v in l])"
  describe.each(formats)('%s: log-softmax of 1, 2, 3', (format) => {
    const array = (values: number[]) => (format === 'float32' ? Float32Array.from(values) : Float64Array.from(values));
    const output = engine.logSoftmax(array([1, 2, 3]));

    test('forward', () => {
      [-2.4076061, -1.4076061, -0.40760612].forEach((printed, i) => {
        expect(Math.abs(output[i] - printed)).toBeLessThan(2 ** -22); // printed from a float32
      });
      [-2.40760596444438, -1.4076059644443804, -0.4076059644443803].forEach((exact, i) => {
        expect(ulpError(output[i], exact, 0, format)).toBeLessThanOrEqual(2);
      });
    });

    test('backward: the sum of the gradient belongs in it', () => {
      const gradient = engine.logSoftmaxBackward(array([1, 1, 1]), output);
      [0.7299, 0.2658, -0.9957].forEach((printed, i) => {
        expect(Math.abs(gradient[i] - printed)).toBeLessThan(5e-5);
      });
      [0.7299082804888586, 0.26581458683560705, -0.9957228673244657].forEach((exact, i) => {
        // an output that is rounded moves e^output by as many roundings as it is large: 3 · 0.67 · 0.41 at most
        expect(ulpError(gradient[i], exact, 0, format, 0, 1)).toBeLessThanOrEqual(4);
      });
      // g · (1 − e^output), which forgets that every output depends on every input
      [0.90996945, 0.75527155, 0.33475912].forEach((wrong, i) => {
        expect(Math.abs(gradient[i] - wrong)).toBeGreaterThan(0.1);
      });
    });
  });
});
