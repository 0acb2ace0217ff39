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
