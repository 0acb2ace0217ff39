// For a host that refuses to compile in a handler, with no module to give.

import { check } from './check.mjs';

export default { fetch: async () => Response.json(await check()) };
