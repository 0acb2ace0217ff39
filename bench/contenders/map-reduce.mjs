import { checkDraws, ops } from '../cases.mjs';

// The form most often written: arrays of rows, one array method after the other.

const softmax = (logits) => {
  const max = logits.reduce((a, b) => Math.max(a, b));
  const exps = logits.map((logit) => Math.exp(logit - max));
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((exp) => exp / sum);
};

const logSoftmax = (logits) => {
  const logSum = logSumExp(logits);
  return logits.map((logit) => logit - logSum);
};

const logSumExp = (logits) => {
  const max = logits.reduce((a, b) => Math.max(a, b));
  return max + Math.log(logits.map((logit) => Math.exp(logit - max)).reduce((a, b) => a + b));
};

const softmaxBackward = (gradOutput, output) => {
  const dot = output.map((s, i) => s * gradOutput[i]).reduce((a, b) => a + b);
  return output.map((s, i) => s * (gradOutput[i] - dot));
};

const logSoftmaxBackward = (gradOutput, output) => {
  const sum = gradOutput.reduce((a, b) => a + b);
  return gradOutput.map((g, i) => g - Math.exp(output[i]) * sum);
};

const dot = (a, b) => a.map((value, i) => value * b[i]).reduce((x, y) => x + y);

const softmaxHvp = (gradOutput, output, vector) => {
  const [a, b] = [dot(output, vector), dot(output, gradOutput)];
  const products = gradOutput.map((g, i) => (g - b) * (vector[i] - a));
  const c = dot(output, products);
  return output.map((s, i) => s * (products[i] - c));
};

const crossEntropy = (rows, labels) => {
  const probabilities = rows.map(softmax);
  const losses = rows.map((row, n) => logSumExp(row) - row[labels[n]]);
  return {
    loss: losses.reduce((a, b) => a + b) / rows.length,
    gradient: probabilities.map((row, n) => row.map((p, j) => (p - (j === labels[n] ? 1 : 0)) / rows.length)),
  };
};

const linearCrossEntropy = (features, weight, bias, labels) => {
  const logits = features.map((x) => weight.map((w, k) => dot(x, w) + bias[k]));
  const { loss, gradient } = crossEntropy(logits, labels);
  const columns = (rows) => rows[0].map((_, i) => rows.map((row) => row[i]));
  const [gradientColumns, featureColumns, weightColumns] = [gradient, features, weight].map(columns);
  return {
    loss,
    gradWeight: gradientColumns.map((d) => featureColumns.map((x) => dot(d, x))),
    gradBias: gradientColumns.map((d) => d.reduce((a, b) => a + b)),
    gradFeatures: gradient.map((d) => weightColumns.map((w) => dot(d, w))),
  };
};

const sample = (logits, { topK = logits.length, topP = 1, minP = 0 }) => {
  const top = softmax(logits)
    .map((p, index) => ({ p, index }))
    .sort((a, b) => b.p - a.p)
    .slice(0, topK);
  const total = top.reduce((sum, { p }) => sum + p, 0);
  let mass = 0;
  const kept = top.filter(({ p }) => {
    const isInside = mass < topP * total && p >= minP * top[0].p;
    mass += p;
    return isInside;
  });
  let rest = Math.random() * kept.reduce((sum, { p }) => sum + p, 0);
  for (const { p, index } of kept) {
    rest -= p;
    if (rest < 0) return index;
  }
  return kept[0].index;
};

const topK = (row, k) =>
  row
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value)
    .slice(0, k);

/** @type {import('./index.mjs').Contender} */
export const mapReduce = {
  name: 'map-reduce',
  prepare(testCase) {
    const { op, inputs, shape, options } = testCase;
    if (op === 'linear-cross-entropy') {
      const [features, weight] = inputs.map((input) => toRows(input, options.inFeatures));
      const [bias, labels] = inputs.slice(2).map((input) => Array.from(input));
      return { run: () => linearCrossEntropy(features, weight, bias, labels) };
    }
    if (shape.inner > 1) return { skip: 'written for rows, so for the last axis only' };
    const [rows, outputRows, vectorRows] = inputs.map((input) => toRows(input, shape.length));
    if (ops[op].filters) {
      return {
        run: () => rows.map((row) => sample(row, options)),
        check: (draws) => checkDraws(testCase, 'map-reduce', draws),
      };
    }
    const run = {
      softmax: () => rows.map(softmax),
      'log-softmax': () => rows.map(logSoftmax),
      'log-sum-exp': () => rows.map(logSumExp),
      'softmax-backward': () => rows.map((row, i) => softmaxBackward(row, outputRows[i])),
      'log-softmax-backward': () => rows.map((row, i) => logSoftmaxBackward(row, outputRows[i])),
      'softmax-jvp': () => rows.map((row, i) => softmaxBackward(row, outputRows[i])),
      'softmax-hvp': () => rows.map((row, i) => softmaxHvp(row, outputRows[i], vectorRows[i])),
      'cross-entropy': () => crossEntropy(rows, inputs[1]),
      'top-k': () => rows.map((row) => topK(row, options.k)),
    }[op];
    if (op === 'top-k') {
      const read = (tops) => ({
        values: tops.flatMap((top) => top.map(({ value }) => value)),
        indices: tops.flatMap((top) => top.map(({ index }) => index)),
      });
      return { run, read };
    }
    return { run, read: (result) => result.flat?.() ?? result };
  },
};

function toRows(values, length) {
  const rows = [];
  for (let i = 0; i < values.length; i += length) rows.push(Array.from(values.subarray(i, i + length)));
  return rows;
}
