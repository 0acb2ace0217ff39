// Browsers with hands and eyes: what the tests of the page need of playwright-core (Chromium) and puppeteer-core (Firefox), by one name each.

import { setTimeout as sleep } from 'node:timers/promises';
import { findChromium, findFirefox } from '../engines/browsers.mjs';

const how = { install: true };

/**
 * @typedef {object} Tab
 * @property {string[]} problems what was written to the console as an error or a warning, and what was thrown
 * @property {string[]} requests addresses
 * @property {(url: string) => Promise<unknown>} goto
 * @property {() => Promise<unknown>} reload
 * @property {<A, R>(run: (argument: A) => R, argument?: A) => Promise<R>} evaluate in the page
 * @property {<A>(run: (argument: A) => unknown, argument?: A) => Promise<void>} until it is true in the page
 * @property {{ move(x: number, y: number): Promise<void>, down(): Promise<void>, up(): Promise<void> }} mouse
 * @property {{ press(key: string): Promise<void>, type(text: string): Promise<void> }} keyboard
 * @property {(selector: string) => Promise<void>} click
 * @property {(width: number, height: number) => Promise<void>} resize
 * @property {(path: string) => Promise<unknown>} screenshot of the whole page
 * @property {() => Promise<void>} close
 */

/** What both libraries do alike. @returns {Tab} */
function tabOf(page, { resize, close }) {
  const problems = [];
  const requests = [];
  page.on('console', (message) => {
    const type = message.type();
    // a page of text names no icon: Chromium asks its host for one, and says so if there is none, at any time
    if (message.location()?.url?.endsWith('/favicon.ico')) return;
    if (type === 'error' || type === 'warning' || type === 'warn') problems.push(`${type}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`));
  page.on('request', (request) => requests.push(request.url()));
  return {
    problems,
    requests,
    goto: (url) => page.goto(url),
    reload: () => page.reload(),
    evaluate: (run, argument) => page.evaluate(run, argument),
    async until(run, argument) {
      const end = Date.now() + 30_000;
      while (!(await page.evaluate(run, argument))) {
        if (Date.now() > end) throw new Error(`not within 30 s: ${run}`);
        await sleep(25);
      }
    },
    mouse: page.mouse,
    keyboard: page.keyboard,
    click: (selector) => page.click(selector),
    resize,
    screenshot: (path) => page.screenshot({ path, fullPage: true }),
    close,
  };
}

/**
 * @typedef {{ dark?: boolean, still?: boolean }} Preferences dark mode, reduced motion
 * @typedef {{ open: (preferences?: Preferences) => Promise<Tab>, close: () => Promise<void> }} Browser each tab has a profile of its own
 */

/** @returns {Promise<Browser>} */
async function startChromium() {
  const browser = await findChromium(how)();
  return {
    async open({ dark = false, still = false } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: still ? 'reduce' : 'no-preference',
      });
      const page = await context.newPage();
      return tabOf(page, {
        resize: (width, height) => page.setViewportSize({ width, height }),
        close: () => context.close(),
      });
    },
    close: () => browser.close(),
  };
}

/** Preferences are those of a whole Firefox: one is started for each combination that is asked for. @returns {Promise<Browser>} */
async function startFirefox() {
  const launch = findFirefox(how);
  const started = new Map();
  const start = (dark, still) =>
    launch({
      'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1,
      'ui.prefersReducedMotion': Number(still),
    });
  return {
    async open({ dark = false, still = false } = {}) {
      const key = `${dark} ${still}`;
      if (!started.has(key)) started.set(key, await start(dark, still));
      const context = await started.get(key).createBrowserContext();
      const page = await context.newPage();
      await page.setViewport({ width: 1280, height: 800 });
      return tabOf(page, {
        resize: (width, height) => page.setViewport({ width, height }),
        close: () => context.close(),
      });
    },
    close: () => Promise.all([...started.values()].map((browser) => browser.close())),
  };
}

export const browsers = [
  { name: 'Chromium', start: startChromium },
  { name: 'Firefox', start: startFirefox },
];
