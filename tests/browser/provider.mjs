// Lets vitest run its tests in the browsers of tests/engines/browsers.mjs, as its own providers start neither Firefox ESR nor WebKitGTK.
// Each page has a browser of its own, and with it processes of its own.

import { defineBrowserProvider } from '@vitest/browser';

class Provider {
  name = 'softmax-simd';
  supportsParallelism = true;
  #start;
  #browsers = [];

  constructor(start) {
    this.#start = start;
  }

  getCommandsContext() {
    return {};
  }

  async openPage(_session, url) {
    const browser = await this.#start();
    this.#browsers.push(browser);
    await browser.open(url);
  }

  async close() {
    await Promise.all(this.#browsers.splice(0).map((browser) => browser.close()));
  }
}

/** @param {() => Promise<import('../engines/browsers.mjs').Browser>} start */
export const providerOf = (start) =>
  defineBrowserProvider({ name: 'softmax-simd', options: {}, providerFactory: () => new Provider(start) });
