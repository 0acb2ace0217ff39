import { computeLogits, findRows } from './model.mjs';

const PROMPT = 'Alice ';

/**
 * @typedef {object} Generated
 * @property {number} temperature
 * @property {number | undefined} topP
 * @property {string} text            the prompt included
 * @property {number} promptLength    how much of it is the prompt, in characters
 * @property {number} bits            the mean of −log₂ of the probability, at this temperature and before top-p, of what was drawn
 */

/**
 * Draws a text, a character at a time, from what the model gives for the characters before.
 *
 * @param {import('softmax-simd').Engine} engine
 * @param {import('./model.mjs').Model} model
 * @param {string[]} characters
 * @param {{ temperature: number, topP: number | undefined, seed: number, length: number }} options
 * @returns {Generated}
 */
export function generate(engine, model, characters, { temperature, topP, seed, length }) {
  const sampler = engine.createSampler({ temperature, topP, seed });
  const ids = Array.from(PROMPT, (character) => characters.indexOf(character));
  const end = ids.length + length;
  let logProbability = 0;
  while (ids.length < end) {
    const logits = computeLogits(model, [findRows(model, ids, ids.length)]);
    ids.push(sampler.next(logits));
    logProbability += sampler.lastLogProbability;
  }
  return {
    temperature,
    topP,
    text: ids.map((id) => characters[id]).join(''),
    promptLength: PROMPT.length,
    bits: -logProbability / length / Math.LN2,
  };
}
