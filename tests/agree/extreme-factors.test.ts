// Temperatures and gradients that leave float32 beside what a kernel multiplies them by: the results are those of float64, rounded.

import { expect, test } from 'vitest';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';

const x = Float32Array.of(1, 2, 3);
const shape = [1, 3];
const large = x.map((value) => value * 1e15);

onEachBackend((_, create) => {
  const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
    expect(actual.length).toBe(expected.length);
    const largest = Math.max(...Array.from(expected, Math.abs).filter(Number.isFinite));
    for (let i = 0; i < expected.length; i++) {
      if (Object.is(actual[i], expected[i])) continue;
      const error = Math.abs(actual[i] - expected[i]); // terms may cancel
      expect(error, `${actual[i]}, not ${expected[i]}`).toBeLessThanOrEqual(1e-5 * largest);
    }
  };
  const s = reference.softmax(x);
  const l = reference.logSoftmax(x);

  test.each([1e-60, 1e-20, 1e20, 1e23, 1e60])('temperature %f', (temperature) => {
    const engine = create();
    const options = { temperature };
    close(engine.softmaxBackward(x, s, options), reference.softmaxBackward(x, s, options));
    close(engine.logSoftmaxBackward(x, l, options), reference.logSoftmaxBackward(x, l, options));
    close(engine.logSoftmaxJvp(x, l, options), reference.logSoftmaxJvp(x, l, options));
    close(engine.softmaxHvp(large, s, large, options), reference.softmaxHvp(large, s, large, options));
    close(engine.logSoftmaxHvp(large, l, large, options), reference.logSoftmaxHvp(large, l, large, options));
    const both = engine.crossEntropyWithGradient(x, [1], { shape, temperature });
    close(both.gradient, reference.crossEntropyWithGradient(x, [1], { shape, temperature }).gradient);
    close(
      engine.crossEntropyHvp(x, large, { shape, temperature }),
      reference.crossEntropyHvp(x, large, { shape, temperature }),
    );
  });

  test('a low temperature brings back the digits of a probability below the smallest normal number', () => {
    for (const probability of [1.2e-41, 1.4e-43]) {
      const s = Float32Array.of(probability, 9e-7, 1);
      const [g, v] = [Float32Array.of(-1, 1, 1), Float32Array.of(-0.3, 0, 0)];
      const [actual] = create().softmaxHvp(g, s, v, { temperature: 1e-3 });
      const [expected] = reference.softmaxHvp(g, s, v, { temperature: 1e-3 });
      expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-6);
    }
  });

  test.each([1e-30, 1e30])('a gradient of %f for one row among others', (size) => {
    const logits = Float32Array.of(...x, ...x);
    const options = { shape: [2, 3], reduction: 'none', gradOutput: Float32Array.of(size, 1) } as const;
    const { gradient } = create().crossEntropyWithGradient(logits, [1, 2], options);
    close(gradient, reference.crossEntropyWithGradient(logits, [1, 2], options).gradient);
  });

  test('the square of a temperature that leaves float64: 0 stays 0', () => {
    const wide = Float64Array.from(x);
    const product = create().crossEntropyHvp(wide, wide, { shape, temperature: 1e-160 });
    expect(Array.from(product)).toEqual([0, 0, 0]);
  });

  test('an infinite tangent keeps its infinities', () => {
    for (const make of [Float32Array, Float64Array]) {
      const product = create().softmaxBackward(make.of(0, Infinity, 0), make.of(0.25, 0.25, 0.5));
      expect(Array.from(product)).toEqual([-Infinity, NaN, -Infinity]);
    }
  });

  test('an ignored row has gradient 0, whatever its gradOutput', () => {
    const options = { shape: [1, 3], reduction: 'none', gradOutput: Float32Array.of(NaN) } as const;
    expect(Array.from(create().crossEntropyWithGradient(x, [-100], options).gradient)).toEqual([0, 0, 0]);
  });

  test('a Jacobian of one NaN is NaN; the product with no direction is 0, not -0', () => {
    const engine = create();
    expect(engine.logSoftmaxJacobian(Float32Array.of(NaN))[0]).toBeNaN();
    expect(Array.from(engine.logSoftmaxJvp(x, l, { temperature: Infinity }))).toEqual([0, 0, 0]);
  });
});

test('gradCheck steps further at large entries', () => {
  const check = { forward: (z: Float64Array) => 3 * z[0], backward: () => [3], input: [1e12] };
  expect(reference.gradCheck(check).passed).toBe(true);
});

test('gradCheck does not pass what is infinite', () => {
  const check = { forward: (z: Float64Array) => z[0] ** 2, backward: () => [Infinity], input: [1] };
  expect(reference.gradCheck(check).passed).toBe(false);
});
