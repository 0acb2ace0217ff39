// Checks the gradients, trains softmax regression on real handwritten digits, checks the WebAssembly softmax against the plain
// JavaScript reference on the trained model, and writes a report with pictures. `npm start -- --help` shows the options.

import { performance } from 'node:perf_hooks';
import { getDefaultEngine } from 'softmax-simd';
import { main, writeReport } from '../shared/options.mjs';
import { createProgress } from '../shared/progress.mjs';
import { compare } from './compare.mjs';
import { CLASSES, readDigits } from './data.mjs';
import { checkGradients } from './gradients.mjs';
import { computeLogits, countCorrect, meanLoss, predict, train } from './model.mjs';
import { HELP, parseOptions } from './options.mjs';

const TRAIN_ROWS = 1437;
const WANTED_ACCURACY = 0.9; // scikit-learn's LogisticRegression reaches 0.903 to 0.908 for C from 1 to 10

await main('digits', HELP, parseOptions, run);

async function run({ epochs, seed, report }) {
  const digits = readDigits(TRAIN_ROWS);
  const engine = getDefaultEngine();
  console.log(`Softmax regression: ${digits.train.rows} digits to train on, ${digits.test.rows} to test on`);
  console.log(`Backend ${engine.backend}, Node ${process.versions.node}, seed ${seed}`);

  const gradients = checkGradients(digits.train);
  const { entries, maxAbsError, maxRelError, worstIndex } = gradients;
  console.log(
    `Gradients      ${entries} entries against central differences: at most ${maxRelError.toExponential(1)} of the largest apart\n`,
  );
  if (!gradients.passed) {
    fail(`gradient ${worstIndex} is wrong by ${maxAbsError.toExponential(1)}; allowed is what rounding explains.`);
    return;
  }

  const training = trainWithProgress(digits, epochs, seed);
  const test = evaluate(training.model, digits.test);
  const logits = computeLogits(training.model, digits.all);
  const comparison = compare(engine, logits, [digits.all.rows, CLASSES]);
  const results = { seed, trainRows: TRAIN_ROWS, wantedAccuracy: WANTED_ACCURACY, training, test, comparison };
  printSummary(results);

  if (report !== undefined) {
    const { renderReport } = await import('./report.mjs');
    writeReport(report, renderReport(results));
    console.log(`Report         ${report}`);
  }

  if (test.accuracy < WANTED_ACCURACY) {
    fail(`test accuracy is ${test.accuracy.toFixed(4)}; wanted is ${WANTED_ACCURACY.toFixed(2)} or more.`);
  }
  if (!comparison.agrees) {
    fail(`${engine.backend} and reference differ by ${comparison.worstUlp} ulp; allowed are ${comparison.allowedUlp}.`);
  }
}

/** Trains, and keeps the loss on the training rows and the accuracy on the test rows after every epoch. */
function trainWithProgress(digits, epochs, seed) {
  const history = [];
  const progress = createProgress(epochs);
  const start = performance.now();
  const model = train(digits.train, {
    epochs,
    seed,
    onEpoch(epoch, current) {
      const trainLoss = meanLoss(computeLogits(current, digits.train), digits.train.labels);
      const testAccuracy = evaluate(current, digits.test).accuracy;
      history.push({ epoch, trainLoss, testAccuracy });
      progress.update(epoch, `loss ${trainLoss.toFixed(4)}, test accuracy ${testAccuracy.toFixed(4)}`);
    },
  });
  const seconds = (performance.now() - start) / 1000;
  progress.stop();
  return { model, history, seconds };
}

function evaluate(model, digits) {
  const logits = computeLogits(model, digits);
  const predictions = predict(logits);
  const correct = countCorrect(predictions, digits.labels);
  return {
    digits,
    logits,
    predictions,
    correct,
    loss: meanLoss(logits, digits.labels),
    accuracy: correct / digits.rows,
  };
}

function printSummary({ training, test, comparison }) {
  const { backend, worstAbsolute, worstUlp, engineNs, referenceNs, ratio } = comparison;
  const { trainLoss, epoch: epochs } = training.history.at(-1);
  console.log(`
Test accuracy  ${test.accuracy.toFixed(4)} (${test.correct} of ${test.digits.rows})
Loss           ${trainLoss.toFixed(4)} train, ${test.loss.toFixed(4)} test
Time           ${training.seconds.toFixed(2)} s of training, epochs: ${epochs}
Agreement      ${backend} against reference: at most ${worstAbsolute.toExponential(1)} apart, ${worstUlp.toFixed(2)} ulp
Speed          ${backend} ${engineNs.toFixed(1)} ns, reference ${referenceNs.toFixed(1)} ns per element: ${ratio.toFixed(1)} times as fast`);
}

function fail(message) {
  console.error(`digits: ${message}`);
  process.exitCode = 1;
}
