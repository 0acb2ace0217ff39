import { cpus } from 'node:os';
import { softmax, softmaxJacobian } from 'softmax-simd';
import { countEpochs, escapeHtml, percent, picture, renderPage, tile } from '../shared/report.mjs';
import { confusionMatrix, digitImage, jacobianMap, learningCurve, probabilityBars } from './charts.mjs';
import { CLASSES, PIXELS } from './data.mjs';
import { SETTINGS } from './model.mjs';

const TEMPERATURES = [0.1, 0.5, 1, 10];
const PER_GROUP = 2;

/**
 * @param {object} results  as put together in main.mjs
 * @returns {string} the page
 */
export function renderReport(results) {
  return renderPage({
    title: 'Handwritten digits by softmax regression',
    style: STYLE,
    body: `${renderHead(results)}
<div class="pair">
${renderLearning(results)}
${renderConfusion(results)}
</div>
${renderTemperatures(results)}
${renderJacobian(results)}
${renderComparison(results)}
${renderFoot(results)}`,
  });
}

function renderHead({ test, training, comparison, trainRows }) {
  return `<header>
<h1>Handwritten digits by softmax regression</h1>
<p class="lead">A linear model learned from ${trainRows} digits of 8 × 8 pixels and was tested on ${test.digits.rows} it had not seen.
Every probability on this page was computed by softmax-simd.</p>
<dl class="tiles">
${tile(percent(test.accuracy), 'Test accuracy', `${test.correct} of ${test.digits.rows} right`)}
${tile(training.history.at(-1).trainLoss.toFixed(3), 'Loss', `in training; ${test.loss.toFixed(3)} in the test`)}
${tile(`${training.seconds.toFixed(2)} s`, 'Time', `${countEpochs(training.history)} of training`)}
${tile(`${comparison.ratio.toFixed(1)}×`, 'Speed', `${comparison.backend} against the reference`)}
${tile(`${comparison.worstUlp.toFixed(2)} ulp`, 'Worst difference', 'from the float64 reference')}
</dl>
</header>`;
}

function renderLearning({ training, wantedAccuracy }) {
  const { history } = training;
  const first = history[0];
  const last = history.at(-1);
  const description =
    `In ${countEpochs(history)} of training the loss went from ${first.trainLoss.toFixed(3)} to ${last.trainLoss.toFixed(3)}, ` +
    `the test accuracy from ${percent(first.testAccuracy)} to ${percent(last.testAccuracy)}.`;
  return `<section>
<h2>Learning</h2>
<figure>
${picture(description, learningCurve(history, wantedAccuracy))}
<figcaption>${description} The loss is the mean of −log p of the digit that was written.
Dashed: ${percent(wantedAccuracy, 0)}, what the model has to reach.</figcaption>
</figure>
</section>`;
}

function renderConfusion({ test }) {
  const counts = countConfusions(test.digits.labels, test.predictions);
  const mistakes = describeMistakes(counts);
  const total = test.digits.rows - test.correct;
  const description = `Confusion matrix of the ${test.digits.rows} test digits: ${test.correct} right, ${total} wrong.`;
  return `<section>
<h2>What is taken for what</h2>
<figure>
${picture(`${description} ${mistakes} A table of every count follows.`, confusionMatrix(counts))}
<figcaption>Rows are the digits that were written, columns the model’s answers.
<span class="right">Right answers</span> lie on the diagonal, <span class="wrong">mistakes</span> beside it.
${mistakes} The tint follows the square root of the count.</figcaption>
</figure>
<details>
<summary>The same figures as a table</summary>
${renderConfusionTable(counts)}
</details>
</section>`;
}

function renderConfusionTable(counts) {
  const digits = counts.map((_, digit) => digit);
  const head = digits.map((digit) => `<th scope="col">${digit}</th>`).join('');
  const rows = counts.map((row, label) => {
    const found = row[label] / row.reduce((sum, count) => sum + count, 0);
    return `<tr><th scope="row">${label}</th>${row.map((count) => `<td>${count}</td>`).join('')}<td>${percent(found)}</td></tr>`;
  });
  return `<div class="scroll"><table>
<caption>Counts by digit written (rows) and answer of the model (columns)</caption>
<thead><tr><th scope="col">written</th>${head}<th scope="col">found</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>`;
}

function renderTemperatures({ test }) {
  const groups = chooseDigits(test);
  const group = ({ title, note, rows }) => `<h3>${title}</h3>
<p>${note}</p>
${rows.map((row) => renderDigit(test, row)).join('\n')}`;
  return `<section>
<h2>Sure, unsure, wrong: six digits at four temperatures</h2>
<p>softmax(z / T) of the same logits z. A temperature T below 1 sharpens the probabilities, above 1 it flattens them; their order
stays the same, so no answer changes. Bars: <span class="right">the digit that was written</span>,
<span class="wrong">a wrong answer</span>, <span class="other">all others</span>; the grey lines stand at ½ and 1.</p>
${groups.map(group).join('\n')}
</section>`;
}

function renderDigit({ digits, logits, predictions }, row) {
  const label = digits.labels[row];
  const charts = TEMPERATURES.map((temperature) => {
    const probabilities = softmax(logits.subarray(row * CLASSES, (row + 1) * CLASSES), { temperature });
    const description = `T = ${temperature}: ${describeProbabilities(probabilities)}.`;
    return `<div><h4>T = ${temperature}</h4>${picture(description, probabilityBars(probabilities, label))}</div>`;
  });
  const pixels = digits.features.subarray(row * PIXELS, (row + 1) * PIXELS);
  return `<figure class="digit">
<div class="image">${picture(`Handwritten ${label}`, digitImage(pixels))}</div>
<figcaption>Written ${label}, answer ${predictions[row]}</figcaption>
<div class="charts">${charts.join('')}</div>
</figure>`;
}

/** Of the right answer with the narrowest margin: where every answer is sure, all derivatives are close to 0. */
function renderJacobian({ test }) {
  const { digits, logits, predictions } = test;
  const [row] = rankByMargin(test)
    .filter(({ isRight }) => isRight)
    .slice(-1);
  const probabilities = softmax(logits.subarray(row.row * CLASSES, (row.row + 1) * CLASSES));
  const flat = softmaxJacobian(probabilities);
  const jacobian = Array.from({ length: CLASSES }, (_, i) => Array.from(flat.subarray(i * CLASSES, (i + 1) * CLASSES)));
  const [first, second] = rankDigits(probabilities);
  const size = Math.abs(jacobian[first.digit][second.digit]).toFixed(3);
  const effect = `each 0.01 that the logit of ${second.digit} rises takes about 0.01 × ${size} from the probability of ${first.digit}`;
  const description = `Jacobian of the probabilities of a handwritten ${digits.labels[row.row]} with respect to its logits: ${effect}.`;
  return `<section>
<h2>What would change the answer</h2>
<div class="pair">
<figure>
${picture(description, jacobianMap(jacobian))}
</figure>
<div>
<p>The first of the unsure digits above, answered ${predictions[row.row]}: ${describeProbabilities(probabilities)}. Row i, column j is ∂p<sub>i</sub>/∂z<sub>j</sub> =
p<sub>i</sub>(δ<sub>ij</sub> − p<sub>j</sub>): how the probability of i moves with the logit of j.
<span class="right">Its own logit</span> raises a probability, <span class="wrong">every other</span> lowers it.</p>
<p>Here ${effect}.</p>
<p class="note">Rows and columns sum to 0, as the probabilities always sum to 1. The diagonal alone is not the gradient of anything: the
entries beside it are as large. The tint follows the square root of the size.</p>
</div>
</div>
</section>`;
}

function renderComparison({ comparison, test, trainRows }) {
  const { backend, agrees, worstAbsolute, worstUlp, allowedUlp, engineNs, referenceNs, ratio } = comparison;
  const rows = trainRows + test.digits.rows;
  return `<section>
<h2>WebAssembly against the reference</h2>
<p>The trained model’s probabilities for all ${rows} digits, computed by the backend “${backend}” and by the plain JavaScript
reference: they ${agrees ? 'agree' : '<strong>do not agree</strong>'}.</p>
<div class="scroll"><table class="figures">
<tbody>
<tr><th scope="row">Worst difference, absolute</th><td>${worstAbsolute.toExponential(2)}</td></tr>
<tr><th scope="row">Worst difference in float32 units in the last place (allowed: ${allowedUlp})</th><td>${worstUlp.toFixed(2)} ulp</td></tr>
<tr><th scope="row">${backend}</th><td>${engineNs.toFixed(1)} ns per element</td></tr>
<tr><th scope="row">reference</th><td>${referenceNs.toFixed(1)} ns per element</td></tr>
<tr><th scope="row">reference / ${backend}</th><td>${ratio.toFixed(1)}</td></tr>
</tbody>
</table></div>
<p class="note">The difference is from the reference’s float64 result. Times are medians of interleaved calls on a
Float32Array of ${rows} × ${CLASSES} logits with the result array given, copies included.</p>
</section>`;
}

function renderFoot({ seed, training }) {
  const { batch, step, momentum, weightDecay } = SETTINGS;
  return `<footer>
<p>Settings: ${countEpochs(training.history)}, mini-batches of ${batch}, step ${step} falling linearly to 0, momentum ${momentum},
weight decay ${weightDecay}, seed ${seed}. Node ${process.versions.node}, ${escapeHtml(cpus()[0]?.model ?? process.arch)}.</p>
<p>Data: Optical Recognition of Handwritten Digits, test part; E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0.</p>
</footer>`;
}

/** @returns {number[][]} counts[label][prediction] */
function countConfusions(labels, predictions) {
  const counts = Array.from({ length: CLASSES }, () => new Array(CLASSES).fill(0));
  labels.forEach((label, row) => {
    counts[label][predictions[row]]++;
  });
  return counts;
}

/** @returns {string} the most frequent mistakes in words */
function describeMistakes(counts) {
  const mistakes = counts.flatMap((row, label) =>
    row.map((count, prediction) => ({
      count: label === prediction ? 0 : count,
      text: `${label} taken for ${prediction}`,
    })),
  );
  const most = Math.max(...mistakes.map(({ count }) => count));
  if (most === 0) return 'There is no mistake.';
  const texts = mistakes.filter(({ count }) => count === most).map(({ text }) => text);
  return `Most frequent mistake${texts.length > 1 ? 's' : ''} (${most}×): ${texts.join(', ')}.`;
}

/** Ranks the test digits by the margin of the largest logit over the next: how sure the model is, at any temperature. */
function rankByMargin({ digits, logits, predictions }) {
  return Array.from(digits.labels, (label, row) => {
    const [first, second] = logits.slice(row * CLASSES, (row + 1) * CLASSES).sort((a, b) => b - a);
    return { row, label, margin: first - second, isRight: label === predictions[row] };
  }).sort((a, b) => b.margin - a.margin);
}

function chooseDigits(test) {
  const ranked = rankByMargin(test);
  const right = ranked.filter(({ isRight }) => isRight);
  const wrong = ranked.filter(({ isRight }) => !isRight);
  return [
    { title: 'Sure and right', note: 'The right answers with the widest margin.', rows: takeDistinct(right) },
    {
      title: 'Unsure, and right',
      note: 'The right answers with the narrowest margin.',
      rows: takeDistinct(right.reverse()),
    },
    { title: 'Wrong', note: 'The wrong answers with the widest margin.', rows: takeDistinct(wrong) },
  ].filter(({ rows }) => rows.length > 0);
}

/** @returns {number[]} the rows of the first candidates, each of another digit */
function takeDistinct(candidates) {
  const rowByLabel = new Map();
  for (const { row, label } of candidates) {
    if (rowByLabel.size < PER_GROUP && !rowByLabel.has(label)) rowByLabel.set(label, row);
  }
  return [...rowByLabel.values()];
}

/** @returns {{ probability: number, digit: number }[]} the digits, the most probable first */
function rankDigits(probabilities) {
  return Array.from(probabilities, (probability, digit) => ({ probability, digit })).sort(
    (a, b) => b.probability - a.probability,
  );
}

/** @returns {string} the three most probable digits in words */
function describeProbabilities(probabilities) {
  return rankDigits(probabilities)
    .slice(0, 3)
    .map(({ probability, digit }) => `${digit} with ${probability.toFixed(3)}`)
    .join(', ');
}

const STYLE = `
.digit { display: grid; grid-template-columns: 9.5rem 1fr; grid-template-rows: auto 1fr; gap: 0.5rem 1.75rem; margin: 0 0 0.9rem; padding: 1.1rem 1.25rem; background: var(--card); border-radius: 10px; break-inside: avoid; }
.digit .image { border: 1px solid var(--line); border-radius: 6px; background: var(--paper); padding: 0.5rem; }
.digit figcaption { grid-column: 1; line-height: 1.4; }
.digit .charts { grid-column: 2; grid-row: 1 / 3; display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 1.25rem; align-items: center; }
@media (max-width: 52rem) {
  .digit { grid-template-columns: 5.5rem 1fr; grid-template-rows: auto; align-items: center; }
  .digit figcaption { grid-column: 2; }
  .digit .charts { grid-column: 1 / 3; grid-row: 2; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.75rem; }
}
`;
