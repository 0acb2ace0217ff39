// Browsers: how each is found, started and told to open a page; and a page that runs the corpus.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { fromDebian, fromNpm } from './install.mjs';

const page = `<!doctype html><meta charset="utf-8"><title></title><script type="module">
import { answer } from './corpus.mjs';
import { createEngineSync } from './dist/index.js';
import { runTokens } from './tokens.mjs';
const load = async (name) => (await fetch(name)).arrayBuffer();
try {
  const kernels = answer(await load('simd.wasm'), await load('relaxed.wasm'));
  document.body.textContent = JSON.stringify({ ...kernels, tokens: runTokens(createEngineSync) });
  document.title = 'done';
} catch (error) {
  document.body.textContent = error;
  document.title = 'failed';
}
</script><body></body>`;

/** Serves the page, the corpus, the binaries and the package; the result is the address and a way to stop. */
export async function serve(binaries) {
  const script = (path) => ['text/javascript', readFileSync(path)];
  const folder = dirname(binaries.entry);
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const files = {
    '/': ['text/html', page],
    '/corpus.mjs': script(new URL('./corpus.mjs', import.meta.url)),
    '/tokens.mjs': script(new URL('./tokens.mjs', import.meta.url)),
    ...Object.fromEntries(scripts.map((name) => [`/dist/${name}`, script(join(folder, name))])),
    '/simd.wasm': ['application/wasm', readFileSync(binaries.simd)],
    '/relaxed.wasm': ['application/wasm', readFileSync(binaries.relaxed)],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ['text/plain', undefined];
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

/**
 * @typedef {object} Browser one that runs, without a window
 * @property {string} version
 * @property {(url: string) => Promise<Page>} open
 * @property {() => Promise<void>} close ends it and all that it started
 *
 * @typedef {{ title: () => Promise<string>, text: () => Promise<string> }} Page
 */

/**
 * Finds or installs Chromium and playwright-core, or throws that they are not available.
 * @param {{ install: boolean }} how
 * @returns a function that starts it: a browser of that library
 */
export function findChromium(how) {
  const core = fromNpm('playwright-core', 'playwright-core@1.65.1', 'index.mjs', how);
  const executablePath = fromDebian('/usr/bin/chromium', ['chromium'], how);
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet];
  return async () => {
    const { chromium } = await import(pathToFileURL(core).href);
    return chromium.launch({ executablePath, args });
  };
}

/**
 * The same for Firefox and puppeteer-core.
 * @param {{ install: boolean }} how
 * @returns a function that starts it with preferences of about:config, where they are given
 */
export function findFirefox(how) {
  const core = fromNpm('puppeteer-core', 'puppeteer-core@25.16.0', 'lib/puppeteer/puppeteer-core.js', how);
  const executablePath = fromDebian('/usr/bin/firefox-esr', ['firefox-esr'], how);
  return async (extraPrefsFirefox = {}) => {
    const { default: puppeteer } = await import(pathToFileURL(core).href);
    return puppeteer.launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox });
  };
}

/** @param {ReturnType<typeof findChromium>} launch @returns {Promise<Browser>} */
async function startChromium(launch) {
  const browser = await launch();
  return {
    version: browser.version(),
    async open(url) {
      const tab = await browser.newPage();
      await tab.goto(url);
      return { title: () => tab.title(), text: () => tab.textContent('body') };
    },
    close: () => browser.close(),
  };
}

/** @param {ReturnType<typeof findFirefox>} launch @returns {Promise<Browser>} */
async function startFirefox(launch) {
  const browser = await launch();
  return {
    version: (await browser.version()).replace(/^\D*/, ''),
    async open(url) {
      const tab = await browser.newPage();
      await tab.goto(url);
      return { title: () => tab.title(), text: () => tab.evaluate('document.body.textContent') };
    },
    close: () => browser.close(),
  };
}

async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** WebKitGTK by the WebDriver protocol, with a virtual screen. Its only page is the last opened. @returns {Promise<Browser>} */
async function startWebKit(driverPath) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'softmax-simd-webkit-')); // xvfb-run leaves files behind
  const driver = spawn('xvfb-run', ['--auto-servernum', driverPath, `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, TMPDIR: folder, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
  });
  const ended = new Promise((resolve) => {
    driver.once('error', resolve).once('exit', resolve);
  });
  const ask = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  const kill = () => {
    try {
      process.kill(-driver.pid, 'SIGTERM'); // the screen and the browser are of its group
    } catch {
      // it has ended by itself
    }
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', kill);
  let session;
  const close = async () => {
    try {
      if (session) await ask('DELETE', session);
    } finally {
      process.off('exit', kill);
      kill();
      await ended;
    }
  };
  try {
    await until(async () => (await ask('GET', '/status')).ready, 20_000);
    const { sessionId, capabilities } = await ask('POST', '/session', { capabilities: {} });
    session = `/session/${sessionId}`;
    return {
      version: capabilities.browserVersion,
      async open(url) {
        await ask('POST', `${session}/url`, { url });
        const script = 'return document.body.textContent';
        return {
          title: () => ask('GET', `${session}/title`),
          text: () => ask('POST', `${session}/execute/sync`, { script, args: [] }),
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The browsers. `find` finds or installs one, or throws that it is not available; the function it returns starts it.
 * @type {{ name: string, find: (how: { install: boolean }) => () => Promise<Browser> }[]}
 */
export const browsers = [
  {
    name: 'Chromium',
    find(how) {
      const launch = findChromium(how);
      return () => startChromium(launch);
    },
  },
  {
    name: 'Firefox',
    find(how) {
      const launch = findFirefox(how);
      return () => startFirefox(launch);
    },
  },
  {
    name: 'WebKitGTK',
    find(how) {
      const driver = fromDebian('/usr/bin/WebKitWebDriver', ['webkit2gtk-driver', 'xvfb', 'xauth'], how);
      return () => startWebKit(driver);
    },
  },
];

const TIMEOUT = 120_000;

/** What a page says in JSON, once its title is no longer empty; @throws Error with its text where the title is not "done" */
export async function answerOf(start, url) {
  const browser = await start();
  try {
    const page = await browser.open(url);
    await until(async () => (await page.title()) !== '', TIMEOUT);
    const text = await page.text();
    if ((await page.title()) !== 'done') throw new Error(text);
    return { version: browser.version, ...JSON.parse(text) };
  } finally {
    await browser.close();
  }
}

/** Asks every 100 ms; an error counts as no. */
async function until(condition, milliseconds) {
  const end = Date.now() + milliseconds;
  let last;
  while (Date.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`no answer within ${milliseconds / 1000} s${last ? `: ${last.message}` : ''}`);
}
