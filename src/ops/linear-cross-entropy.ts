import {
  checkCount,
  checkOptions,
  checkSameType,
  checkShape,
  type Extent,
  emptyLike,
  floatArray,
  inFormOf,
  scaleOf,
  targetsOf,
} from '../check.ts';
import { linearCrossEntropy as reference } from '../reference/linear-cross-entropy.ts';
import { checkAlive, type Host, type Runtime } from '../runtime.ts';
import type { LinearCrossEntropy, LinearCrossEntropyProblem } from '../types.ts';
import type { linearCrossEntropy as kernels } from '../wasm/linear.ts';
import { factorOf } from './derivative.ts';
import { lossOf, vector } from './loss.ts';

const name = 'linearCrossEntropy';
const options = [
  'features',
  'weight',
  'bias',
  'targets',
  'batch',
  'inFeatures',
  'classes',
  'classWeight',
  'ignoreIndex',
  'labelSmoothing',
  'reduction',
  'temperature',
  'emptyMean',
  'gradOutput',
];

function run(runtime: Runtime, steps: typeof kernels | undefined, problem: LinearCrossEntropyProblem): unknown {
  checkAlive(name, runtime);
  checkOptions(name, problem, options);
  const batch = checkCount(name, 'batch', problem.batch, 0);
  const inFeatures = checkCount(name, 'inFeatures', problem.inFeatures, 1);
  const classes = checkCount(name, 'classes', problem.classes, 1);
  const features = floatArray(name, 'features', problem.features);
  checkShape(name, 'features', problem.features, features.length, [batch, inFeatures]);
  const weight = floatArray(name, 'weight', problem.weight);
  checkSameType(name, 'features', features, 'weight', weight);
  checkShape(name, 'weight', problem.weight, weight.length, [classes, inFeatures]);
  const bias = vector(name, 'bias', problem.bias, classes);
  if (bias) checkSameType(name, 'features', features, 'bias', bias);
  const extent: Extent = { shape: [batch, classes], axis: 1, outer: batch, length: classes, inner: 1 };
  const targets = targetsOf(name, problem.targets, extent, true);
  const scale = scaleOf(name, problem.temperature, undefined);
  const settings = { ...problem, weight: problem.classWeight };
  const { terms, reduce } = lossOf(
    name,
    'features',
    features,
    extent,
    targets,
    settings,
    factorOf(scale),
    'classWeight',
  );

  const losses = new Float64Array(batch);
  const gradients = {
    features: emptyLike(features, features.length),
    weight: emptyLike(features, weight.length),
    bias: emptyLike(features, classes),
  };
  const layer = { features, weight, bias, batch, inFeatures, classes };
  if (batch > 0) runtime.run(steps, reference, name, layer, terms, losses, gradients, scale);

  return {
    loss: reduce(losses, problem.features),
    gradWeight: inFormOf(problem.weight, gradients.weight, [classes, inFeatures]),
    gradBias: inFormOf(problem.features, gradients.bias, [classes]),
    gradFeatures: inFormOf(problem.features, gradients.features, [batch, inFeatures]),
  };
}

export const linearCrossEntropy = (host: Host, steps?: typeof kernels) =>
  ((problem: LinearCrossEntropyProblem) => run(host(), steps, problem)) as LinearCrossEntropy;
