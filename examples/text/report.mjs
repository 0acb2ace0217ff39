import { cpus } from 'node:os';
import { countEpochs, escapeHtml, picture, renderPage, tile } from '../shared/report.mjs';
import { drawBars, lossCurves } from './charts.mjs';
import { DRAWS, LOGITS } from './draws.mjs';
import { SETTINGS } from './model.mjs';

const TITLE = 'Text drawn from a character model';

/**
 * @param {object} results  as put together in main.mjs
 * @returns {string} the page
 */
export function renderReport(results) {
  return renderPage({
    title: TITLE,
    style: STYLE,
    body: `${renderHead(results)}
${renderLearning(results)}
${renderTexts(results)}
${renderDraws(results)}
${renderFoot(results)}`,
  });
}

function renderHead({ text, training, references }) {
  const { heldOutBits, trainBits } = training.history.at(-1);
  return `<header>
<h1>${TITLE}</h1>
<p class="lead">Softmax regression on the last ${SETTINGS.order} characters learned from ${text.split} characters of “Alice’s Adventures in Wonderland”.
Every probability, gradient and draw on this page was computed by softmax-simd.</p>
<dl class="tiles">
${tile(heldOutBits.toFixed(2), 'Held out', `bits per character, of ${text.ids.length - text.split} characters`)}
${tile(trainBits.toFixed(2), 'Training', 'bits per character')}
${tile(references.frequencies.toFixed(2), 'Frequencies alone', `${references.uniform.toFixed(2)} if all ${text.characters.length} characters were alike`)}
${tile(`${training.seconds.toFixed(1)} s`, 'Time', `${countEpochs(training.history)} of training`)}
</dl>
</header>`;
}

function renderLearning({ training, references }) {
  const { history } = training;
  const [first, last] = [history[0], history.at(-1)];
  const description =
    `In ${countEpochs(history)} the bits per character went from ${first.trainBits.toFixed(2)} to ${last.trainBits.toFixed(2)} in training, ` +
    `from ${first.heldOutBits.toFixed(2)} to ${last.heldOutBits.toFixed(2)} in the text that was held out.`;
  return `<section>
<h2>Learning</h2>
<figure>
<div class="curve">${picture(description, lossCurves(history, references.frequencies))}</div>
<figcaption>${description} The loss is the mean of −log₂ p of the next character. Dashed: what the characters’ frequencies alone give.</figcaption>
</figure>
</section>`;
}

function renderTexts({ texts }) {
  const temperatures = [...new Set(texts.map(({ temperature }) => temperature))];
  const group = (temperature) => `<h3>T = ${temperature}</h3>
<div class="pair">
${texts
  .filter((entry) => entry.temperature === temperature)
  .map(renderText)
  .join('\n')}
</div>`;
  return `<section>
<h2>The same model at four temperatures</h2>
<p>Each text begins with the prompt <span class="prompt">in grey</span> and was drawn a character at a time. A low temperature keeps to what is most
probable and goes in circles; a high one spells freely. Top-p keeps the most probable characters that together have the probability p:
it takes away the slips and leaves the choice.</p>
${temperatures.map(group).join('\n')}
<p class="note">Bits per character: the mean of −log₂ of the probability of what was drawn, at that temperature, before top-p.</p>
</section>`;
}

function renderText({ topP, text, promptLength, bits }) {
  const title = topP === undefined ? 'no filter' : `top-p ${topP}`;
  return `<figure class="drawn">
<figcaption>${title}, ${bits.toFixed(2)} bits per character</figcaption>
<blockquote><span class="prompt">${escapeHtml(text.slice(0, promptLength))}</span>${escapeHtml(text.slice(promptLength))}</blockquote>
</figure>`;
}

function renderDraws({ histograms }) {
  const chart = ({ temperature, counts, probabilities }) => {
    const description = `T = ${temperature}: ${counts
      .map((count, i) => `logit ${LOGITS[i]} ${count} times, expected ${(probabilities[i] * DRAWS).toFixed(1)}`)
      .join('; ')}.`;
    return `<div><h4>T = ${temperature}</h4>${picture(description, drawBars(counts, probabilities, LOGITS))}</div>`;
  };
  return `<section>
<h2>${DRAWS} draws from five logits</h2>
<p>sample([${LOGITS.join(', ')}]) at four temperatures. Bars, by logit: <span class="right">how often it was drawn</span>, and
<span class="other">how often it is to be expected</span>, ${DRAWS} × softmax(z / T); the grey lines stand at ${DRAWS / 2} and ${DRAWS}.</p>
<div class="pair">
${histograms.map(chart).join('\n')}
</div>
</section>`;
}

function renderFoot({ seed, training }) {
  const { order, batch, step } = SETTINGS;
  return `<footer>
<p>Settings: ${countEpochs(training.history)}, ${training.model.rows.size} contexts of up to ${order} characters, mini-batches of ${batch}, AdaGrad with
step ${step} falling linearly to 0, seed ${seed}. Node ${process.versions.node}, ${escapeHtml(cpus()[0]?.model ?? process.arch)}.</p>
<p>Text: the first four chapters of Alice’s Adventures in Wonderland, Lewis Carroll, 1865, public domain.</p>
</footer>`;
}

const STYLE = `
.curve { max-width: 42rem; }
.prompt { color: var(--muted); }
.drawn { margin: 0.75rem 0; padding: 1.1rem 1.25rem; background: var(--card); border-radius: 10px; break-inside: avoid; }
.drawn blockquote { margin: 0.5rem 0 0; font: 1rem/1.5 Georgia, "Times New Roman", serif; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
