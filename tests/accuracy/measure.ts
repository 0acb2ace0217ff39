// One build on one engine: node measure.mjs '{"binary": …}' prints the findings as JSON. run.mjs bundles and starts it.

import { readFileSync } from 'node:fs';
import {
  measureBackward,
  measureCrossEntropy,
  measureForward,
  measureLongest,
  measureProducts,
  measureSum,
} from './end-to-end.ts';
import {
  type ProbeMachine,
  sampleExp64,
  sampleLog1p,
  sampleMaxima,
  sampleScaledExp,
  sweepExp,
  sweepFar,
  sweepPairs,
} from './exp.ts';
import { openMachine } from './machine.ts';
import { createRecorder, type Finding } from './record.ts';
import { measureShift, type ShiftRow } from './shift.ts';

export interface Settings {
  /** Paths of the shipped binary and of the same kernels with the probe. */
  readonly binary: string;
  readonly probe: string;
  /** Every how many float32 the sweeps ask for: 1 is every one. */
  readonly stride: number;
  /** Entries per length and format. */
  readonly entries: { readonly float32: number; readonly float64: number };
  readonly seed: number;
  /** Rows of 2²⁴, float64 rows of 2²⁰. */
  readonly full: boolean;
}

export interface Measurement {
  readonly findings: Record<string, Finding>;
  readonly shift: readonly ShiftRow[];
}

const settings: Settings = JSON.parse(process.argv[2]);
const { seed, stride, entries, full } = settings;
const machine = openMachine(readFileSync(settings.binary));
const probe: ProbeMachine = openMachine(readFileSync(settings.probe));
const recorder = createRecorder();
const budget = { entries, longest: { float32: 1 << 20, float64: full ? 1 << 20 : 65537 }, seed };
const started = performance.now();

function step(name: string, run: () => void): void {
  process.stderr.write(`  ${name} …`);
  run();
  process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

const samples = full ? 4000 : 400;
step('exp, float32', () => sweepExp(probe, recorder, stride));
step('exp, float32, far', () => sweepFar(probe, recorder, seed, samples));
step('exp, float32, scaled', () => sampleScaledExp(probe, recorder, seed, samples));
step('exp, float64', () => sampleExp64(probe, recorder, seed, samples));
step('maxima', () => sampleMaxima(probe, recorder, seed, 100 * samples));
step('log1p', () => sampleLog1p(probe, recorder, seed, samples));
step('pairs', () => sweepPairs(machine, recorder, stride));
step('sum', () => measureSum(probe, recorder, seed, full ? 70 : 14));
step('forward, float32', () => measureForward(machine, recorder, 'float32', budget));
step('forward, float64', () => measureForward(machine, recorder, 'float64', budget));
step('backward, float32', () => measureBackward(machine, recorder, 'float32', budget));
step('backward, float64', () => measureBackward(machine, recorder, 'float64', budget));
for (const format of ['float32', 'float64'] as const) {
  step(`products, ${format}`, () => measureProducts(machine, recorder, format, budget));
  step(`cross-entropy, ${format}`, () => measureCrossEntropy(machine, recorder, format, budget));
}
if (full) step('softmax of 2²⁴', () => measureLongest(machine, recorder, seed));
let shift: ShiftRow[] = [];
step('shift', () => {
  shift = measureShift(machine, seed, entries.float32 * 4);
});
const measurement: Measurement = { findings: recorder.findings, shift };
process.stdout.write(
  JSON.stringify(measurement, (_, value) =>
    Number.isFinite(value) || typeof value !== 'number' ? value : String(value),
  ),
);
