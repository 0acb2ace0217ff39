import fc from 'fast-check';
import { assert, describe, expect, test } from 'vitest';
import { philox, Uniforms } from '../../src/reference/random.ts';
import { philoxExactly, uniformsExactly, type Words } from '../tools/philox.ts';

const RUNS = { numRuns: 2000 };
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function run(counter: readonly number[], key: readonly number[]): number[] {
  const words = Int32Array.from(counter);
  philox(words, key[0] | 0, key[1] | 0);
  return [...new Uint32Array(words.buffer)];
}

const exactly = (counter: readonly number[], key: readonly number[]): number[] => {
  const [low, high] = key.map(BigInt);
  return philoxExactly(counter.map(BigInt) as unknown as Words, [low, high]).map(Number);
};

// kat_vectors of Random123 1.14.0, philox4x32 with 10 rounds: counter, key, result
const vectors = [
  '00000000 00000000 00000000 00000000  00000000 00000000  6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  'ffffffff ffffffff ffffffff ffffffff  ffffffff ffffffff  408f276d 41c83b0e a20bc7c6 6d5451fd',
  '243f6a88 85a308d3 13198a2e 03707344  a4093822 299f31d0  d16cfe09 94fdcceb 5001e420 24126ea1',
].map((line) => line.split(/ +/).map((hex) => Number.parseInt(hex, 16)));

describe('Philox4x32-10', () => {
  test.each(vectors)('the published vector of counter %i %i %i %i', (...numbers) => {
    const [counter, key, result] = [numbers.slice(0, 4), numbers.slice(4, 6), numbers.slice(6)];
    expect(run(counter, key)).toEqual(result);
    expect(exactly(counter, key)).toEqual(result);
  });

  test('is what the paper writes, for any counter and key', () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(run(counter, key)).toEqual(exactly(counter, key));
      }),
      RUNS,
    );
  });
});

describe('uniform numbers', () => {
  const at = (seed: number, row: number, draw: number): bigint[] => {
    const uniforms = new Uniforms(seed);
    uniforms.seek(row, draw);
    return [uniforms.first, uniforms.second].map((u) => BigInt(u * 2 ** 53)); // not a whole number: an error
  };

  test('are the documented bits of seed, row and draw', () => {
    const any53 = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.maxSafeNat());
    fc.assert(
      fc.property(any53, fc.oneof(fc.nat({ max: 100 }), word), any53, (seed, row, draw) => {
        expect(at(seed, row, draw)).toEqual(uniformsExactly(seed, row, draw));
      }),
      RUNS,
    );
  });

  test('of seeds and draws that differ in one bit, also above 2^32, are others', () => {
    const seen = new Set<string>();
    const powers = [0, ...Array.from({ length: 53 }, (_, bit) => 2 ** bit)];
    for (const power of powers) seen.add(at(power, 0, 0).join()).add(at(0, 0, power).join());
    for (const power of powers.slice(1, 33)) seen.add(at(0, power, 0).join());
    expect(seen.size).toBe(1 + 53 + 53 + 32);
  });

  test('have every bit set in half of the draws', () => {
    const uniforms = new Uniforms(1);
    const counts = new Array(106).fill(0);
    const draws = 4000;
    for (let draw = 0; draw < draws; draw++) {
      uniforms.seek(0, draw);
      for (const [word, u] of [uniforms.first, uniforms.second].entries()) {
        let rest = u;
        for (let bit = 0; bit < 53; bit++) {
          rest *= 2;
          if (rest < 1) continue;
          counts[word * 53 + bit]++;
          rest--;
        }
        if (rest !== 0) assert.fail(`${u} is no multiple of 2^-53 in [0, 1)`);
      }
    }
    const deviation = Math.sqrt(draws) / 2;
    for (const count of counts) expect(Math.abs(count - draws / 2)).toBeLessThan(4 * deviation);
  });

  test('do not depend on what was sought before', () => {
    const uniforms = new Uniforms(2 ** 40 + 7);
    uniforms.seek(3, 9);
    const before = [uniforms.first, uniforms.second];
    uniforms.seek(9, 3);
    expect([uniforms.first, uniforms.second]).not.toEqual(before);
    uniforms.seek(3, 9);
    expect([uniforms.first, uniforms.second]).toEqual(before);
  });
});
