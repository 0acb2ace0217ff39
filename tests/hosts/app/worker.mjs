// A web worker.

import { check } from './check.mjs';

postMessage(await check());
