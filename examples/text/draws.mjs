// What sampling does, on five logits: how often each is drawn, beside its probability.

export const LOGITS = [2, 1, 3, 5, 4];
export const TEMPERATURES = [0.1, 0.5, 1, 10];
export const DRAWS = 1000;

/**
 * @param {import('softmax-simd').Engine} engine
 * @param {number} seed
 * @returns {{ temperature: number, counts: number[], probabilities: number[] }[]} per temperature, an entry per logit
 */
export function drawHistograms(engine, seed) {
  return TEMPERATURES.map((temperature) => {
    const counts = new Array(LOGITS.length).fill(0);
    for (const index of engine.sample(LOGITS, { temperature, seed, count: DRAWS })) counts[index]++;
    return { temperature, counts, probabilities: engine.softmax(LOGITS, { temperature }) };
  });
}
