/**
 * A call on the data of a case. Each is written out, as a user writes it: to look a method up by its name would count
 * at 1×10.
 *
 * @param {keyof typeof import('../cases.mjs').ops} op
 * @param {any} api An engine, or the reference: both have the package's functions.
 * @param {any[]} inputs
 * @param {object} options
 * @returns {() => any} Makes the call once.
 */
export function call(op, api, inputs, options) {
  const [x] = inputs;
  const [gradOutput, output, vector] = inputs;
  switch (op) {
    case 'softmax':
      return () => api.softmax(x, options);
    case 'log-softmax':
      return () => api.logSoftmax(x, options);
    case 'log-sum-exp':
      return () => api.logSumExp(x, options);
    case 'softmax-backward':
      return () => api.softmaxBackward(gradOutput, output, options);
    case 'log-softmax-backward':
      return () => api.logSoftmaxBackward(gradOutput, output, options);
    case 'softmax-jvp':
      return () => api.softmaxJvp(gradOutput, output, options);
    case 'softmax-hvp':
      return () => api.softmaxHvp(gradOutput, output, vector, options);
    case 'cross-entropy': {
      const [logits, targets] = inputs;
      return () => api.crossEntropyWithGradient(logits, targets, options);
    }
    case 'linear-cross-entropy': {
      const [features, weight, bias, targets] = inputs;
      const { batch, inFeatures, classes } = options;
      return () => api.linearCrossEntropy({ features, weight, bias, targets, batch, inFeatures, classes });
    }
    case 'sample-filters':
    case 'sample-top-p':
    case 'sample-unfiltered': {
      let { seed } = options; // another at each call: some draws take longer than others
      return () => api.sample(x, { ...options, seed: seed++ });
    }
    case 'top-k': {
      const { k, shape } = options;
      return () => api.topK(x, k, { shape });
    }
  }
}
