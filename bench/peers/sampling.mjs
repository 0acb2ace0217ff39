// What the sampler of transformers.js does where ours is defined otherwise: each line is run, none is known beforehand.
import { createCase } from '../cases.mjs';
import { start } from '../contenders/ours.mjs';
import { parseShape } from '../shapes.mjs';
import { loadTransformers } from './contenders/transformers.mjs';

const DRAWS = 1000;
/** The largest number that its generator returns: 53 bits, all of them set. */
const LARGEST = 1 - 2 ** -53;

const { engine } = start('simd');
const peer = await loadTransformers();
const { GenerationConfig, LogitsSampler, Random, Tensor, TopPLogitsWarper } = peer;

async function draw(row, settings) {
  const sampler = LogitsSampler.getSampler(
    new GenerationConfig({ do_sample: true, num_beams: 1, top_k: 0, ...settings }),
  );
  const [[token]] = await sampler(new Tensor('float32', Float32Array.from(row), [1, row.length]));
  return Number(token);
}

/** How often each entry comes in a thousand draws. */
async function histogram(row, settings) {
  const counts = new Array(row.length).fill(0);
  for (let i = 0; i < DRAWS; i++) counts[await draw(row, settings)]++;
  return counts;
}

function ours(row, options) {
  try {
    return engine.sample(row, options);
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

function histogramOfOurs(row, options) {
  const counts = new Array(row.length).fill(0);
  for (const token of engine.sample(row, { count: DRAWS, seed: 1, ...options })) counts[token]++;
  return counts;
}

const show = (title, theirs, mine) =>
  console.log(`${title}\n  transformers.js  ${theirs}\n  softmax-simd     ${mine}\n`);

console.log(`transformers.js ${peer.version}, softmax-simd on ${engine.backend}, Node.js ${process.versions.node}\n`);

const row = [3, 2, 1, 0];
show(
  `${DRAWS} draws from [${row}], top-p 0.5: how often each`,
  (await histogram(row, { top_p: 0.5 })).join(', '),
  histogramOfOurs(row, { topP: 0.5 }).join(', '),
);
show(
  `${DRAWS} draws from [${row}], min-p 0.5: how often each`,
  (await histogram(row, { min_p: 0.5 })).join(', '),
  histogramOfOurs(row, { minP: 0.5 }).join(', '),
);

let message;
try {
  new TopPLogitsWarper(0.5)([[0n]], new Tensor('float32', Float32Array.from(row), [1, row.length]));
} catch (error) {
  message = error.message;
}
console.log(`TopPLogitsWarper of transformers.js, called\n  ${message ?? 'runs'}\n`);

for (const broken of [
  [NaN, 1, 2],
  [Infinity, 0, 1],
  [-Infinity, -Infinity],
]) {
  show(`a draw from [${broken}]`, await draw(broken), ours(broken, { seed: 1 }));
}

// Its last step, with a number that its generator may return: the weights are subtracted from u · Σ one after the other, and where rounding
// leaves a rest, the last entry is taken, whatever its weight. The weights stand in descending order, as its sampler has them.
const random = new Random(1);
random._random_fn = () => LARGEST;
let zeros = 0;
const rows = 10;
const { inputs } = createCase('sample-unfiltered', 'float32', parseShape('1x151936'));
for (let n = 0; n < rows; n++) {
  const logits = inputs[0].map((logit, i) => (i % rows === n ? -Infinity : logit));
  const weights = peer.softmax(logits.sort().reverse());
  if (random.choices(weights, weights) === 0) zeros++;
}
console.log(`the last step of transformers.js at u = 1 − 2⁻⁵³, ${rows} rows of ${inputs[0].length}, each tenth of its entries −∞
  draws an entry of probability 0 in ${zeros} of them`);
