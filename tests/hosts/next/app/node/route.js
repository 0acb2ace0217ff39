// On the Node.js runtime, for each request anew.

import handler from '../../handler.mjs';

export const dynamic = 'force-dynamic';
export const GET = () => handler.fetch();
