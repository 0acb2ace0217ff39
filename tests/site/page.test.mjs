// The built page in browsers, by hand and by keyboard; its numbers against the package in Node.js.

import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { logSoftmax, sample, softmax, softmaxJacobian } from 'softmax-simd';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseNumber } from '../../site/numbers.mjs';
import { initialState } from '../../site/state.mjs';
import { browsers } from './browsers.mjs';
import { serveAsSite, servePlainly } from './servers.mjs';

const screenshots = fileURLToPath(new URL('./screenshots/', import.meta.url));
const { x: initialLogits } = initialState();

/** The browser's backend may be another than that of Node.js: equal to rounding. */
function expectClose(actual, expected) {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const bound = Number.isFinite(expected[i]) ? 1e-13 * Math.max(Math.abs(expected[i]), 1e-300) : 0;
    const isClose = Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= bound;
    expect(isClose, `entry ${i} is ${value}, not ${expected[i]}`).toBe(true);
  });
}

/** As the page writes it. */
function callOf(x, options) {
  const [option] = Object.entries(options).map(([name, value]) => `, { ${name}: ${value} }`);
  return `softmax([${x.map((value) => String(value).replace('e+', 'e')).join(', ')}]${option ?? ''})`;
}

describe.each(browsers)('$name', ({ name, start }) => {
  let browser;
  let server;
  /** @type {import('./browsers.mjs').Tab} */
  let tab;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    server = await serveAsSite();
    browser = await start();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    tab = await browser.open();
  });
  afterEach(async () => {
    await tab.close();
    expect(tab.problems).toEqual([]);
    const outside = tab.requests.filter((url) => !url.startsWith('http://127.0.0.1:') && !/^(data|blob):/.test(url));
    expect(outside).toEqual([]);
  });

  const ready = () => tab.until(() => document.querySelector('#results-table td') !== null);
  async function visit(hash = '', url = server.url) {
    await tab.goto(url + hash);
    await ready();
  }

  /** The columns of a table, without the headings of its rows. */
  async function table(id) {
    const rows = await tab.evaluate(
      (selector) =>
        Array.from(document.querySelectorAll(`${selector} tbody tr`), (row) =>
          Array.from(row.querySelectorAll('data'), (data) => data.value),
        ),
      `#${id}`,
    );
    return rows[0].map((_, column) => rows.map((row) => parseNumber(row[column])));
  }
  async function reopen(preferences) {
    await tab.close();
    tab = await browser.open(preferences);
  }
  const text = (selector) => tab.evaluate((s) => document.querySelector(s).textContent, selector);
  const hash = () => tab.evaluate(() => location.hash);
  const untilHash = (wanted) => tab.until((h) => location.hash === h, wanted);
  const focus = (selector) => tab.evaluate((s) => document.querySelector(s).focus(), selector);
  const press = async (key, times = 1) => {
    for (let i = 0; i < times; i++) await tab.keyboard.press(key);
  };
  async function write(selector, words) {
    await tab.evaluate((s) => {
      document.querySelector(s).focus();
      document.querySelector(s).select();
    }, selector);
    await tab.keyboard.type(words);
  }

  /** In the middle of a part of the window, 0 to 1 each way. */
  async function pointOf(selector, across = 0.5, down = 0.5) {
    const box = await tab.evaluate((s) => {
      const element = document.querySelector(s);
      element.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = element.getBoundingClientRect();
      return { left, top, width, height };
    }, selector);
    return [box.left + across * box.width, box.top + down * box.height];
  }

  async function expectResults(x, options) {
    const [logits, probabilities, logProbabilities] = await table('results-table');
    expect(logits).toEqual(x);
    expectClose(probabilities, softmax(x, options));
    expectClose(logProbabilities, logSoftmax(x, options));
  }

  test('runs on WebAssembly, isolated', async () => {
    await visit();
    expect(await text('#backend')).toMatch(/^WebAssembly (relaxed )?SIMD$/);
    expect(await text('#isolation')).toBe('cross-origin isolated');
    expect(await tab.evaluate(() => self.crossOriginIsolated)).toBe(true);
    await expectResults(initialLogits, {});
  });

  test('the numbers are those of the package', async () => {
    await visit('#x=0');
    for (const [address, x, options] of [
      ['#x=1,2,3', [1, 2, 3], {}],
      ['#x=1000,1001,1002&T=0.5', [1000, 1001, 1002], { temperature: 0.5 }],
      ['#x=1,3,3&T=0', [1, 3, 3], { temperature: 0 }],
      ['#x=1,-inf,3&T=inf', [1, -Infinity, 3], { temperature: Infinity }],
      ['#x=1,2,3&b=10', [1, 2, 3], { base: 10 }],
      ['#x=1,2,-3&b=0.5', [1, 2, -3], { base: 0.5 }],
      ['#x=-inf,-inf', [-Infinity, -Infinity], {}],
      ['#x=1e300,-1e300,0', [1e300, -1e300, 0], {}],
      ['#x=7', [7], {}],
    ]) {
      await tab.evaluate((h) => {
        location.hash = h;
      }, address);
      await tab.until((call) => document.querySelector('#call').textContent === call, callOf(x, options));
      await expectResults(x, options);
      expectClose((await table('jacobian-table')).flat(), softmaxJacobian(softmax(x, options)).flat());
      const isMissing = await tab.evaluate(() => !document.querySelector('#no-distribution').hidden);
      expect(isMissing).toBe(x.every((value) => value === -Infinity));
    }
  });

  test('the bars are as high as the probabilities', async () => {
    await visit('#x=0,1,2,3');
    await tab.until(() => document.querySelectorAll('#probability-chart path[fill="var(--accent)"]').length === 4);
    const heights = await tab.evaluate(() =>
      Array.from(document.querySelectorAll('#probability-chart path[fill="var(--accent)"]'), (bar) => bar.getBBox())
        .sort((a, b) => a.x - b.x)
        .map((box) => box.height),
    );
    const expected = softmax([0, 1, 2, 3]);
    heights.forEach((height, i) => {
      expect(Math.abs(height - (heights[3] * expected[i]) / expected[3])).toBeLessThan(1.5); // drawn on whole pixels
    });
  });

  test('logits by text; what is wrong is said, and the last right ones stay', async () => {
    await visit();
    await write('#logits', '1 2 4');
    await expectResults([1, 2, 4], {});
    await write('#logits', 'x');
    expect(await text('#logits-error')).toBe('Logit 0 is “x”; allowed are finite numbers and -inf.');
    expect(await tab.evaluate(() => document.querySelector('#logits').getAttribute('aria-invalid'))).toBe('true');
    await focus('#share');
    expect(await tab.evaluate(() => document.querySelector('#logits').value)).toBe('1, 2, 4');
    expect(await tab.evaluate(() => document.querySelector('#logits-error').hidden)).toBe(true);
    await tab.click('#add');
    await expectResults([1, 2, 4, 0], {});
    await tab.click('#remove');
    await tab.click('#remove');
    await expectResults([1, 2], {});
    await tab.click('[data-logits="2,1,-inf,3,-inf,0"]');
    await expectResults([2, 1, -Infinity, 3, -Infinity, 0], {});
  });

  test('logits by dragging: one step of the history', async () => {
    await visit('#x=0,0,0');
    const steps = await tab.evaluate(() => history.length);
    const track = '.bar:nth-child(2) .track';
    const [left, middle] = await pointOf(track);
    const [, top] = await pointOf(track, 0.5, 0.25);
    await tab.mouse.move(left, middle);
    await tab.mouse.down();
    for (let i = 1; i <= 10; i++) await tab.mouse.move(left + i, middle + ((top - middle) * i) / 10);
    await sleep(600); // a rest while held is no end
    await tab.mouse.move(left, top);
    await tab.mouse.up();
    await tab.mouse.move(left, middle); // follows no longer
    const [logits] = await table('results-table');
    expect(logits).toEqual([0, expect.closeTo(5, 0), 0]);
    await expectResults(logits, {});
    await untilHash(`#x=${logits}`);
    expect(await tab.evaluate(() => history.length)).toBe(steps + 1);
  });

  test('logits by keyboard', async () => {
    await visit('#x=0,0,-inf');
    const bar = (i) => `.bar:nth-child(${i + 1})`;
    const heard = (i) => tab.evaluate((s) => document.querySelector(s).getAttribute('aria-valuetext'), bar(i));
    await focus(bar(0));
    await press('ArrowUp', 3);
    await press('PageUp');
    await expectResults([1.3, 0, -Infinity], {});
    await press('Tab');
    await press('ArrowLeft');
    await press('PageDown');
    await expectResults([1.3, -1.1, -Infinity], {});
    await press('End');
    await press('ArrowUp');
    expect(await heard(1)).toBe('10');
    await press('Home');
    expect(await heard(1)).toBe('−10');
    await press('Tab');
    expect(await heard(2)).toBe('minus infinity');
    await press('ArrowUp');
    await expectResults([1.3, -10, -9.9], {});
  });

  test('temperature and base, by sliders and as numbers', async () => {
    await visit();
    await focus('#T');
    await press('ArrowRight');
    await expectResults(initialLogits, { temperature: 1.2 });
    await press('Home');
    await expectResults(initialLogits, { temperature: 0 });
    await press('End');
    await expectResults(initialLogits, { temperature: Infinity });
    await write('#T-field', '0.37');
    await expectResults(initialLogits, { temperature: 0.37 });
    await write('#T-field', '-1');
    expect(await tab.evaluate(() => document.querySelector('#b').value)).toBe('17'); // e^(1 / 0.37) = 14.9, and the next stop is 20
    expect(await text('#T-error')).toBe('T is “-1”; allowed are numbers from 0 on, inf included.');
    await focus('#b');
    expect(await tab.evaluate(() => document.querySelector('#T-field').value)).toBe('0.37');
    await press('End');
    await expectResults(initialLogits, { base: 1e4 });
    expect(await text('#call')).toContain('{ base: 10000 }');
    await write('#b-field', '2');
    await expectResults(initialLogits, { base: 2 });
    await untilHash('#b=2');
  });

  test('translation leaves the probabilities, scaling sharpens them', async () => {
    await visit('#x=0,1,2&c=3&k=2&T=2');
    const s = softmax([0, 1, 2], { temperature: 2 });
    const shown = async (id) => (await table(id)).slice(1);
    const [moved, before, after] = await shown('translation-table');
    expect(moved).toEqual([3, 4, 5]);
    expectClose(before, s);
    expectClose(after, s);
    const [scaled, , sharper] = await shown('scaling-table');
    expect(scaled).toEqual([0, 2, 4]);
    expectClose(sharper, softmax([0, 1, 2]));
    await focus('#c');
    await press('End');
    expect((await shown('translation-table'))[0]).toEqual([1000, 1001, 1002]);
    expect(await text('#translation-result')).toMatch(
      /^Largest difference: \S+\. The largest e\^\(x \+ c\) by itself is ∞\.$/,
    );
    await focus('#k');
    await press('Home');
    expectClose((await shown('scaling-table'))[2], softmax([0, 0.05, 0.1], { temperature: 2 }));
  });

  test('draws are those of the package, whatever the seed and the filters', async () => {
    const count = (x, options) => {
      const counts = x.map(() => 0);
      for (const i of sample(x, options)) counts[i]++;
      return counts;
    };
    const x = [0, 1, 2, 0.5];
    await visit('#x=0,1,2,0.5&n=500&seed=7');
    const [probabilities, counts, shares] = await table('draws-table');
    expectClose(probabilities, softmax(x));
    expect(counts).toEqual(count(x, { count: 500, seed: 7 }));
    expectClose(
      shares,
      counts.map((times) => times / 500),
    );
    await focus('#seed');
    await press('ArrowRight');
    const drawn = async () => (await table('draws-table'))[1];
    expect(await drawn()).toEqual(count(x, { count: 500, seed: 8 }));
    await write('#topK-field', '2');
    expect(await drawn()).toEqual(count(x, { count: 500, seed: 8, topK: 2 }));
    expect(await text('#draws-result')).toBe('500 draws, and 2 of 4 entries came.');
    await write('#topP-field', '0.5');
    expect(await drawn()).toEqual(count(x, { count: 500, seed: 8, topK: 2, topP: 0.5 }));
    await visit('?#x=0,1,2,0.5&n=500&seed=9007199254740991&minP=0.3&T=0.5');
    expect(await drawn()).toEqual(count(x, { count: 500, seed: 9007199254740991, minP: 0.3, temperature: 0.5 }));
    await visit('??#x=0,1,2,0.5&n=500&b=0.5');
    expect(await drawn()).toEqual(count(logSoftmax(x, { base: 0.5 }), { count: 500, seed: 1 }));
    await visit('???#x=-inf');
    expect(await text('#draws-result')).toBe('Nothing to draw from.');
  });

  test('the Jacobian, by pointer and by keyboard', async () => {
    await visit('#x=0,1,2&cell=0,2');
    const entry = (i, j) => {
      const value = softmaxJacobian(softmax([0, 1, 2]))[i][j];
      return `∂s${'₀₁₂'[i]} / ∂z${'₀₁₂'[j]} = ${String(Number(value.toPrecision(4))).replace('-', '−')}`;
    };
    expect(await text('#jacobian-entry')).toBe(entry(0, 2));
    const [left, top] = await pointOf('#jacobian-chart svg', 0.55, 0.55); // the middle cell
    await tab.mouse.move(left, top);
    await tab.until((t) => document.querySelector('#jacobian-entry').textContent === t, entry(1, 1));
    await tab.mouse.move(0, 0);
    await tab.until((t) => document.querySelector('#jacobian-entry').textContent === t, entry(0, 2));
    await focus('#jacobian');
    await press('ArrowDown');
    await press('ArrowLeft');
    await press('ArrowUp', 2); // no further than the edge
    expect(await text('#jacobian-entry')).toBe(entry(0, 1));
    await press('Home');
    expect(await text('#jacobian-entry')).toBe(entry(0, 0));
    await untilHash('#x=0,1,2&cell=0,0');
  });

  test('the address holds what is shown: reload, back and forward', async () => {
    await visit('#x=1,2');
    await focus('.bar');
    await press('End');
    await untilHash('#x=10,2');
    await focus('#T');
    await press('Home');
    await untilHash('#x=10,2&T=0');
    await tab.reload();
    await ready();
    await expectResults([10, 2], { temperature: 0 });
    await tab.evaluate(() => history.back());
    await untilHash('#x=10,2');
    await expectResults([10, 2], {});
    await tab.evaluate(() => history.back());
    await untilHash('#x=1,2');
    await expectResults([1, 2], {});
    await tab.evaluate(() => history.forward());
    await untilHash('#x=10,2');
    await expectResults([10, 2], {});
    await tab.click('#reset');
    await untilHash('');
    await expectResults(initialLogits, {});
  });

  test('an address with mistakes: they are named, the rest counts', async () => {
    await visit('#x=1,2&T=abc&<img src=x onerror=alert(1)>=1');
    expect(await text('#notice-text')).toMatch(
      /T is “abc”; allowed are numbers from 0 on, inf included\. .*<img src.* is unknown/,
    );
    expect(await tab.evaluate(() => document.querySelector('#notice img'))).toBe(null);
    await expectResults([1, 2], {});
    await tab.click('#notice-close');
    expect(await tab.evaluate(() => document.querySelector('#notice').hidden)).toBe(true);
  });

  test('the link is in the address at once where it is asked for', async () => {
    await visit();
    await tab.click('[data-logits="1,2,3"]');
    await tab.click('#share');
    expect(await hash()).toBe('#x=1,2,3');
    await tab.until(() => document.querySelector('#share-status').textContent.startsWith('The link is '));
  });

  test('what is found is said, once the reader rests', async () => {
    await visit('#x=1,2,3');
    await tab.until(
      () => document.querySelector('#announcement').textContent === 'Largest probability: 0.6652, entry 2.',
    );
    await write('#logits', '3,3');
    await tab.until(
      () => document.querySelector('#announcement').textContent === 'Largest probability: 0.5, entry 0 and 1.',
    );
  });

  describe.each([
    { mode: 'light', dark: false },
    { mode: 'dark', dark: true },
  ])('$mode', ({ mode, dark }) => {
    test.each([
      [1280, 800],
      [360, 740],
    ])('%i × %i: accessible by axe, nothing beyond the edge, all targets large enough', async (width, height) => {
      await reopen({ dark });
      await tab.resize(width, height);
      await visit('#x=4.2,3.9,3.1,2.8,2.2,1.7,1.1,0.6,0.2,-0.5,-1.4,-inf');
      const background = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(background).toBe(dark ? 'rgb(16, 20, 24)' : 'rgb(245, 246, 248)');
      const theme = await tab.evaluate(
        () =>
          [...document.querySelectorAll('meta[name=theme-color]')].find(({ media }) => matchMedia(media).matches)
            .content,
      );
      expect(theme).toBe(dark ? '#101418' : '#f5f6f8');
      await tab.screenshot(`${screenshots}${name.toLowerCase()}-${width}-${mode}.png`);
      const { scrollWidth, clientWidth } = await tab.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(scrollWidth).toBe(clientWidth);
      await tab.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
        document.querySelector('#benchmark-results').hidden = false;
      });
      await write('#logits', 'x'); // with a message
      await tab.evaluate(axe.source);
      const { violations, passes } = await tab.evaluate(() =>
        globalThis.axe.run({ rules: { 'target-size': { enabled: true } } }),
      );
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'label', 'target-size']));
    });
  });

  test('a window that narrows again has the page that it had', async () => {
    const size = () =>
      tab.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    await tab.resize(360, 740);
    await visit();
    const narrow = await size();
    await tab.resize(1280, 800);
    await tab.until(() => document.querySelector('#probability-chart svg').clientWidth > 360);
    await tab.resize(360, 740);
    await tab.until(
      ([width, height]) =>
        document.documentElement.scrollWidth === width && document.documentElement.scrollHeight === height,
      narrow,
    );
  });

  test('text of twice the size on a phone: nothing beyond the edge', async () => {
    await tab.resize(360, 740);
    await visit();
    await tab.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBe(
      await tab.evaluate(() => document.documentElement.clientWidth),
    );
  });

  test('focus is seen wherever Tab goes, and the first stop skips to the logits', async () => {
    await visit();
    await press('Tab');
    expect(await tab.evaluate(() => document.activeElement.id)).toBe('skip');
    const stops = await tab.evaluate(
      () => document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]').length,
    );
    const seen = new Set();
    for (let i = 0; i < stops + 10; i++) {
      const { id, outline } = await tab.evaluate(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const place = element.id || element.textContent || element.getAttribute('aria-label');
        return { id: `${element.tagName} ${place}`, outline: `${outlineStyle} ${outlineWidth}` };
      });
      if (id.startsWith('BODY') || id.startsWith('HTML')) break;
      seen.add(id);
      expect(outline, id).toBe('solid 3px');
      await press('Tab');
    }
    for (const id of [
      'INPUT logits',
      'INPUT T',
      'INPUT b',
      'INPUT c',
      'INPUT k',
      'INPUT n',
      'INPUT seed',
      'INPUT topK',
      'DIV jacobian',
      'SELECT shape',
      'BUTTON run',
    ]) {
      expect([...seen]).toContain(id);
    }
  });

  test('nothing moves by itself for who prefers that', async () => {
    await reopen({ still: true });
    await visit();
    const transitions = () =>
      tab.evaluate(
        () =>
          Array.from(document.querySelectorAll('*'), (element) => getComputedStyle(element)).filter(
            ({ transitionDuration, animationName }) =>
              !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== 'none',
          ).length,
      );
    expect(await transitions()).toBe(0);
    await reopen({ still: false });
    await visit();
    expect(await transitions()).toBeGreaterThan(0);
  });

  test('the benchmark runs while the page stays alive', async () => {
    await visit();
    await tab.evaluate(() => {
      document.querySelector('#run').addEventListener('click', () => {
        globalThis.ticks = 0;
        setInterval(() => globalThis.ticks++, 10);
      });
    });
    await tab.click('#run');
    expect(await text('#run')).toBe('Stop');
    await tab.until(() => document.querySelector('#run').textContent !== 'Stop');
    expect(await tab.evaluate(() => globalThis.ticks)).toBeGreaterThan(20); // next to none come while the page itself computes
    expect(await text('#benchmark-status')).toMatch(/^Fastest: .* in a page that is cross-origin isolated\.$/);
    const names = await tab.evaluate(() =>
      Array.from(document.querySelectorAll('#benchmark-table tbody th'), (cell) => cell.textContent),
    );
    expect(names).toEqual(expect.arrayContaining(['SIMD', 'SIMD, WasmBuffer', 'JavaScript backend', 'plain loop']));
    const [times, ratios] = await table('benchmark-table');
    const plain = times[names.indexOf('plain loop')];
    times.forEach((time, i) => {
      expect(time).toBeGreaterThan(0.01);
      expect(ratios[i]).toBeCloseTo(plain / time, 9);
    });
    expect(ratios[names.indexOf('SIMD, WasmBuffer')]).toBeGreaterThan(1);
    await tab.screenshot(`${screenshots}${name.toLowerCase()}-benchmark.png`);
  });

  test('the benchmark stops when told to', async () => {
    await visit();
    await tab.click('#run');
    await tab.click('#run');
    expect(await text('#benchmark-status')).toBe('Stopped.');
    expect(await text('#run')).toBe('Run the benchmark');
  });

  test('from a host that refuses the service worker: all but what that brings', async () => {
    const host = await servePlainly(['service-worker.js']);
    try {
      await visit('#x=1,2', host.url);
      await tab.evaluate(() => navigator.serviceWorker.register('./service-worker.js').catch(() => {})); // after the page's own
      await expectResults([1, 2], {});
      const { problems } = tab;
      await reopen(); // the browser's own words about it come at any time
      expect(problems.filter((problem) => problem.startsWith('thrown'))).toEqual([]);
    } finally {
      await host.close();
    }
  });

  test('from any host, in any folder, isolated from the second visit on, and then without network', async () => {
    const host = await servePlainly();
    try {
      await visit('#x=1,2', host.url);
      await tab.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      await tab.until(() => navigator.serviceWorker.controller !== null);
      await visit('?again#x=1,2', host.url);
      expect(await text('#isolation')).toBe('cross-origin isolated');
      await visit('index.html#x=3,4', host.url);
      await expectResults([3, 4], {});
    } finally {
      await host.close();
    }
    await expect(fetch(host.url)).rejects.toThrow();
    await visit('?later#x=1,2,3', host.url);
    await expectResults([1, 2, 3], {});
    await tab.click('#run');
    await tab.until(() => document.querySelector('#benchmark-table td') !== null);
    await tab.click('#run');
    const links = await tab.evaluate(() => Array.from(document.querySelectorAll('footer a'), (link) => link.href));
    expect(links.length).toBe(2);
    expect(tab.problems.splice(0)).toEqual([]);
    for (const link of links) {
      await tab.goto(link);
      expect(await text('body')).toContain('Apache License');
    }
  });
});
