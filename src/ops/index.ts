// The one list of operations. Each takes the host it shall run on and gives the public function.

export { hardmax } from './hardmax.ts';
export { logSoftmax, logSoftmaxBackward } from './log-softmax.ts';
export { logSumExp } from './log-sum-exp.ts';
export { softmax, softmaxBackward, softmin } from './softmax.ts';
