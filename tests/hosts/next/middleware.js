// On the edge runtime, too.

import handler from './handler.mjs';

export const config = { matcher: '/middleware' };
export const middleware = () => handler.fetch();
