import { agree } from '../tools/agree.ts';

agree('softmaxJvp');
agree('logSoftmaxJvp');
agree('softmaxHvp');
agree('logSoftmaxHvp');
agree('softmaxJacobian');
agree('logSoftmaxJacobian');
agree('softmaxHessian');
