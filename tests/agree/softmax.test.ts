import { agree } from '../tools/agree.ts';

agree('softmax');
agree('softmin');
agree('softmaxBackward');
