// On the edge runtime, with no module to give.

import handler from '../../handler.mjs';

export const runtime = 'edge';
export const GET = () => handler.fetch();
