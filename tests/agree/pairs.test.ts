// float64 pairs [0, x] whose log Σ = log(1 + e^x) lies between 0.35 and 0.7: there the logarithm itself shows, and with it what rounding
// takes from 1 + e^x, which alone would be an ulp.

import { assert, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { createRandom } from '../tools/inputs.ts';
import { logSumExpTruth } from '../tools/truth.ts';
import { ulpError } from '../tools/ulp.ts';

onEachBackend((_, create) => {
  test('log-sum-exp and log-softmax of float64 pairs', () => {
    const engine = create();
    const random = createRandom(9);
    for (let i = 0; i < 3000; i++) {
      const x = Float64Array.of(0, -0.88 * random.uniform());
      const { hi, lo, exponent } = logSumExpTruth(x);
      const actual = [engine.logSumExp(x)[0], -engine.logSoftmax(x)[0]];
      const errors = actual.map((y) => ulpError(y, hi[0], lo[0], 'float64', exponent[0]));
      if (Math.max(...errors) > 1.75) assert.fail(`[0, ${x[1]}]: ${errors.join(' and ')} ulp`);
    }
  });
});
