// Pearson's chi-square test, and the tail of its distribution: Q(k / 2, x / 2), the regularised upper incomplete gamma function, by the series DLMF 8.7.1 below
// a + 1 and by the continued fraction DLMF 8.9.2 above it, evaluated as Lentz does (Thompson & Barnett 1986).

const EPSILON = 2 ** -52;
const TINY = 1e-300;

/** log Γ(a) for a > 0: Stirling's series (DLMF 5.11.1) from 10 on, the recurrence below. */
export function logGamma(a: number): number {
  if (a < 10) return logGamma(a + 1) - Math.log(a);
  const z = 1 / (a * a);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / a;
  return (a - 0.5) * Math.log(a) - a + Math.log(2 * Math.PI) / 2 + series;
}

/** Γ(a, x) / Γ(a) for a > 0, x ≥ 0. */
export function gammaQ(a: number, x: number): number {
  if (x === 0) return 1;
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * EPSILON; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - factor * sum;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; ; n++) {
    const an = n * (a - n);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < EPSILON * 4) return factor * fraction;
  }
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

export interface Finding {
  readonly statistic: number;
  readonly degrees: number;
  /** The probability of a statistic as large or larger. */
  readonly p: number;
}

/** Cells that few draws are expected in are put together until this many are (Cochran 1954 asks for 5). */
const LEAST_EXPECTED = 10;

/** Counts against the probabilities of their cells, which sum to 1. A count in a cell of probability 0 makes p 0. */
export function chiSquare(counts: ArrayLike<number>, probabilities: ArrayLike<number>): Finding {
  const draws = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const cells = Array.from(probabilities, (p, i) => ({ expected: p * draws, count: counts[i] })).sort(
    (a, b) => b.expected - a.expected,
  );
  if (cells.some(({ expected, count }) => expected === 0 && count > 0))
    return { statistic: Infinity, degrees: 0, p: 0 };
  const pooled: { expected: number; count: number }[] = [];
  let open = { expected: 0, count: 0 };
  for (const { expected, count } of cells) {
    open.expected += expected;
    open.count += count;
    if (open.expected < LEAST_EXPECTED) continue;
    pooled.push(open);
    open = { expected: 0, count: 0 };
  }
  const last = pooled[pooled.length - 1];
  last.expected += open.expected;
  last.count += open.count;
  const statistic = pooled.reduce((sum, { expected, count }) => sum + (count - expected) ** 2 / expected, 0);
  const degrees = pooled.length - 1;
  return { statistic, degrees, p: degrees === 0 ? 1 : gammaQ(degrees / 2, statistic / 2) };
}
