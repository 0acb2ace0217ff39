// The exponential and the logarithm by themselves, over every float32 they can meet.
//
// The exponential: the probe returns e^x before it is multiplied by 1 / Σ, so nothing but its own error is measured. With |max| < 208 the
// kernel reduces x itself, and the maximum only sets the power of two of the result: so every x in [−312, 208] is asked once, each block of
// them beside a maximum it can stand beside. Below 2⁻²⁶ all x take the same way (n = 0, r = x, result 1), so those are sampled.

import { createRandom, fromBits32, toBits32 } from '../tools/inputs.ts';
import { addScaled, expScaled, ldexp, log1pScaled, logScaled, multiplyScaled, scaled } from '../tools/truth.ts';
import { ulpError, ulpOf } from '../tools/ulp.ts';
import { forward, type Machine, type Probe } from './machine.ts';
import { exactText, type Recorder } from './record.ts';

type Exports = Machine['exports'] & Probe;
export type ProbeMachine = Machine<Exports>;

const REACH = 103.97; // e^−103.973 = 2⁻¹⁵⁰, half the smallest subnormal: below that softmax is 0
const NEAR = 208;
const BLOCK = 1 << 18;
const LN2_SCALED = logScaled(scaled(2));

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);
const PER_UNIT = Float64Array.from({ length: 255 }, (_, field) => 2 ** (150 - Math.max(field, 1)));

/** As ulpError(actual, truth, 0, 'float32') for finite values, inline: what the sweeps spend their time in. */
function error32(actual: number, truth: number): number {
  word[0] = truth;
  const bits = wordBits[0] & 0x7fffffff;
  if ((bits & 0x7fffff) === 0) return ulpError(actual, truth, 0, 'float32');
  return Math.abs(actual - truth) * PER_UNIT[bits >>> 23];
}

/** Every `stride`-th float32 from `low` to `high` by bit pattern, both of one sign, in blocks that span at most half of REACH. */
function* blocks(low: number, high: number, stride: number, into: Float32Array): Generator<Float32Array> {
  const ends = [toBits32(low), toBits32(high)].sort((a, b) => a - b);
  let count = 0;
  let first = 0;
  for (let bits = ends[0]; bits <= ends[1]; bits += stride) {
    wordBits[0] = bits;
    const x = word[0];
    if (count === into.length || (count > 0 && Math.abs(x - first) > REACH / 2)) {
      yield into.subarray(0, count);
      count = 0;
    }
    if (count === 0) first = x;
    into[count++] = x;
  }
  if (count > 0) yield into.subarray(0, count);
}

/** Errors of e^x for `inputs` beside the maximum `max`, and of e^max. */
function measureExp(machine: ProbeMachine, recorder: Recorder, id: string, inputs: Float32Array, max: number): void {
  const length = inputs.length + 1;
  const [x, y] = machine.place('float32', length, length);
  x[0] = max;
  x.set(inputs, 1);
  machine.exports.probe_exp_f32(x.byteOffset, y.byteOffset, length, 1);
  const headroom = machine.exports.probe_headroom_f32();
  const isFar = Math.abs(max) >= NEAR;
  // y = headroom · e^x / 2^N; which N, the largest entry tells.
  const N = isFar ? 0 : Math.round((max - Math.log(y[0] / headroom)) / Math.LN2);
  const factor = headroom * 2 ** -N;
  const shift = isFar ? max : 0;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (x[i] - max < -REACH) continue; // where floats lie far apart, one rounded past the reach
    const error = error32(y[i], Math.exp(x[i] - shift) * factor);
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  recorder.note(id, worst, length, () => ({ x: exactText(x[at], 'float32'), max: exactText(max, 'float32') }));
}

const largestBelowNear = fromBits32(toBits32(NEAR) - 1);
const toFloat32 = Math.fround;

/** Every `stride`-th x. */
export function sweepExp(machine: ProbeMachine, recorder: Recorder, stride: number): void {
  const buffer = new Float32Array(BLOCK);
  let turn = 0;
  const sweep = (low: number, high: number, step: number) => {
    for (const inputs of blocks(low, high, step, buffer)) {
      const highest = Math.max(inputs[0], inputs[inputs.length - 1]);
      const lowest = Math.min(inputs[0], inputs[inputs.length - 1]);
      const top = Math.min(largestBelowNear, lowest + REACH);
      const bottom = Math.max(highest, -largestBelowNear);
      const max = toFloat32(bottom + ((top - bottom) * (turn++ % 4)) / 3);
      measureExp(machine, recorder, 'exp-f32', inputs, max);
    }
  };
  const tiny = 2 ** -26;
  sweep(tiny, largestBelowNear, stride);
  sweep(-largestBelowNear - REACH, -tiny, stride);
  sweep(2 ** -149, tiny, Math.max(stride, 4093));
  sweep(-tiny, -(2 ** -149), Math.max(stride, 4093));
}

/** Maxima that are subtracted: x − max is then exact, so what matters is every distance, at maxima of every size. */
export function sweepFar(machine: ProbeMachine, recorder: Recorder, seed: number, rows: number): void {
  const random = createRandom(seed);
  const inputs = new Float32Array(4096);
  for (let row = 0; row < rows; row++) {
    const sign = random.pick([1, -1]);
    const max = toFloat32(sign * NEAR * 2 ** random.below(row % 2 === 0 ? 4 : 100) * (1 + random.uniform()));
    for (let i = 0; i < inputs.length; i++) {
      inputs[i] = max - REACH * (random.below(2) === 0 ? random.uniform() : 2 ** -random.below(40));
    }
    measureExp(machine, recorder, 'exp-f32-far', inputs, max);
  }
}

/** With a scale: z = scale · (x − max) is formed in two parts, so any x, maximum and scale may come together. */
export function sampleScaledExp(machine: ProbeMachine, recorder: Recorder, seed: number, rows: number): void {
  const random = createRandom(seed);
  const length = 4096;
  const headroom = machine.exports.probe_headroom_f32();
  for (let row = 0; row < rows; row++) {
    const [x, y] = machine.place('float32', length, length);
    const scale =
      random.pick([1, -1]) * 2 ** (8 * random.uniform() - 4) * 10 ** (row % 4 === 0 ? random.below(9) - 4 : 0);
    const max = toFloat32(random.pick([0, 1, 100, 1e4, 1e6]) * random.normal());
    const sign = Math.sign(scale);
    x[0] = sign * max;
    for (let i = 1; i < length; i++) {
      const distance = (REACH / Math.abs(scale)) * (random.below(2) === 0 ? random.uniform() : 2 ** -random.below(40));
      x[i] = sign * (max - distance);
    }
    machine.exports.probe_exp_f32(x.byteOffset, y.byteOffset, length, scale);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < length; i++) {
      const z = scale * (x[i] - x[0]);
      if (z < -REACH) continue; // rounded away from max past the cut
      const error = error32(y[i], Math.exp(z) * headroom);
      if (!(error <= worst)) {
        worst = error;
        at = i;
      }
    }
    const bad = at;
    recorder.note('exp-f32-scaled', worst, length, () => ({
      x: exactText(x[bad], 'float32'),
      max: exactText(x[0], 'float32'),
      scale,
    }));
  }
}

/** float64: against double-double, near and far. */
export function sampleExp64(machine: ProbeMachine, recorder: Recorder, seed: number, rows: number): void {
  const random = createRandom(seed);
  const length = 1024;
  const headroom = machine.exports.probe_headroom_f64();
  for (let row = 0; row < rows; row++) {
    const [x, y] = machine.place('float64', length, length);
    const max = random.pick([0, 1, 100, 700, 1490, 1e5, 1e300]) * random.pick([1, -1]) * random.uniform();
    const isFar = Math.abs(max) >= 1492;
    x[0] = max;
    for (let i = 1; i < length; i++) {
      x[i] = max - 744 * (random.below(2) === 0 ? random.uniform() : 2 ** -random.below(80));
    }
    machine.exports.probe_exp_f64(x.byteOffset, y.byteOffset, length, 1);
    const N = isFar ? 0 : Math.round((max - Math.log(y[0] / headroom)) / Math.LN2);
    const shift = isFar ? scaled(-max) : multiplyScaled(scaled(-N), LN2_SCALED);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < length; i++) {
      const truth = multiplyScaled(expScaled(addScaled(scaled(x[i]), shift)), scaled(headroom));
      const error = ulpError(y[i], truth.hi, truth.lo, 'float64', truth.exponent);
      if (!(error <= worst)) {
        worst = error;
        at = i;
      }
    }
    recorder.note('exp-f64', worst, length, () => ({ x: x[at], max }));
  }
}

/** e^max of rows whose maximum is not subtracted, with what its rounding took from it: the sums of peaked rows are corrected by that. */
export function sampleMaxima(machine: ProbeMachine, recorder: Recorder, seed: number, count: number): void {
  const random = createRandom(seed);
  const formats = [
    {
      format: 'float32',
      near: NEAR,
      of: machine.exports.probe_max_f32,
      headroom: machine.exports.probe_headroom_f32(),
    },
    {
      format: 'float64',
      near: 1492,
      of: machine.exports.probe_max_f64,
      headroom: machine.exports.probe_headroom_f64(),
    },
  ] as const;
  for (const { format, near, of, headroom } of formats) {
    const [pair] = machine.place('float64', 2);
    for (let i = 0; i < count; i++) {
      const any = near * (2 * random.uniform() - 1) * random.pick([1, 1, 0.1, 1e-3]);
      const max = format === 'float32' ? toFloat32(any) : any;
      of(max, pair.byteOffset);
      const [rounded, error] = pair;
      const N = Math.round((max - Math.log(rounded / headroom)) / Math.LN2);
      const shifted = addScaled(scaled(max), multiplyScaled(scaled(-N), LN2_SCALED));
      const truth = multiplyScaled(expScaled(shifted), scaled(headroom));
      // Beside what is left of the truth, in the unit of the rounded.
      const left = addScaled(truth, scaled(-rounded, -error));
      const wrong = Math.abs(ldexp(left.hi, left.exponent)) / ulpOf(rounded, format);
      recorder.note(`max-${format === 'float32' ? 'f32' : 'f64'}`, wrong, 1, () => ({ max: exactText(max, format) }));
    }
  }
}

/** log(1 + t) for the sums a row can have: t from 2⁻¹⁰⁷⁴ to 2³⁰, most of it where the ways of computing it meet. */
export function sampleLog1p(machine: ProbeMachine, recorder: Recorder, seed: number, rows: number): void {
  const random = createRandom(seed);
  const length = 1024;
  for (let row = 0; row < rows; row++) {
    const [values] = machine.place('float64', length);
    for (let i = 0; i < length; i++) {
      const exponent = row % 4 === 0 ? random.below(1105) - 1074 : random.below(64) - 33;
      values[i] = (1 + random.uniform()) * 2 ** exponent;
    }
    const inputs = values.slice();
    machine.exports.probe_log1p(values.byteOffset, length);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < length; i++) {
      const truth = log1pScaled(scaled(inputs[i]));
      const error = ulpError(values[i], truth.hi, truth.lo, 'float64', truth.exponent);
      if (!(error <= worst)) {
        worst = error;
        at = i;
      }
    }
    recorder.note('log1p-f64', worst, length, () => ({ t: inputs[at] }));
  }
}

/** Log-sum-exp and log-softmax of every `stride`-th pair [0, x]: log1p(e^x) over its whole range, −log1p(e^x) and x − log1p(e^x). */
export function sweepPairs(machine: Machine, recorder: Recorder, stride: number): void {
  const buffer = new Float32Array(4096);
  for (const inputs of blocks(-104, -(2 ** -26), stride, buffer)) {
    const pairs = inputs.length;
    const [x, y] = machine.place('float32', 2 * pairs, 2 * pairs);
    x.fill(0);
    for (let i = 0; i < pairs; i++) x[2 * i + 1] = inputs[i];
    const truths = Float64Array.from(inputs, (value) => Math.log1p(Math.exp(value)));
    const measure = (id: string, count: number, errorAt: (index: number) => number) => {
      let worst = 0;
      let at = 0;
      for (let i = 0; i < pairs; i++) {
        const error = errorAt(i);
        if (!(error <= worst)) {
          worst = error;
          at = i;
        }
      }
      recorder.note(id, worst, count, () => ({ x: exactText(inputs[at], 'float32') }));
    };
    forward(machine, 'log_sum_exp', x, y, [pairs, 2, 1], 1);
    measure('log_sum_exp-f32-pair', pairs, (i) => error32(y[i], truths[i]));
    forward(machine, 'log_softmax', x, y, [pairs, 2, 1], 1);
    measure('log_softmax-f32-pair', 2 * pairs, (i) =>
      Math.max(error32(y[2 * i], -truths[i]), error32(y[2 * i + 1], inputs[i] - truths[i])),
    );
  }
}
