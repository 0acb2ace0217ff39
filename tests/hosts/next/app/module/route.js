// On the edge runtime, which gets modules compiled by this name only.

import relaxed from 'softmax-simd/softmax.relaxed.wasm?module';
import simd from 'softmax-simd/softmax.simd.wasm?module';
import { check } from '../../check.mjs';

export const runtime = 'edge';
export const GET = async () => Response.json(await check([simd, relaxed]));
