// What the usual float32 form, e^(x − max), loses to its subtraction alone: the rest of it is computed here with a correctly rounded
// exponential and a float64 sum, which no library has.

import { createRandom, normalRow } from '../tools/inputs.ts';
import { softmaxTruth } from '../tools/truth.ts';
import { worst } from '../tools/ulp.ts';
import { forward, type Machine } from './machine.ts';

export interface ShiftRow {
  readonly logits: string;
  readonly rounded: number;
  ours: number;
}

const CASES = [
  { length: 1000, offset: 0, spread: 2 },
  { length: 151936, offset: 0, spread: 3 },
  { length: 4096, offset: 0, spread: 6 },
  { length: 4096, offset: 0, spread: 30 },
  { length: 4096, offset: 1000, spread: 20 },
];

/** softmax with x − max rounded to float32, everything after it as good as can be. */
function roundedShift(row: Float32Array): Float32Array {
  const max = row.reduce((a, b) => Math.max(a, b));
  const e = row.map((x) => Math.exp(Math.fround(x - max)));
  let sum = 0;
  for (const value of e) sum += value;
  return e.map((value) => value / sum);
}

export function measureShift(machine: Machine, seed: number, entries: number): ShiftRow[] {
  return CASES.map(({ length, offset, spread }) => {
    const random = createRandom(seed);
    let rounded = 0;
    let ours = 0;
    for (let left = Math.max(entries, length); left >= length; left -= length) {
      const row = normalRow(random, 'float32', { length, offset, spread });
      const truth = softmaxTruth(row);
      const [x, y] = machine.place('float32', length, length);
      x.set(row);
      forward(machine, 'softmax', x, y, [1, length, 1], 1);
      ours = Math.max(ours, worst(y, truth).ulp);
      rounded = Math.max(rounded, worst(roundedShift(row), truth).ulp);
    }
    const mean = offset === 0 ? '' : `${offset} + `;
    return { logits: `K = ${length}, ${mean}N(0, ${spread})`, rounded, ours };
  });
}
