// npm run docs:pictures: draws the pictures of sampling.md into pictures/. What they show comes from the package, whose SIMD backend gives the
// same bits everywhere.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as echarts from 'echarts';
import { createEngineSync } from 'softmax-simd';

const INK = '#1f2328';
const MUTED = '#59636e';
const LINE = '#e4e7eb';
const KEPT = '#0969da';
const REMOVED = '#d0d7de';
const MARK = '#bc4c00';

const DRAWS = 20_000; // so many that no token of the pictures that may come stays away
const engine = createEngineSync({ backend: 'simd' });

const PANEL = { width: 200, height: 130, gapX: 34, gapY: 62, left: 24, top: 60 };

/** The tokens that come in many draws: what the filters keep. */
const drawn = (logits, filters) => new Set(engine.sample(logits, { seed: 1, count: DRAWS, ...filters }));

/**
 * Bars by panel.
 *
 * @param {string} title
 * @param {{ title: string, values: number[], kept?: Set<number>, line?: number, format?: (value: number) => string }[][]} rows
 *   of panels; `kept`: the bars in blue, where not all; `line`: a value to mark
 * @param {{ min?: number, max: number, names: string[] }} axis  of all panels
 * @returns {string} SVG
 */
function barPanels(title, rows, { min = 0, max, names }) {
  const { width, height, gapX, gapY, left, top } = PANEL;
  const panels = rows.flatMap((row, y) =>
    row.map((panel, x) => ({ ...panel, left: left + x * (width + gapX), top: top + 28 + y * (height + gapY) })),
  );
  const columns = Math.max(...rows.map((row) => row.length));
  const text = (style) => ({ padding: 0, textStyle: { color: INK, fontSize: 12, fontWeight: 400, ...style } });
  return render(left + columns * (width + gapX) - gapX + left, top + 28 + rows.length * (height + gapY) - gapY + 40, {
    title: [
      { text: title, left, top: 16, ...text({ fontSize: 14, fontWeight: 600 }) },
      ...panels.map((panel) => ({
        text: panel.title,
        left: panel.left,
        top: panel.top - 24,
        ...text({ fontWeight: 600 }),
      })),
    ],
    grid: panels.map((panel) => ({ left: panel.left, top: panel.top, width, height })),
    xAxis: panels.map((_, i) => ({
      type: 'category',
      gridIndex: i,
      data: names,
      axisLabel: { color: MUTED, fontSize: 11, interval: 0, margin: 6 },
      axisLine: { onZero: true, lineStyle: { color: LINE } },
      axisTick: { show: false },
    })),
    yAxis: panels.map((_, i) => ({
      type: 'value',
      gridIndex: i,
      min,
      max,
      axisLabel: { show: false },
      splitLine: { show: false },
    })),
    series: panels.map(({ values, kept, line, format = probability }, i) => ({
      type: 'bar',
      silent: true,
      xAxisIndex: i,
      yAxisIndex: i,
      barWidth: '70%',
      data: values.map((value, token) => ({
        value,
        itemStyle: { color: kept === undefined || kept.has(token) ? KEPT : REMOVED },
        label: { position: value < 0 ? 'bottom' : 'top' },
      })),
      label: {
        show: true,
        distance: 3,
        color: INK,
        fontSize: 10,
        backgroundColor: '#ffffff',
        padding: [0, 1],
        formatter: ({ value }) => format(value),
      },
      ...(line !== undefined && {
        markLine: {
          z: 1, // behind bars and labels
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: MARK, type: 'dashed', width: 1 },
          data: [{ yAxis: line }],
        },
      }),
    })),
  });
}

/** @returns {string} such as .64, 1 or 0 */
const probability = (value) =>
  value
    .toFixed(2)
    .replace('0.', '.')
    .replace('1.00', '1')
    .replace(/^\.00$/, '0');

/** With a true minus. */
const logit = (value) => String(Math.round(value * 100) / 100).replace('-', '−');

function temperature() {
  const logits = [2, 1, 3, 5, 4];
  const panel = (T) => ({ title: `T = ${T}`, values: engine.softmax(logits, { temperature: T }) });
  return barPanels('softmax([2, 1, 3, 5, 4] / T)', [[0.1, 0.5, 1, 10].map(panel)], {
    max: 1.1,
    names: logits.map(String),
  });
}

function filters() {
  const rows = [
    { name: 'a sure row', logits: [5, 2.6, 1.9, 1.3, 0.9, 0.6, 0.2, 0] },
    { name: 'an unsure row', logits: [2, 1.8, 1.7, 1.5, 1.4, 1.2, 0.6, 0] },
  ];
  const names = rows[0].logits.map((_, i) => 'abcdefgh'[i]);
  const panels = rows.map(({ name, logits }) => {
    const values = engine.softmax(logits);
    return [
      { title: `${name}: top-k 3`, values, kept: drawn(logits, { topK: 3 }) },
      { title: `${name}: top-p 0.9`, values, kept: drawn(logits, { topP: 0.9 }) },
      { title: `${name}: min-p 0.1`, values, kept: drawn(logits, { minP: 0.1 }), line: 0.1 * Math.max(...values) },
    ];
  });
  return barPanels('What each filter keeps of a sure and of an unsure row', panels, { max: 1, names });
}

/** The example of sampling.md, step by step. */
function order() {
  const logits = [4, 3.5, 3.2, 2.5, 1.5, 1, -1, -2];
  const names = logits.map((_, i) => String(i));
  const settings = { repetitionPenalty: 2, presencePenalty: 0.5 };
  const history = [0, 7];
  const logitBias = { 5: 1 };
  const temperature = 0.8;
  const adjusted = logits.slice();
  for (const token of history) {
    adjusted[token] = adjusted[token] > 0 ? adjusted[token] / 2 : adjusted[token] * 2;
    adjusted[token] -= 0.5;
  }
  adjusted[5] += 1;
  const values = engine.softmax(adjusted, { temperature });
  const step = (title, filtersSoFar) => {
    const kept = drawn(adjusted, { temperature, ...filtersSoFar });
    const left = values.map((p, token) => (kept.has(token) ? p : 0));
    const sum = left.reduce((a, b) => a + b);
    return { title, values: left.map((p) => p / sum) };
  };
  const range = { min: -6, max: 6, names };
  checkSampler(adjusted, logits, { ...settings, temperature }, { history, logitBias });
  return stack([
    barPanels(
      'Logits',
      [
        [
          { title: 'as they come', values: logits, format: logit },
          { title: '1. penalties and bias', values: adjusted, format: logit },
        ],
      ],
      range,
    ),
    barPanels(
      'Probabilities',
      [
        [
          { title: '2. temperature 0.8', values },
          step('3. top-k 5', { topK: 5 }),
          step('4. top-p 0.9', { topK: 5, topP: 0.9 }),
          step('5. min-p 0.3', { topK: 5, topP: 0.9, minP: 0.3 }),
        ],
      ],
      { max: 0.75, names },
    ),
  ]);
}

/** Whether the logits after penalties and bias are those that the sampler takes: by the probability that it gives its token. */
function checkSampler(adjusted, logits, options, nextOptions) {
  const sampler = engine.createSampler({ ...options, seed: 1 });
  const token = sampler.next(logits, nextOptions);
  const expected = engine.logSoftmax(adjusted, { temperature: options.temperature })[token];
  if (!(Math.abs(sampler.lastLogProbability - expected) < 1e-12)) {
    throw new Error(
      `pictures: log-probability ${sampler.lastLogProbability} of token ${token}; expected is ${expected}`,
    );
  }
}

/** From a uniform number to a token: weights laid end to end, and where the number falls. */
function draw() {
  const logits = [2, 1, 3, 5, 4];
  const probabilities = engine.softmax(logits);
  const u = 0.75;
  const width = 900;
  const [left, right, top, height] = [24, 24, 62, 40];
  const scale = width - left - right;
  let x = left;
  const segments = probabilities.map((p, token) => {
    const at = x;
    x += p * scale;
    return { at, width: p * scale, token, hit: (at - left) / scale <= u && u < (x - left) / scale };
  });
  const label = (text, at, y, extra = {}) => ({
    type: 'text',
    silent: true,
    style: { text, x: at, y, fill: INK, font: '12px system-ui, sans-serif', textAlign: 'center', ...extra },
  });
  return render(width, 152, {
    graphic: {
      elements: [
        label('Weights in the order of the indices, and where u · Σ falls', left, 16, {
          textAlign: 'left',
          font: '600 14px system-ui, sans-serif',
        }),
        ...segments.flatMap(({ at, width: size, token, hit }) => [
          {
            type: 'rect',
            silent: true,
            shape: { x: at, y: top, width: size, height },
            style: { fill: hit ? KEPT : REMOVED, stroke: '#ffffff', lineWidth: 1 },
          },
          label(String(token), at + size / 2, top + height + 8, { fill: hit ? KEPT : MUTED }),
        ]),
        {
          type: 'line',
          silent: true,
          shape: { x1: left + u * scale, y1: top - 12, x2: left + u * scale, y2: top + height + 6 },
          style: { stroke: MARK, lineWidth: 2 },
        },
        label('0', left, top + height + 30, { fill: MUTED }),
        label('Σ', left + scale, top + height + 30, { fill: MUTED }),
        label(`u = ${u}`, left + u * scale, top - 28, { fill: MARK }),
      ],
    },
  });
}

/** Pictures one below the other. */
function stack(pictures) {
  const sizes = pictures.map((svg) =>
    svg
      .match(/width="(\d+)" height="(\d+)"/)
      .slice(1)
      .map(Number),
  );
  const width = Math.max(...sizes.map(([size]) => size));
  let y = 0;
  const placed = pictures.map((svg, i) => {
    const at = y;
    y += sizes[i][1];
    return svg.replace('<svg ', `<svg y="${at}" `);
  });
  return `<svg width="${width}" height="${y}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}">\n<rect width="${width}" height="${y}" fill="#ffffff"/>\n${placed.join('\n')}\n</svg>`;
}

function render(width, height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: 'system-ui, sans-serif' },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** By file name. */
export const pictures = {
  'temperature.svg': temperature,
  'filters.svg': filters,
  'order.svg': order,
  'draw.svg': draw,
};

/** The pictures as text; the marks that echarts numbers from 0 on in a process are numbered so in each. */
export function drawPictures() {
  return Object.fromEntries(Object.entries(pictures).map(([name, make]) => [name, `${renumber(make())}\n`]));
}

/** echarts counts its classes and paths over all charts of a process. */
function renumber(svg) {
  const names = new Map();
  return svg.replace(/\bzr\d+-[a-z]+-?\d+/g, (name) => {
    if (!names.has(name)) names.set(name, `${name.replace(/\d+/g, '')}${names.size}`);
    return names.get(name);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, svg] of Object.entries(drawPictures())) {
    const url = new URL(`pictures/${name}`, import.meta.url);
    writeFileSync(url, svg);
    console.log(`picture: docs/pictures/${name}`);
  }
}
