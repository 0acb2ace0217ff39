// The list of operations. Each takes the host it shall run on and gives the public function.

export { crossEntropy, crossEntropyHvp, crossEntropyWithGradient } from './cross-entropy.ts';
export { logSoftmaxHvp, logSoftmaxJvp, softmaxHvp, softmaxJvp } from './derivatives.ts';
export { gradCheck } from './grad-check.ts';
export { hardmax } from './hardmax.ts';
export { softmaxHessian } from './hessian.ts';
export { logSoftmaxJacobian, softmaxJacobian } from './jacobian.ts';
export { linearCrossEntropy } from './linear-cross-entropy.ts';
export { logSoftmax, logSoftmaxBackward } from './log-softmax.ts';
export { logSumExp } from './log-sum-exp.ts';
export { multinomial } from './multinomial.ts';
export { nllLoss, nllLossWithGradient } from './nll-loss.ts';
export { sample } from './sample.ts';
export { createSampler } from './sampler.ts';
export { softmax, softmaxBackward, softmin } from './softmax.ts';
export { topK } from './top-k.ts';
