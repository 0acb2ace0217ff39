import { agree } from '../tools/agree.ts';

agree('logSumExp');
