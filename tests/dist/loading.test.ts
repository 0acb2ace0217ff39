// The programs of docs/loading.md that are files: web workers and edge runtimes, as near as Node.js comes to them. `npm run test:hosts` runs such
// programs on the hosts themselves.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docs/loading.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'softmax-simd-loading-'));
afterAll(() => rmSync(folder, { recursive: true }));

mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules/softmax-simd'));
const write = (name: string, code: string) => writeFileSync(join(folder, name), code);
write('package.json', '{ "type": "module" }');
for (const [, name, code] of text.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm)) write(name, code);

async function node(...words: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, words, { cwd: folder });
  expect(stderr).toBe('');
  return stdout.trim();
}

test('a page and its worker', async () => {
  write(
    'start-worker.mjs',
    `import { parentPort } from 'node:worker_threads';
    globalThis.postMessage = (data, transferred) => parentPort.postMessage(data, transferred);
    globalThis.onmessage = null;
    await import('./worker.js');
    parentPort.once('message', (data) => globalThis.onmessage({ data }));`,
  );
  write(
    'start-page.mjs',
    `import { Worker } from 'node:worker_threads';
    globalThis.Worker = class extends Worker {
      constructor(url) {
        if (!url.href.endsWith('/worker.js')) throw new Error(url.href);
        super(new URL('./start-worker.mjs', url));
        this.once('message', (data) => this.onmessage({ data }));
      }
    };
    const { log } = console;
    console.log = (data) => log(data.constructor.name, ...data);
    await import('./page.js');`,
  );
  const [, name, shown] = /console\.log\(data\); \/\/ (\w+) \[(.*)\]/.exec(text) ?? [];
  const [type, ...values] = (await node('start-page.mjs')).split(' ');
  expect(type).toBe(name);
  expect(values.map((value) => value.slice(0, 6))).toEqual(shown.split(', ').map((value) => value.replace('…', '')));
});

test('an edge runtime, which gives a module for a file', async () => {
  const hook = `
    export const load = (url, context, next) => url.endsWith('.wasm')
      ? {
          format: 'module',
          shortCircuit: true,
          source: \`import { readFileSync } from 'node:fs';
            export default new WebAssembly.Module(readFileSync(new URL(\${JSON.stringify(url)})));\`,
        }
      : next(url, context);`;
  write('hook.mjs', hook);
  write('preload.mjs', `import { register } from 'node:module'; register('./hook.mjs', import.meta.url);`);
  write(
    'start-edge.mjs',
    `import { getDefaultEngine } from 'softmax-simd';
    import { default as handler } from './edge.js';
    const response = await handler.fetch(new Request('http://localhost/', { method: 'POST', body: '[0, 0]' }));
    console.log(getDefaultEngine().backend, await response.text());`,
  );
  expect(await node('--conditions=workerd', '--import', './preload.mjs', 'start-edge.mjs')).toBe('simd [0.5,0.5]');
});

test.skipIf(!('require_module' in process.features))('CommonJS', async () => {
  write('main.cjs', `console.log(require('softmax-simd').softmax([0, 0]).join(' '));`);
  expect(await node('main.cjs')).toBe('0.5 0.5');
});
