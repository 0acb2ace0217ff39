import { agree } from '../tools/agree.ts';

agree('hardmax');
