// npm run test:browser: the suites that need nothing of Node.js, as they are, in every browser there is.

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseSequencer, startVitest } from 'vitest/node';
import { browsers } from '../engines/browsers.mjs';
import { chosen } from '../engines/options.mjs';
import { providerOf } from './provider.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Those that take the longest first, so that no page waits for another in the end. */
const ROOMS = ['agree', 'memory', 'accuracy', 'laws', 'unit', 'golden'];

/** What must run where. WebKitGTK has no relaxed SIMD yet: tests/unit/backends.test.ts finds out. */
const BACKENDS = { Chromium: ['js', 'simd', 'relaxed'], Firefox: ['js', 'simd', 'relaxed'], WebKitGTK: ['js', 'simd'] };

/** Of the first browser's server; the others have the next ones. */
const PORT = 23401;

const {
  positionals: files,
  how,
  isWanted,
  isRequired,
} = chosen({
  command: 'test:browser',
  kind: 'browser',
  names: browsers.map(({ name }) => name),
  usage: ' [files]',
  more: ['Files are parts of their paths: tests/unit/check, for one.'],
  allowPositionals: true,
});

const failures = [];
const found = [];
const missing = [];
for (const { name, find } of browsers) {
  if (!isWanted(name)) continue;
  try {
    const start = find(how);
    found.push({ name, start, version: '', passed: 0, failed: 0, skipped: 0, backends: new Set(), files: [] });
  } catch (error) {
    missing.push(`${name}: not available: ${error.message}`);
    if (isRequired(name)) failures.push(`${name} is required`);
  }
}
if (found.length === 0) failures.push('no browser, no test');

async function start(browser) {
  const started = await browser.start();
  browser.version = started.version;
  return started;
}

class InOrderOfRooms extends BaseSequencer {
  async sort(specifications) {
    const sorted = await super.sort(specifications);
    return ROOMS.flatMap((room) => sorted.filter(({ moduleId }) => moduleId.includes(`/tests/${room}/`)));
  }
}

const reporter = {
  onTestRunStart(specifications) {
    for (const { project, moduleId } of specifications) of(project).files.push(relative(root, moduleId));
  },
  onTestRunEnd(modules, errors) {
    for (const module of modules) {
      const browser = of(module.project);
      if (['passed', 'skipped'].includes(module.state())) {
        browser.files = browser.files.filter((file) => file !== module.relativeModuleId);
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        browser[state === 'pending' ? 'failed' : state]++;
        const [, backend] = /^runs on (\w+)$/.exec(test.name) ?? [];
        if (backend && state === 'passed') browser.backends.add(backend);
      }
    }
    for (const { message } of errors) failures.push(message);
  },
};
const of = ({ name }) => found.find((browser) => browser.name === name);

if (found.length > 0) {
  const vitest = await startVitest('test', files, {
    config: false,
    root,
    watch: false,
    reporters: ['default', reporter],
    slowTestThreshold: Infinity,
    sequence: { sequencer: InOrderOfRooms },
    projects: found.map((browser, i) => ({
      optimizeDeps: { include: ['@assemblyscript/loader', 'decimal.js', 'fast-check'] }, // found later, they reload the page
      test: {
        name: `in ${browser.name}`,
        include: ROOMS.map((room) => `tests/${room}/**/*.test.ts`),
        maxWorkers: 2,
        testTimeout: 60_000,
        hookTimeout: 120_000,
        browser: {
          enabled: true,
          api: { port: PORT + i },
          headless: true,
          screenshotFailures: false,
          provider: providerOf(() => start(browser)),
          instances: [{ browser: browser.name.toLowerCase(), name: browser.name }],
        },
      },
    })),
  });
  await vitest.close();
}

for (const { name, passed, failed, backends, files: open } of found) {
  if (failed > 0) failures.push(`${name}: ${failed} tests failed`);
  for (const file of open) failures.push(`${name}: ${file} did not pass`);
  if (passed === 0) failures.push(`${name}: no test passed`);
  const lacking = BACKENDS[name].filter((backend) => !backends.has(backend));
  if (files.length === 0 && lacking.length > 0) failures.push(`${name}: nothing ran on ${lacking.join(', ')}`);
}

const table = [
  ['browser', 'version', 'passed', 'failed', 'skipped', 'backends'],
  ...found.map(({ name, version, passed, failed, skipped, backends }) =>
    [name, version, passed, failed, skipped, [...backends].join(', ')].map(String),
  ),
];
const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
for (const row of table)
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
for (const line of [...missing, ...failures]) console.log(line);
if (failures.length > 0) process.exitCode = 1;
