// A web worker.

import { check } from './check.mjs';

check().then(postMessage, reportError);
