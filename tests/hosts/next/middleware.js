// On the edge runtime, too.

import relaxed from 'softmax-simd/softmax.relaxed.wasm?module';
import simd from 'softmax-simd/softmax.simd.wasm?module';
import { check } from './check.mjs';

export const config = { matcher: '/middleware' };
export const middleware = async () => Response.json(await check([simd, relaxed]));
