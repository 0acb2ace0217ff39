// The state in the address: a change that lasts becomes a step of the history, so that back and forward work.

import { formatHash, parseHash } from './state.mjs';

/** Browsers refuse more than some changes per second, and a drag is one step. */
const REST_MILLISECONDS = 400;

/**
 * @param {(read: { state: import('./state.mjs').State, problems: string[] }) => void} onArrival where the reader went back, forward or elsewhere
 */
export function createAddress(onArrival) {
  let timer;
  let waiting;

  function flush() {
    clearTimeout(timer);
    if (waiting === undefined) return;
    const hash = formatHash(waiting);
    waiting = undefined;
    if (hash !== location.hash) history.pushState(null, '', hash || location.pathname + location.search);
  }

  addEventListener('hashchange', () => {
    clearTimeout(timer);
    waiting = undefined;
    onArrival(parseHash(location.hash));
  });
  addEventListener('pagehide', flush);

  return {
    read: () => parseHash(location.hash),
    /** @param {import('./state.mjs').State} state */
    write(state) {
      waiting = state;
      clearTimeout(timer);
      timer = setTimeout(flush, REST_MILLISECONDS);
    },
    flush,
  };
}
