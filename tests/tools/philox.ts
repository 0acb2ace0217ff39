// Philox4x32-10 as its paper writes it, in whole numbers of any size, and the uniform numbers as src/reference/random.ts documents them: written without that code.

const WORD = 2n ** 32n;

export type Words = readonly [bigint, bigint, bigint, bigint];

/** Salmon, Moraes, Dror & Shaw, SC 2011, section 4.3: ten rounds, the key raised before each but the first. */
export function philoxExactly(counter: Words, key: readonly [bigint, bigint]): Words {
  let [r0, l0, r1, l1] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    if (round > 0) {
      k0 = (k0 + 0x9e3779b9n) % WORD;
      k1 = (k1 + 0xbb67ae85n) % WORD;
    }
    const first = r0 * 0xd2511f53n;
    const second = r1 * 0xcd9e8d57n;
    [r0, l0, r1, l1] = [(second / WORD) ^ l0 ^ k0, second % WORD, (first / WORD) ^ l1 ^ k1, first % WORD];
  }
  return [r0, l0, r1, l1];
}

/** The two numbers of a draw, as multiples of 2⁻⁵³. */
export function uniformsExactly(seed: number, row: number, draw: number): [bigint, bigint] {
  const split = (x: number): [bigint, bigint] => [BigInt(x) % WORD, BigInt(x) / WORD];
  const [w0, w1, w2, w3] = philoxExactly([...split(draw), BigInt(row), 0n], split(seed));
  return [(w0 >> 5n) * 2n ** 26n + (w1 >> 6n), (w2 >> 5n) * 2n ** 26n + (w3 >> 6n)];
}
