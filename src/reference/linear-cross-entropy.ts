// Cross-entropy of a linear layer, z = features · weightᵀ + bias, and the gradients of all three. With d the gradient of a row's
// logits: gradBias = Σ d, gradWeight = Σ d ⊗ features, gradFeatures = d · weight, the sums over the rows. One row at a time, so that
// the logits of a batch never exist at once.

import { crossEntropy, type LossTerms } from './cross-entropy.ts';
import { Accumulator, type MutableNumbers, type Numbers, sum } from './slices.ts';

/** What goes in. */
export interface LinearLayer<A = Numbers> {
  /** [batch, inFeatures] */
  readonly features: A;
  /** [classes, inFeatures] */
  readonly weight: A;
  /** [classes] */
  readonly bias: A | undefined;
  readonly batch: number;
  readonly inFeatures: number;
  readonly classes: number;
}

/** What comes out, each in the shape of what it is the gradient of. */
export interface LinearGradients<A = MutableNumbers> {
  readonly features: A;
  readonly weight: A;
  readonly bias: A;
}

/** The loss of each row, and the gradients of Σ factors_n · losses_n / scale. */
export function linearCrossEntropy(
  { features, weight, bias, batch, inFeatures, classes }: LinearLayer,
  terms: LossTerms,
  losses: MutableNumbers,
  gradients: LinearGradients,
  scale: number,
): void {
  const gradWeight = new Accumulator(classes * inFeatures);
  const gradBias = new Accumulator(classes);
  const z = new Float64Array(classes);
  const loss = [0];
  for (let n = 0; n < batch; n++) {
    const x = n * inFeatures;
    for (let k = 0; k < classes; k++) {
      const w = k * inFeatures;
      z[k] = sum(inFeatures + 1, (i) => (i < inFeatures ? features[x + i] * weight[w + i] : (bias?.[k] ?? 0)));
    }
    crossEntropy(z, z, rowOf(terms, n, classes), loss, 1, classes, 1, scale);
    losses[n] = loss[0];
    for (let k = 0; k < classes; k++) {
      gradBias.add(k, z[k]);
      for (let i = 0; i < inFeatures; i++) gradWeight.add(k * inFeatures + i, z[k] * features[x + i]);
    }
    for (let i = 0; i < inFeatures; i++) {
      gradients.features[x + i] = sum(classes, (k) => z[k] * weight[k * inFeatures + i]);
    }
  }
  gradWeight.store(gradients.weight);
  gradBias.store(gradients.bias);
}

/** The terms of one row. */
function rowOf(terms: LossTerms, n: number, classes: number): LossTerms {
  const { labels, coefficients, targets, sharesTargets, factors } = terms;
  const start = sharesTargets ? 0 : n * classes;
  return {
    labels: labels?.subarray(n, n + 1),
    coefficients: coefficients?.subarray(n, n + 1),
    targets: targets?.subarray(start, start + classes),
    sharesTargets,
    factors: factors.subarray(n, n + 1),
  };
}
