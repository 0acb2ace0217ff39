// For workerd: modules come compiled, and nothing is compiled in a handler.

import relaxed from 'softmax-simd/softmax.relaxed.wasm';
import simd from 'softmax-simd/softmax.simd.wasm';
import { check } from './check.mjs';

export default { fetch: async () => Response.json(await check([simd, relaxed])) };
