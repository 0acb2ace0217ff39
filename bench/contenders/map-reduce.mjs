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

/** @type {import('./index.mjs').Contender} */
export const mapReduce = {
  name: 'map-reduce',
  prepare({ op, inputs, shape }) {
    if (shape.inner > 1) return { skip: 'written for rows, so for the last axis only' };
    const [rows, outputRows] = inputs.map((input) => toRows(input, shape.length));
    const run = {
      softmax: () => rows.map(softmax),
      'log-softmax': () => rows.map(logSoftmax),
      'log-sum-exp': () => rows.map(logSumExp),
      'softmax-backward': () => rows.map((row, i) => softmaxBackward(row, outputRows[i])),
      'log-softmax-backward': () => rows.map((row, i) => logSoftmaxBackward(row, outputRows[i])),
    }[op];
    return { run, read: (result) => result.flat() };
  },
};

function toRows(values, length) {
  const rows = [];
  for (let i = 0; i < values.length; i += length) rows.push(Array.from(values.subarray(i, i + length)));
  return rows;
}
