// The truths of derivatives and losses against Decimal.js at 60 digits.

import { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';
import { createRandom, normalRow } from '../tools/inputs.ts';
import {
  crossEntropyTruth,
  exponentOf,
  ldexp,
  logSoftmaxHvpTruth,
  logSoftmaxJacobianTruth,
  logSoftmaxJvpTruth,
  logSoftmaxTruth,
  softmaxBackwardTruth,
  softmaxHessianTruth,
  softmaxHvpTruth,
  softmaxJacobianTruth,
  softmaxTruth,
  type Truth,
} from '../tools/truth.ts';

const Exact = Decimal.clone({ precision: 60, toExpNeg: -9e15, toExpPos: 9e15, minE: -9e15, maxE: 9e15 });
// For the conversion of a float64, which may need 1075 digits.
const Long = Decimal.clone({ precision: 1200, minE: -9e15, maxE: 9e15 });

/** Decimal.js reads a number through its shortest decimal form; this is the number itself, to 60 digits. */
function exact(x: number): Decimal {
  if (x === 0 || !Number.isFinite(x)) return new Exact(x);
  const exponent = exponentOf(x) - 52;
  return new Exact(new Long(ldexp(x, -exponent)).times(new Long(2).pow(exponent)));
}
const at = ({ hi, lo, exponent }: Truth, i: number) => exact(hi[i]).plus(exact(lo[i])).times(exact(2).pow(exponent[i]));
const sum = (length: number, term: (i: number) => Decimal) =>
  Array.from({ length }, (_, i) => term(i)).reduce((total, value) => total.plus(value), exact(0));

/** Every value within 2⁻⁸⁸ of `size`. */
function expectExact(truth: Truth, expected: (i: number) => Decimal, size = 1): void {
  const allowed = exact(2).pow(-88).times(size);
  for (let i = 0; i < truth.hi.length; i++) {
    const error = at(truth, i).minus(expected(i)).abs();
    expect(error.lte(allowed), `[${i}]: ${at(truth, i)}, not ${expected(i)}`).toBe(true);
  }
}

const random = createRandom(7);
const K = 9;
const rows = [
  normalRow(random, 'float64', { length: K, spread: 2 }),
  normalRow(random, 'float64', { length: K, gap: 40 }),
  normalRow(random, 'float64', { length: K, masked: 0.4 }),
];
const [g, v] = [1, 2].map(() => normalRow(random, 'float64', { length: K }));
const scale = -0.7;

describe.each(rows.map((row) => [row] as const))('of the row %s', (row) => {
  const s = Float64Array.from(softmaxTruth(row).hi);
  const l = Float64Array.from(logSoftmaxTruth(row).hi);
  const S = Array.from(s, exact);
  const E = Array.from(l, (x) => (x === -Infinity ? exact(0) : exact(x).exp()));
  const [G, V] = [g, v].map((values) => Array.from(values, exact));
  const factor = exact(scale);
  const delta = (i: number, j: number) => exact(i === j ? 1 : 0);

  test('jvp of softmax, which is its backward, and of log-softmax', () => {
    const a = sum(K, (i) => S[i].times(V[i]));
    expectExact(softmaxBackwardTruth(v, s, scale), (i) => factor.times(S[i]).times(V[i].minus(a)));
    const mean = sum(K, (i) => E[i].times(V[i]));
    const truth = logSoftmaxJvpTruth(v, l, scale);
    expectExact(truth, (i) => (l[i] === -Infinity ? exact(0) : factor.times(V[i].minus(mean))));
  });

  test('hvp', () => {
    const a = sum(K, (i) => S[i].times(V[i]));
    const b = sum(K, (i) => S[i].times(G[i]));
    const c = sum(K, (i) => S[i].times(G[i].minus(b)).times(V[i].minus(a)));
    const square = factor.times(factor);
    expectExact(softmaxHvpTruth(g, s, v, scale), (i) =>
      square.times(S[i]).times(G[i].minus(b).times(V[i].minus(a)).minus(c)),
    );
    const total = sum(K, (i) => G[i]);
    const mean = sum(K, (i) => E[i].times(V[i]));
    expectExact(logSoftmaxHvpTruth(g, l, v, scale), (i) =>
      square.negated().times(total).times(E[i]).times(V[i].minus(mean)),
    );
  });

  test('Jacobians and Hessian', () => {
    expectExact(softmaxJacobianTruth(s), (at) => {
      const [i, j] = [Math.floor(at / K), at % K];
      return S[i].times(delta(i, j).minus(S[j]));
    });
    expectExact(logSoftmaxJacobianTruth(l), (at) => delta(Math.floor(at / K), at % K).minus(E[at % K]));
    expectExact(softmaxHessianTruth(s), (at) => {
      const [m, i, j] = [Math.floor(at / K / K), Math.floor(at / K) % K, at % K];
      const product = delta(m, i).minus(S[i]).times(delta(m, j).minus(S[j]));
      return S[m].times(product.minus(S[i].times(delta(i, j).minus(S[j]))));
    });
  });

  test.each([0, row.indexOf(Math.max(...row))])('cross-entropy of the label %i and of targets', (label) => {
    if (row[label] === -Infinity) return expect(crossEntropyTruth(row, { label }).loss.hi[0]).toBe(Infinity);
    const targets = Array.from(row, (x, i) => (x === -Infinity ? 0 : [0, 0.1, 0.4][i % 3]));
    const [coefficient, multiple] = [0.75, 0.5];
    const { loss, gradient } = crossEntropyTruth(row, { label, coefficient, targets, factor: 3, scale: multiple });
    const exps = Array.from(row, (x) => (x === -Infinity ? exact(0) : exact(x).times(multiple).exp()));
    const p = exps.map((e) => e.div(sum(K, (i) => exps[i])));
    const weight = (i: number) => exact(targets[i]).plus(i === label ? coefficient : 0);
    expectExact(loss, () => sum(K, (i) => (weight(i).isZero() ? exact(0) : weight(i).times(p[i].ln()).negated())), 100);
    const mass = sum(K, weight);
    expectExact(gradient, (i) => mass.times(p[i]).minus(weight(i)).times(3), 10);
  });
});

test('what a confident right answer leaves keeps its digits', () => {
  const { loss, gradient, term } = crossEntropyTruth([30, 0], { label: 0 });
  const others = exact(-30).exp();
  expect(at(loss, 0).div(others.plus(1).ln()).minus(1).abs().toNumber()).toBeLessThan(2 ** -90);
  const rest = others.div(others.plus(1));
  expect(at(gradient, 0).div(rest).plus(1).abs().toNumber()).toBeLessThan(2 ** -90);
  expect(term).toBeCloseTo(9.3576e-14, 18);
});

test('special values', () => {
  const { loss, gradient } = crossEntropyTruth([1, Number.NaN], { label: 0 });
  expect([loss.hi[0], ...gradient.hi]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  const masked = crossEntropyTruth([0, -Infinity, 0], { label: 1 });
  expect([masked.loss.hi[0], ...masked.gradient.hi]).toEqual([Infinity, 0.5, 0, 0.5]);
  const nothing = crossEntropyTruth([0, -Infinity], { label: 0, targets: [0, 0] });
  expect([nothing.loss.hi[0], ...nothing.gradient.hi]).toEqual([0, 0, 0]);
  expect([...softmaxHvpTruth([1, 2], [0.5, Number.NaN], [1, 1]).hi]).toEqual([Number.NaN, Number.NaN]);
  expect([...logSoftmaxJvpTruth([1, 2], [0, -Infinity]).hi]).toEqual([0, 0]);
  expect([...softmaxJacobianTruth([1, 0]).hi]).toEqual([0, 0, 0, 0]);
});
