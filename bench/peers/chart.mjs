// Draws the figures of `npm run bench:peers -- --json bench/results/peers.json` for the README: bench/results/peers.svg.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as echarts from 'echarts';
import { parseShape } from '../shapes.mjs';
import { decimals } from '../table.mjs';
import { c, cFma } from './contenders/c.mjs';

const help = `Draws a result of npm run bench:peers -- --json as SVG: softmax of float32, ns per element, one panel per shape.

Usage: node bench/peers/chart.mjs [JSON] [SVG]      (default: bench/results/peers.json, and .svg in place of .json)
`;

const INK = '#1f2328';
const MUTED = '#59636e';
const LINE = '#e4e7eb';
const OURS = '#0969da';
const OTHER = '#8b949e';

const shapes = ['64x10', '64x1000', '1x128256', '64x32000'];

// Like beside like: what copies nothing, and what takes and gives JavaScript arrays.
const groups = [
  {
    title: 'Data in place',
    rows: {
      'relaxed-buffer': 'softmax-simd, relaxed SIMD',
      'simd-buffer': 'softmax-simd, SIMD',
      'tfjs-op': 'TensorFlow.js wasm, op only',
      pytorch: 'PyTorch (native)',
      'c-fma': 'C, 128-bit vectors, FMA (native)',
    },
  },
  {
    title: 'Array in, array out',
    rows: {
      relaxed: 'softmax-simd, relaxed SIMD',
      simd: 'softmax-simd, SIMD',
      tfjs: 'TensorFlow.js wasm',
      'ort-web': 'onnxruntime-web (wasm)',
      'ort-node': 'onnxruntime-node (native)',
      plain: 'plain JavaScript loop',
    },
  },
];

const ROW = 22;
const LEFT = 226;
const PANEL = 150;
const GAP = 16;
const TOP = 66;
const BOTTOM = 62;

/**
 * Dots on a logarithmic axis: the times are up to fifty times apart, and a bar needs a zero to stand on.
 *
 * @param {any} report What run.mjs writes.
 * @returns {string} SVG.
 * @throws {Error} When it has none of the chart's shapes.
 */
export function chart(report) {
  const cases = shapes.flatMap((name) =>
    report.cases.filter(({ op, shape, contenders }) => op === 'softmax' && shape === name && contenders.length > 0),
  );
  if (cases.length === 0) throw new Error(`no softmax of ${shapes.join(', ')} in the result`);
  const figure = ({ contenders }, name) => contenders.find((entry) => entry.name === name)?.nsPerElement;

  const rows = groups.flatMap(({ title, rows: labels }) => {
    const present = Object.entries(labels).filter(([name]) => cases.some((entry) => figure(entry, name)));
    return present.length > 0
      ? [{ label: `{heading|${title}}` }, ...present.map(([name, label]) => ({ name, label }))]
      : [];
  });
  const values = cases.flatMap((entry) => rows.flatMap(({ name }) => figure(entry, name) ?? []));
  const min = Math.min(...values) / 1.35;
  const max = Math.max(...values) * 1.35;
  const height = rows.length * ROW;
  const width = LEFT + cases.length * (PANEL + GAP);
  const left = (panel) => LEFT + panel * (PANEL + GAP);
  const middle = Math.sqrt(min * max);

  const text = (style) => ({ padding: 0, textStyle: { color: INK, fontSize: 12, fontWeight: 400, ...style } });
  const option = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: [
      {
        text: 'softmax of float32: ns per element, less is better',
        left: 16,
        top: 14,
        ...text({ fontSize: 14, fontWeight: 600 }),
      },
      ...cases.map(({ shape }, panel) => ({
        text: parseShape(shape).shape.map(grouped).join(' × '),
        left: left(panel) + PANEL / 2,
        top: TOP - 22,
        textAlign: 'center',
        ...text({ fontWeight: 600 }),
      })),
      {
        text: source(report),
        left: 16,
        top: TOP + height + 30,
        ...text({ color: MUTED, fontSize: 11, lineHeight: 15 }),
      },
    ],
    grid: cases.map((_, panel) => ({ left: left(panel), top: TOP, width: PANEL, height })),
    xAxis: cases.map((_, panel) => ({
      type: 'log',
      gridIndex: panel,
      min,
      max,
      axisLabel: { color: MUTED, fontSize: 11, showMinLabel: false, showMaxLabel: false },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { showMinLine: false, showMaxLine: false, lineStyle: { color: LINE } },
    })),
    yAxis: cases.map((_, panel) => ({
      type: 'category',
      gridIndex: panel,
      inverse: true,
      data: rows.map(({ label }) => label),
      axisLabel: {
        show: panel === 0,
        interval: 0,
        color: INK,
        fontSize: 12,
        rich: { heading: { color: MUTED, fontSize: 12, fontWeight: 600 } },
      },
      axisLine: { show: false },
      axisTick: { show: false },
    })),
    series: cases.map((entry, panel) => ({
      type: 'scatter',
      silent: true,
      xAxisIndex: panel,
      yAxisIndex: panel,
      symbolSize: 9,
      data: rows.flatMap(({ name }, row) => {
        const value = figure(entry, name);
        if (value === undefined) return [];
        const color = /^(relaxed|simd)/.test(name) ? OURS : OTHER;
        const label = {
          show: true,
          position: value > middle ? 'left' : 'right',
          formatter: decimals(value),
          color: INK,
          fontSize: 11,
          fontWeight: color === OURS ? 600 : 400,
        };
        return [{ value: [value, row], itemStyle: { color, opacity: 1 }, label }];
      }),
    })),
  };
  const picture = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height: TOP + height + BOTTOM });
  try {
    picture.setOption(option);
    return picture.renderToSVGString();
  } finally {
    picture.dispose();
  }
}

// With a thin space between thousands.
const grouped = (size) => String(size).replace(/\B(?=(\d{3})+$)/g, '\u2009');

function source({ version, date, machine, node, peers, rounds }) {
  const versions = Object.entries(peers)
    .filter(([title]) => title !== c.title)
    .map(([title, peerVersion]) => (title === cFma.title ? `C by ${peerVersion}` : `${title} ${peerVersion}`));
  return [
    `softmax-simd ${version}, ${node.replace('v', 'Node.js ')}, ${machine.cpu}, one thread, ${date.slice(0, 10)}; median of ${rounds} interleaved rounds.`,
    versions.join(', '),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' } } });
    const [json = 'bench/results/peers.json', svg = json.replace(/(\.json)?$/, '.svg')] = positionals;
    if (values.help) process.stdout.write(help);
    else {
      writeFileSync(svg, chart(JSON.parse(readFileSync(json, 'utf8'))));
      console.log(`chart: ${svg}`);
    }
  } catch (error) {
    console.error(`chart: ${error.message}`);
    process.exitCode = 1;
  }
}
