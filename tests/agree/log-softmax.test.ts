import { agree } from '../tools/agree.ts';

agree('logSoftmax');
agree('logSoftmaxBackward');
