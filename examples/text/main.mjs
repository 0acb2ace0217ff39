// Trains a character model on a text, draws texts from it at several temperatures, with and without top-p, and writes a report with
// pictures. `npm run example:text -- --help` shows the options.

import { performance } from 'node:perf_hooks';
import { createEngineSync } from 'softmax-simd';
import { main, writeReport } from '../shared/options.mjs';
import { createProgress } from '../shared/progress.mjs';
import { readText } from './data.mjs';
import { drawHistograms } from './draws.mjs';
import { generate } from './generate.mjs';
import { train } from './model.mjs';
import { HELP, parseOptions } from './options.mjs';

const WANTED_BITS = 2.5;
const TEMPERATURES = [0.1, 0.5, 1, 2];
const TOP_P = 0.9;

await main('text', HELP, parseOptions, run);

async function run({ epochs, length, seed, report }) {
  // The SIMD backend gives the same bits on every engine and processor, the rest of the training only adds, multiplies, divides and
  // takes square roots: the same seed gives the same text everywhere.
  const engine = createEngineSync({ backend: 'simd' });
  const text = readText();
  const { characters, ids, split } = text;
  console.log(
    `Character model: ${split} characters to train on, ${ids.length - split} held out, ${characters.length} distinct`,
  );
  console.log(`Backend ${engine.backend}, Node ${process.versions.node}, seed ${seed}\n`);

  const training = trainWithProgress(engine, text, epochs, seed);
  const { heldOutBits, trainBits } = training.history.at(-1);
  const references = { uniform: Math.log2(characters.length), frequencies: bitsByFrequency(text) };
  console.log(`
Held out       ${heldOutBits.toFixed(3)} bits per character; by the characters' frequencies alone ${references.frequencies.toFixed(3)}
Training       ${trainBits.toFixed(3)} bits per character, ${training.model.rows.size} contexts
Time           ${training.seconds.toFixed(2)} s of training, epochs: ${epochs}`);

  const texts = TEMPERATURES.flatMap((temperature) =>
    [undefined, TOP_P].map((topP) => generate(engine, training.model, characters, { temperature, topP, seed, length })),
  );
  for (const { temperature, topP, text: drawn, bits } of texts) {
    const filter = topP === undefined ? '' : `, top-p ${topP}`;
    console.log(`\n--- T = ${temperature}${filter}: ${bits.toFixed(2)} bits per character\n${drawn}`);
  }

  if (report !== undefined) {
    const { renderReport } = await import('./report.mjs');
    const histograms = drawHistograms(engine, seed);
    writeReport(report, renderReport({ seed, text, training, references, texts, histograms }));
    console.log(`\nReport         ${report}`);
  }
  if (!(heldOutBits <= WANTED_BITS)) {
    console.error(
      `text: held out are ${heldOutBits.toFixed(3)} bits per character; wanted are ${WANTED_BITS} or less.`,
    );
    process.exitCode = 1;
  }
}

/** Trains, and keeps the losses after every epoch. */
function trainWithProgress(engine, text, epochs, seed) {
  const history = [];
  const progress = createProgress(epochs);
  const start = performance.now();
  const model = train(engine, text, {
    epochs,
    seed,
    onEpoch(epoch, trainBits, heldOutBits) {
      history.push({ epoch, trainBits, heldOutBits });
      progress.update(
        epoch,
        `bits per character ${trainBits.toFixed(3)} in training, ${heldOutBits.toFixed(3)} held out`,
      );
    },
  });
  const seconds = (performance.now() - start) / 1000;
  progress.stop();
  return { model, history, seconds };
}

/** What the held-out characters cost by their frequencies in training, each counted once more, so that none is 0. */
function bitsByFrequency({ characters, ids, split }) {
  const counts = new Float64Array(characters.length).fill(1);
  for (const id of ids.subarray(0, split)) counts[id]++;
  const total = split + characters.length;
  const bits = Array.from(ids.subarray(split), (id) => -Math.log2(counts[id] / total));
  return bits.reduce((sum, value) => sum + value) / bits.length;
}
