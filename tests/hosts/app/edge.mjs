// For an edge runtime whose host puts the modules into the global object.

import { check } from './check.mjs';

globalThis.report = check(globalThis.modules).then(JSON.stringify);
