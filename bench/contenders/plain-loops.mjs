// The loops that someone who cares for speed writes in JavaScript: typed arrays, no allocation inside, the maximum
// subtracted, sums in doubles. A slice is `length` elements, `inner` apart, from `first` on.

export function softmax(x, y, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let first = o * span; first < o * span + inner; first++) {
      const end = first + span;
      let max = Number.NEGATIVE_INFINITY;
      for (let i = first; i < end; i += inner) if (x[i] > max) max = x[i];
      let sum = 0;
      for (let i = first; i < end; i += inner) {
        const e = Math.exp(x[i] - max);
        y[i] = e;
        sum += e;
      }
      const scale = 1 / sum;
      for (let i = first; i < end; i += inner) y[i] *= scale;
    }
  }
  return y;
}

export function logSoftmax(x, y, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let first = o * span; first < o * span + inner; first++) {
      const end = first + span;
      let max = Number.NEGATIVE_INFINITY;
      for (let i = first; i < end; i += inner) if (x[i] > max) max = x[i];
      let sum = 0;
      for (let i = first; i < end; i += inner) sum += Math.exp(x[i] - max);
      const logSum = Math.log(sum);
      for (let i = first; i < end; i += inner) y[i] = x[i] - max - logSum;
    }
  }
  return y;
}

export function logSumExp(x, y, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < inner; k++) {
      const first = o * span + k;
      const end = first + span;
      let max = Number.NEGATIVE_INFINITY;
      for (let i = first; i < end; i += inner) if (x[i] > max) max = x[i];
      let sum = 0;
      for (let i = first; i < end; i += inner) sum += Math.exp(x[i] - max);
      y[o * inner + k] = max + Math.log(sum);
    }
  }
  return y;
}

export function softmaxBackward(gradOutput, output, gradInput, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let first = o * span; first < o * span + inner; first++) {
      const end = first + span;
      let dot = 0;
      for (let i = first; i < end; i += inner) dot += gradOutput[i] * output[i];
      for (let i = first; i < end; i += inner) gradInput[i] = output[i] * (gradOutput[i] - dot);
    }
  }
  return gradInput;
}

export function logSoftmaxBackward(gradOutput, output, gradInput, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let first = o * span; first < o * span + inner; first++) {
      const end = first + span;
      let sum = 0;
      for (let i = first; i < end; i += inner) sum += gradOutput[i];
      for (let i = first; i < end; i += inner) gradInput[i] = gradOutput[i] - Math.exp(output[i]) * sum;
    }
  }
  return gradInput;
}

// Forward mode: the Jacobian is symmetric, and nobody who knows it writes the loops twice.
export const softmaxJvp = softmaxBackward;

export function softmaxHvp(gradOutput, output, vector, y, { outer, length, inner }) {
  const span = length * inner;
  for (let o = 0; o < outer; o++) {
    for (let first = o * span; first < o * span + inner; first++) {
      const end = first + span;
      let a = 0;
      let b = 0;
      for (let i = first; i < end; i += inner) {
        a += output[i] * vector[i];
        b += output[i] * gradOutput[i];
      }
      let c = 0;
      for (let i = first; i < end; i += inner) c += output[i] * (gradOutput[i] - b) * (vector[i] - a);
      for (let i = first; i < end; i += inner) y[i] = output[i] * ((gradOutput[i] - b) * (vector[i] - a) - c);
    }
  }
  return y;
}

// The mean over the slices of −log p of their labels, and its gradient.
export function crossEntropy(logits, labels, gradient, { outer, length, inner }) {
  const span = length * inner;
  const share = 1 / (outer * inner);
  let loss = 0;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < inner; k++) {
      const first = o * span + k;
      const end = first + span;
      const label = first + labels[o * inner + k] * inner;
      let max = Number.NEGATIVE_INFINITY;
      for (let i = first; i < end; i += inner) if (logits[i] > max) max = logits[i];
      let sum = 0;
      for (let i = first; i < end; i += inner) {
        const e = Math.exp(logits[i] - max);
        gradient[i] = e;
        sum += e;
      }
      loss += Math.log(sum) + max - logits[label];
      const scale = share / sum;
      for (let i = first; i < end; i += inner) gradient[i] *= scale;
      gradient[label] -= share;
    }
  }
  return { loss: loss * share, gradient };
}

// The same of logits = features · weightᵀ + bias, a row at a time, with the gradients of all three.
export function linearCrossEntropy(features, weight, bias, labels, { batch, inFeatures, classes }, allocate) {
  const gradWeight = allocate(classes * inFeatures);
  const gradBias = allocate(classes);
  const gradFeatures = allocate(batch * inFeatures);
  const d = allocate(classes);
  let loss = 0;
  for (let row = 0; row < batch; row++) {
    const x = row * inFeatures;
    let max = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      let z = bias[k];
      for (let i = 0; i < inFeatures; i++) z += features[x + i] * weight[k * inFeatures + i];
      d[k] = z;
      if (z > max) max = z;
    }
    loss += max - d[labels[row]];
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const e = Math.exp(d[k] - max);
      d[k] = e;
      sum += e;
    }
    loss += Math.log(sum);
    for (let k = 0; k < classes; k++) {
      const g = (d[k] / sum - (k === labels[row] ? 1 : 0)) / batch;
      gradBias[k] += g;
      for (let i = 0; i < inFeatures; i++) {
        gradWeight[k * inFeatures + i] += g * features[x + i];
        gradFeatures[x + i] += g * weight[k * inFeatures + i];
      }
    }
  }
  return { loss: loss / batch, gradWeight, gradBias, gradFeatures };
}

// One draw per row, as people write it: softmax, indices sorted by it, the cut, the sum up to a random number. Without a filter
// nobody sorts.
export function sample(logits, { topK, topP = 1, minP = 0 }, { outer, length }, allocate) {
  const draws = new Int32Array(outer);
  const probabilities = allocate(length);
  for (let row = 0; row < outer; row++) {
    softmax(logits.subarray(row * length, (row + 1) * length), probabilities, { outer: 1, length, inner: 1 });
    const isFiltered = topK !== undefined || topP < 1 || minP > 0;
    const order = isFiltered ? sortIndices(probabilities) : undefined;
    let kept = Math.min(topK ?? length, length);
    let mass = 1;
    if (order) {
      const least = minP * probabilities[order[0]];
      let top = 0;
      for (let i = 0; i < kept; i++) top += probabilities[order[i]];
      mass = 0;
      let i = 0;
      while (i < kept && mass < topP * top && probabilities[order[i]] >= least) mass += probabilities[order[i++]];
      kept = i;
    }
    let rest = Math.random() * mass;
    let i = 0;
    while (i < kept - 1 && rest >= probabilities[order ? order[i] : i]) rest -= probabilities[order ? order[i++] : i++];
    draws[row] = order ? order[i] : i;
  }
  return draws;
}

export function topK(x, k, { outer, length }, allocate) {
  const values = allocate(outer * k);
  const indices = new Int32Array(outer * k);
  for (let row = 0; row < outer; row++) {
    const entries = x.subarray(row * length, (row + 1) * length);
    const order = sortIndices(entries);
    for (let i = 0; i < k; i++) {
      indices[row * k + i] = order[i];
      values[row * k + i] = entries[order[i]];
    }
  }
  return { values, indices };
}

const sortIndices = (values) => Uint32Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
