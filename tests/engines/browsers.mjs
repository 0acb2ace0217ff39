// The corpus in browsers: a page that runs it, and three ways of opening a page.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

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

function read(title, text) {
  if (title !== 'done') throw new Error(text);
  return JSON.parse(text);
}

const TIMEOUT = 120_000;

/** @param {string} core a file of playwright-core @param {string} executable */
export async function runChromium(core, executable, url) {
  const { chromium } = await import(pathToFileURL(core).href);
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet];
  const browser = await chromium.launch({ executablePath: executable, args });
  try {
    const tab = await browser.newPage();
    await tab.goto(url);
    await tab.waitForFunction('document.title !== ""', undefined, { timeout: TIMEOUT });
    return { version: browser.version(), ...read(await tab.title(), await tab.textContent('body')) };
  } finally {
    await browser.close();
  }
}

/** @param {string} core a file of puppeteer-core @param {string} executable */
export async function runFirefox(core, executable, url) {
  const { default: puppeteer } = await import(pathToFileURL(core).href);
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: executable, headless: true });
  try {
    const tab = await browser.newPage();
    await tab.goto(url);
    await tab.waitForFunction('document.title !== ""', { timeout: TIMEOUT });
    const version = (await browser.version()).replace(/^\D*/, '');
    return { version, ...read(await tab.title(), await tab.evaluate('document.body.textContent')) };
  } finally {
    await browser.close();
  }
}

async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** WebKitGTK by the WebDriver protocol, with a virtual screen. */
export async function runWebKit(driverPath, url) {
  const port = await freePort();
  const driver = spawn('xvfb-run', ['--auto-servernum', driverPath, `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
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
  try {
    await until(async () => (await ask('GET', '/status')).ready, 20_000);
    const { sessionId, capabilities } = await ask('POST', '/session', { capabilities: {} });
    const session = `/session/${sessionId}`;
    await ask('POST', `${session}/url`, { url });
    await until(async () => (await ask('GET', `${session}/title`)) !== '', TIMEOUT);
    const text = await ask('POST', `${session}/execute/sync`, { script: 'return document.body.textContent', args: [] });
    const title = await ask('GET', `${session}/title`);
    await ask('DELETE', session);
    return { version: capabilities.browserVersion, ...read(title, text) };
  } finally {
    try {
      process.kill(-driver.pid, 'SIGTERM'); // the screen and the browser are of its group
    } catch {
      // it has ended by itself
    }
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
