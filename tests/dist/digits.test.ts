import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count, epochLines, type Run, root, runNode, runWithHook } from '../tools/examples.ts';

const main = join(root, 'examples/digits/main.mjs');
const runDigits = (...args: string[]) => runNode(main, ...args);
const runChanged = (module: string, text: string, replacement: string, added?: string[]) =>
  runWithHook([main, '--no-report', '--epochs', '30'], module, text, replacement, added);

describe('a full run without a terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'softmax-simd-digits-'));
  const reportPath = join(folder, 'made/on/the/way/report.html');
  let run: Run;
  let page: string;

  beforeAll(async () => {
    run = await runDigits('--report', reportPath);
    page = readFileSync(reportPath, 'utf8');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('ends well', () => {
    expect(run).toMatchObject({ status: 0, stderr: '' });
  });

  test('says which backend ran', () => {
    expect(run.stdout).toMatch(/^Backend (relaxed|simd|js), Node \d+/m);
  });

  test('prints a handful of plain lines', () => {
    for (const control of ['\r', '\x1b']) expect(run.stdout).not.toContain(control);
    const lines = epochLines(run.stdout);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(8);
    for (const line of lines) expect(line).toMatch(/^epoch \d+ of 60: loss 0\.\d{4}, test accuracy 0\.\d{4}$/);
  });

  test('checks the gradients of every weight, bias and pixel first', () => {
    const [line, entries, error] = run.stdout.match(
      /^Gradients +(\d+) entries against central differences: at most (\S+) of the largest apart$/m,
    )!;
    expect(Number(entries)).toBe(10 * 65 + 8 * 64);
    expect(Number(error)).toBeGreaterThan(0);
    expect(Number(error)).toBeLessThan(1e-7);
    expect(run.stdout.indexOf(line)).toBeLessThan(run.stdout.indexOf('epoch 1 '));
  });

  test('reaches 0.90 on the test rows', () => {
    const [, accuracy, correct] = run.stdout.match(/^Test accuracy +(0\.\d+) \((\d+) of 360\)$/m)!;
    expect(Number(accuracy)).toBeGreaterThanOrEqual(0.9);
    expect(Number(accuracy)).toBeCloseTo(Number(correct) / 360, 4);
  });

  test('finds the backend and the reference agreeing, and times both', () => {
    const [, ulp] = run.stdout.match(/^Agreement .* apart, (\d+\.\d+) ulp$/m)!;
    expect(Number(ulp)).toBeLessThanOrEqual(3);
    expect(Number(ulp)).toBeGreaterThan(0);
    expect(run.stdout).toMatch(/^Time +\d+\.\d\d s /m);
    expect(run.stdout).toMatch(/^Speed .* \d+\.\d ns, reference \d+\.\d ns per element: \d+\.\d times as fast$/m);
  });

  test('the report has the pictures, each with a description', () => {
    const digits = 6;
    const temperatures = 4;
    const pictures = 2 + digits + digits * temperatures + 1; // the Jacobian
    expect(count(page, /<svg /g)).toBe(pictures);
    expect(count(page, /role="img" aria-label="[^"]{10,}"><svg /g)).toBe(pictures);
    for (const temperature of ['0.1', '0.5', '1', '10']) {
      expect(count(page, new RegExp(`<h4>T = ${temperature}</h4>`, 'g'))).toBe(digits);
    }
    expect(page.match(/NaN|undefined|\[object/g)).toBeNull();
  });

  test('the Jacobian of one unsure digit: a hundred entries that sum to 0 as far as they are printed', () => {
    const [, picture] = page.match(/aria-label="Jacobian of the probabilities [^"]+"><svg ([\s\S]*?)<\/svg>/)!;
    const texts = [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text.trim());
    const entries = texts.filter((text) => /^−?\.\d{3}$|^0$/.test(text)).map((text) => Number(text.replace('−', '-')));
    const axes = 2; // each has a 0 of its own
    expect(entries.length).toBe(100 + axes);
    expect(Math.abs(entries.reduce((sum, entry) => sum + entry, 0))).toBeLessThanOrEqual(100 * 0.0005);
    expect(Math.max(...entries)).toBeGreaterThan(0.1); // an unsure digit
    expect(Math.min(...entries)).toBeLessThan(-0.1);
  });

  test('the report needs nothing from outside', () => {
    expect(page.match(/<script|<link|<img|\ssrc=|\shref=|@import|url\((?!#)/gi)).toBeNull();
  });

  test('the table behind the confusion matrix counts every test digit, the right ones on the diagonal', () => {
    const [body] = page.match(/<tbody>\s*<tr><th scope="row">0<[\s\S]*?<\/tbody>/)!;
    const rows = body.split('</tr>').slice(0, 10);
    const counts = rows.map((row) => [...row.matchAll(/<td>(\d+)<\/td>/g)].map(([, value]) => Number(value)));
    expect(counts.map((row) => row.length)).toEqual(new Array(10).fill(10));
    expect(counts.flat().reduce((a, b) => a + b)).toBe(360);
    const [, correct] = run.stdout.match(/\((\d+) of 360\)/)!;
    expect(counts.reduce((sum, row, digit) => sum + row[digit], 0)).toBe(Number(correct));
  });
});

test('the seed decides the run', { timeout: 60_000 }, async () => {
  const lines = async (seed: string) =>
    epochLines((await runDigits('--no-report', '--epochs', '2', '--seed', seed)).stdout);
  const [first, same, other] = await Promise.all([lines('7'), lines('7'), lines('8')]);
  expect(first).toHaveLength(2);
  expect(same).toEqual(first);
  expect(other).not.toEqual(first);
});

describe.concurrent('exit code 1', () => {
  test('when the accuracy is too low', { timeout: 60_000 }, async () => {
    const run = await runDigits('--no-report', '--epochs', '1');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^digits: test accuracy is 0\.\d{4}; wanted is 0\.90 or more\.$/m);
  });

  test('when a gradient is wrong: nothing is trained on it', { timeout: 60_000 }, async () => {
    const run = await runChanged('/model.mjs', 'return linearCrossEntropy(', 'return spoil(', [
      'function spoil(problem) {',
      '  const result = linearCrossEntropy(problem);',
      '  result.gradBias[3] *= 1.01;',
      '  return result;',
      '}',
    ]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^digits: gradient 643 is wrong by \d\.\de-\d; allowed is what rounding explains\.\n$/);
    expect(run.stdout).not.toContain('epoch');
  });

  test('when backend and reference disagree', { timeout: 60_000 }, async () => {
    // No two roundings agree when nothing is allowed: a loader hook lowers the bound.
    const run = await runChanged('/compare.mjs', 'ALLOWED_ULP = 3', 'ALLOWED_ULP = 0');
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^digits: \w+ and reference differ by \d\S* ulp; allowed are 0\.\n$/);
  });

  test.each([
    ['off by some ulp', '1 + 2 ** -20'],
    ['not a number', 'NaN'],
  ])('when the backend is %s', { timeout: 60_000 }, async (_, factor) => {
    const script = `
      import { compare } from './examples/digits/compare.mjs';
      import { getDefaultEngine } from 'softmax-simd';
      const engine = {
        backend: 'wrong',
        softmax(x, options) {
          const y = getDefaultEngine().softmax(x, options);
          y[5] *= ${factor};
          return y;
        },
      };
      const logits = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
      console.log(compare(getDefaultEngine(), logits, [10, 10]).agrees, compare(engine, logits, [10, 10]).agrees);`;
    expect(await runNode('--input-type=module', '--eval', script)).toMatchObject({
      stdout: 'true false\n',
      stderr: '',
    });
  });
});

describe.concurrent('exit code 2 and what is allowed, for', () => {
  test.each([
    [['--epochs', '0'], "--epochs is '0'; allowed are whole numbers from 1 to 10000."],
    [['--epochs', '1.5'], "--epochs is '1.5'; allowed are whole numbers from 1 to 10000."],
    [['--seed', '4294967296'], "--seed is '4294967296'; allowed are whole numbers from 0 to 4294967295."],
    [['--seed='], "--seed is ''; allowed are whole numbers from 0 to 4294967295."],
    [['--report', 'x.html', '--no-report'], '--report and --no-report were both given; allowed is one of them.'],
    [['--report='], '--report is empty; allowed is the path of a file.'],
    [['--colour'], "Unknown option '--colour'"],
    [['ten'], "Unexpected argument 'ten'"],
  ])('%j', async (args, message) => {
    const run = await runDigits(...args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr.startsWith(`digits: ${message}`), run.stderr).toBe(true);
  });

  test('a report that cannot be written', { timeout: 60_000 }, async () => {
    const run = await runDigits('--epochs', '1', '--report', root);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain(`digits: --report ${root} cannot be written: `);
  });
});

test('--help', async () => {
  const run = await runDigits('--help');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  for (const option of ['--epochs', '--seed', '--report', '--no-report']) expect(run.stdout).toContain(option);
});

test('the bar leaves cursor and wrapping of a terminal as they are: an interrupt could not put them back', async () => {
  const { createProgress } = await import(new URL('../../examples/shared/progress.mjs', import.meta.url).href);
  let written = '';
  const terminal = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  const bar = createProgress(2, Object.assign(terminal, { isTTY: true, columns: 80 }));
  bar.update(1, 'loss 0.5');
  bar.stop();
  expect(written).toContain('loss 0.5');
  expect(written).not.toContain('\x1b[?');
});
