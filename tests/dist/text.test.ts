import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count, epochLines, type Run, root, runNode, runWithHook } from '../tools/examples.ts';

const main = join(root, 'examples/text/main.mjs');
const runText = (...args: string[]) => runNode(main, ...args);

const PROMPT = 'Alice ';

/** The texts of a run, by their headings. */
function textsOf(stdout: string): Map<string, string> {
  const [, ...parts] = stdout.split(/^--- /m);
  return new Map(
    parts.map((part) => {
      const [, heading, text] = part.match(
        /^(.*): -?\d+\.\d\d bits per character\n([\s\S]*?)\n(?:\n(?:Report .*\n)?)?$/,
      )!;
      return [heading, text];
    }),
  );
}

describe('a short run without a terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'softmax-simd-text-'));
  const reportPath = join(folder, 'report.html');
  const length = 200;
  let run: Run;
  let page: string;

  beforeAll(async () => {
    run = await runText('--epochs', '2', '--length', String(length), '--report', reportPath);
    page = readFileSync(reportPath, 'utf8');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('ends well, on the backend with the same bits everywhere', () => {
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^Backend simd, Node \d+/m);
  });

  test('learns: the losses fall, and what was held out costs about half of what the frequencies alone give', () => {
    const lines = epochLines(run.stdout).map((line) =>
      line
        .match(/^epoch (\d) of 2: bits per character (\d\.\d{3}) in training, (\d\.\d{3}) held out$/)!
        .slice(1)
        .map(Number),
    );
    const [[, firstTrain, firstHeldOut], [, lastTrain, lastHeldOut]] = lines;
    expect(lastTrain).toBeLessThan(firstTrain);
    expect(lastHeldOut).toBeLessThan(firstHeldOut);
    const [, heldOut, frequencies] = run.stdout.match(/^Held out +(\d\.\d+) bits .* frequencies alone (\d\.\d+)$/m)!;
    expect(Number(heldOut)).toBe(lastHeldOut);
    expect(Number(heldOut)).toBeLessThan(0.55 * Number(frequencies));
    expect(Number(heldOut)).toBeGreaterThan(1.2 * lastTrain); // what it has not seen
  });

  test('draws a text at each temperature, with and without top-p', () => {
    const texts = textsOf(run.stdout);
    const headings = ['0.1', '0.5', '1', '2'].flatMap((T) => [`T = ${T}`, `T = ${T}, top-p 0.9`]);
    expect([...texts.keys()]).toEqual(headings);
    for (const text of texts.values()) {
      expect(text.startsWith(PROMPT)).toBe(true);
      expect(text).toHaveLength(PROMPT.length + length);
    }
    expect(texts.get('T = 1')).not.toBe(texts.get('T = 1, top-p 0.9'));
  });

  test('a higher temperature draws what is less probable', () => {
    const bits = [...run.stdout.matchAll(/^--- T = [\d.]+: (-?\d+\.\d\d) bits/gm)].map(([, value]) => Number(value));
    expect(bits).toHaveLength(4);
    expect([...bits].sort((a, b) => a - b)).toEqual(bits);
  });

  test('the report has the pictures, each with a description, and the texts', () => {
    expect(count(page, /<svg /g)).toBe(1 + 4);
    expect(count(page, /role="img" aria-label="[^"]{10,}"><svg /g)).toBe(1 + 4);
    const drawn = [...page.matchAll(/<blockquote>([\s\S]*?)<\/blockquote>/g)].map(([, html]) =>
      html.replace(/<[^>]*>/g, '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
    );
    expect(drawn).toEqual([...textsOf(run.stdout).values()]);
    expect(page.match(/NaN|undefined|\[object/g)).toBeNull();
  });

  test('the histograms of 1000 draws are what the probabilities of [2, 1, 3, 5, 4] let expect', () => {
    const charts = [...page.matchAll(/aria-label="T = ([\d.]+): (logit [^"]*)"/g)];
    expect(charts.map(([, T]) => T)).toEqual(['0.1', '0.5', '1', '10']);
    for (const [, T, text] of charts) {
      const bars = [...text.matchAll(/logit (\d) (\d+) times, expected (\d+\.\d)/g)].map((bar) =>
        bar.slice(1).map(Number),
      );
      const sum = [2, 1, 3, 5, 4].reduce((total, z) => total + Math.exp(z / Number(T)), 0);
      expect(bars.map(([logit]) => logit)).toEqual([2, 1, 3, 5, 4]);
      expect(bars.reduce((total, [, drawn]) => total + drawn, 0)).toBe(1000);
      for (const [logit, drawn, expected] of bars) {
        const p = Math.exp(logit / Number(T)) / sum;
        expect(expected).toBeCloseTo(1000 * p, 1);
        expect(Math.abs(drawn - 1000 * p)).toBeLessThanOrEqual(1 + 5 * Math.sqrt(1000 * p * (1 - p)));
      }
    }
  });

  test('the report needs nothing from outside', () => {
    expect(page.match(/<script|<link|<img|\ssrc=|\shref=|@import|url\((?!#)/gi)).toBeNull();
  });
});

test('the seed decides the texts, and nothing else does', { timeout: 60_000 }, async () => {
  const texts = async (seed: string) =>
    textsOf((await runText('--no-report', '--epochs', '1', '--length', '40', '--seed', seed)).stdout);
  const [first, same, other] = await Promise.all([texts('9007199254740991'), texts('9007199254740991'), texts('8')]);
  expect(first.size).toBe(8);
  expect(same).toEqual(first);
  expect(other.get('T = 1')).not.toBe(first.get('T = 1'));
  // The same on every engine and processor. A change of bits in the SIMD build or in sampling changes it.
  expect(other.get('T = 1')).toBe('Alice she think," she at and selatasou?" ODind');
});

test('exit code 1 when the model has not learned', { timeout: 60_000 }, async () => {
  const args = [main, '--no-report', '--epochs', '1', '--length', '1'];
  const run = await runWithHook(args, '/text/model.mjs', 'step: 0.1', 'step: 0.001');
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/^text: held out are \d\.\d{3} bits per character; wanted are 2\.5 or less\.\n$/);
});

describe.concurrent('exit code 2 and what is allowed, for', () => {
  test.each([
    [['--epochs', '0'], "--epochs is '0'; allowed are whole numbers from 1 to 1000."],
    [['--length', '-1'], "Option '--length' argument is ambiguous."],
    [['--length', '0'], "--length is '0'; allowed are whole numbers from 1 to 100000."],
    [
      ['--seed', '9007199254740992'],
      "--seed is '9007199254740992'; allowed are whole numbers from 0 to 9007199254740991.",
    ],
    [['--report', 'x.html', '--no-report'], '--report and --no-report were both given; allowed is one of them.'],
    [['--colour'], "Unknown option '--colour'"],
  ])('%j', async (args, message) => {
    const run = await runText(...args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr.startsWith(`text: ${message}`), run.stderr).toBe(true);
  });
});

test('--help', async () => {
  const run = await runText('--help');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  for (const option of ['--epochs', '--length', '--seed', '--report', '--no-report'])
    expect(run.stdout).toContain(option);
});
