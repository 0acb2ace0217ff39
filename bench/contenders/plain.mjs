import { checkDraws, ops } from '../cases.mjs';
// One instance of the loops per type: what the JavaScript engine learnt from one must not slow the other down.
import * as float32 from './plain-loops.mjs?float32';
import * as float64 from './plain-loops.mjs?float64';

const types = {
  float32: { loops: float32, allocate: (length) => new Float32Array(length) },
  float64: { loops: float64, allocate: (length) => new Float64Array(length) },
};

/** @type {import('./index.mjs').Contender} */
export const plain = {
  name: 'plain',
  prepare: (testCase) => ({
    run: call(testCase),
    ...(ops[testCase.op].filters && { check: (draws) => checkDraws(testCase, 'plain', draws) }),
  }),
};

function call({ op, dtype, inputs, options, shape, outputLength }) {
  const { loops, allocate } = types[dtype];
  const [x] = inputs;
  const [gradOutput, output, vector] = inputs;
  switch (op) {
    case 'softmax':
      return () => loops.softmax(x, allocate(outputLength), shape);
    case 'log-softmax':
      return () => loops.logSoftmax(x, allocate(outputLength), shape);
    case 'log-sum-exp':
      return () => loops.logSumExp(x, allocate(outputLength), shape);
    case 'softmax-backward':
      return () => loops.softmaxBackward(gradOutput, output, allocate(outputLength), shape);
    case 'log-softmax-backward':
      return () => loops.logSoftmaxBackward(gradOutput, output, allocate(outputLength), shape);
    case 'softmax-jvp':
      return () => loops.softmaxJvp(gradOutput, output, allocate(outputLength), shape);
    case 'softmax-hvp':
      return () => loops.softmaxHvp(gradOutput, output, vector, allocate(outputLength), shape);
    case 'cross-entropy': {
      const [logits, labels] = inputs;
      return () => loops.crossEntropy(logits, labels, allocate(outputLength), shape);
    }
    case 'linear-cross-entropy': {
      const [features, weight, bias, labels] = inputs;
      return () => loops.linearCrossEntropy(features, weight, bias, labels, options, allocate);
    }
    case 'sample-filters':
    case 'sample-top-p':
    case 'sample-unfiltered':
      return () => loops.sample(x, options, shape, allocate);
    case 'top-k':
      return () => loops.topK(x, options.k, shape, allocate);
  }
}
