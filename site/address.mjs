// The state in the address: a change that lasts becomes a step of the history, so that back and forward work. A drag is one step.

import { formatHash, parseHash } from './state.mjs';

/** A change that is followed by another within this is none that lasts; browsers refuse more than some per second, too. */
const REST_MILLISECONDS = 400;

/**
 * @param {(read: { state: import('./state.mjs').State, problems: string[] }) => void} onArrival where the reader went back, forward or elsewhere
 */
export function createAddress(onArrival) {
  let timer;
  let waiting;
  let isHeld = false;

  function flushSoon() {
    clearTimeout(timer);
    if (waiting !== undefined && !isHeld) timer = setTimeout(flush, REST_MILLISECONDS);
  }

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
  for (const [type, held] of [
    ['pointerdown', true],
    ['pointerup', false],
    ['pointercancel', false],
  ]) {
    addEventListener(type, () => {
      isHeld = held;
      flushSoon();
    });
  }

  return {
    read: () => parseHash(location.hash),
    /** @param {import('./state.mjs').State} state */
    write(state) {
      waiting = state;
      flushSoon();
    },
    flush,
  };
}
