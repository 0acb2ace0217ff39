// The charts, drawn by echarts as SVG. Colours are the page's CSS variables, so that they follow light and dark mode.

import { BarChart, HeatmapChart } from 'echarts/charts';
import { GridComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { formatNumber, shortNumber, shortProbability } from './numbers.mjs';

use([BarChart, HeatmapChart, GridComponent, VisualMapComponent, SVGRenderer]);

const INK = 'var(--ink)';
const MUTED = 'var(--muted)';
const LINE = 'var(--line)';
const ACCENT = 'var(--accent)';
const WARM = 'var(--warm)';
const OTHER = 'var(--other)';

/**
 * @param {HTMLElement} element
 * @returns a chart that is as large as its element
 */
export function createChart(element) {
  const chart = init(element, null, { renderer: 'svg' });
  let describe;
  let frame = 0;
  const draw = () => {
    frame = 0;
    chart.resize();
    if (describe) chart.setOption({ animation: false, ...describe(chart.getWidth()) }, { notMerge: true });
  };
  /** A drag changes more often than the screen does. */
  const drawSoon = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  new ResizeObserver(drawSoon).observe(element);
  return {
    chart,
    /** @param {(width: number) => object} describeAt its options for a width */
    show(describeAt) {
      describe = describeAt;
      drawSoon();
    },
  };
}

const indices = (values) => Array.from(values, (_, i) => String(i));
/** Without length where there is none: the label says what it is. */
const finite = (value) => (Number.isFinite(value) ? value : 0);

const GRID = { left: 22, right: 2, top: 22, bottom: 22 };

/** Labels on bars are as large as their place allows. */
function labelSize(width, count) {
  return Math.max(9, Math.min(13, (width - 24) / count / 2.6));
}

const indexAxis = (values, extra = {}) => ({
  type: 'category',
  data: indices(values),
  axisLabel: { color: MUTED, fontSize: 12, interval: 0, margin: 6 },
  axisLine: { lineStyle: { color: LINE } },
  axisTick: { show: false },
  ...extra,
});

const valueAxis = (extra) => ({
  type: 'value',
  splitLine: { lineStyle: { color: LINE } },
  axisLabel: { show: false },
  axisLine: { show: false },
  ...extra,
});

const probabilityAxis = valueAxis({
  min: 0,
  max: 1,
  interval: 0.25,
  axisLabel: {
    color: MUTED,
    fontSize: 11,
    margin: 6,
    formatter: (value) => (value === 0.25 || value === 0.75 ? '' : String(value).replace('0.', '.')),
  },
});

/** Bars with their numbers at the end, which is at the `position`. */
const labelledBars = (values, width, position, itemStyle, textOf) => ({
  type: 'bar',
  barWidth: '70%',
  silent: true,
  emphasis: { disabled: true },
  itemStyle,
  data: values.map(finite),
  label: {
    show: true,
    position,
    distance: 3,
    color: INK,
    fontSize: labelSize(width, values.length),
    formatter: ({ dataIndex }) => textOf(values[dataIndex]),
  },
});

/** @param {number[]} values probabilities */
export const probabilityBars = (values) => (width) => ({
  grid: GRID,
  xAxis: indexAxis(values),
  yAxis: probabilityAxis,
  series: [labelledBars(values, width, 'top', { color: ACCENT, borderRadius: [3, 3, 0, 0] }, shortProbability)],
});

/** @param {number[]} values log-probabilities: they hang from 0 */
export const logProbabilityBars = (values) => (width) => ({
  grid: GRID,
  xAxis: indexAxis(values, { position: 'top' }),
  yAxis: valueAxis({ max: 0, min: ({ min }) => 1.12 * Math.min(-1, min) }),
  series: [
    labelledBars(values, width, 'bottom', { color: OTHER, borderRadius: [0, 0, 3, 3] }, (value) =>
      shortNumber(value, values.length > 8 ? 1 : 2),
    ),
  ],
});

/**
 * Two rows of probabilities, the first as outlines, the second as bars inside them. The number of a bar stands above both.
 *
 * @param {number[]} outlines
 * @param {number[]} values
 */
export const comparedBars = (outlines, values) => (width) => {
  const label = {
    show: true,
    position: 'top',
    distance: 4,
    color: INK,
    fontSize: labelSize(width, values.length),
    formatter: ({ dataIndex }) => shortProbability(values[dataIndex]),
  };
  return {
    grid: GRID,
    xAxis: indexAxis(values),
    yAxis: probabilityAxis,
    series: [
      {
        type: 'bar',
        barWidth: '78%',
        barGap: '-89%', // the second stands in the middle of the first
        silent: true,
        emphasis: { disabled: true },
        itemStyle: { color: 'transparent', borderColor: MUTED, borderWidth: 1.5, borderRadius: [3, 3, 0, 0] },
        data: outlines.map((outline, i) => ({
          value: finite(outline),
          label: { ...label, show: outline > values[i] },
        })),
        label,
      },
      {
        type: 'bar',
        barWidth: '61%',
        silent: true,
        emphasis: { disabled: true },
        itemStyle: { color: ACCENT, borderRadius: [2, 2, 0, 0] },
        data: values.map((value, i) => ({ value: finite(value), label: { ...label, show: !(outlines[i] > value) } })),
        label,
      },
    ],
  };
};

/**
 * Positive entries in one hue, negative ones in another. The tint grows with the square root of the size: small entries show.
 *
 * @param {number[][]} matrix matrix[output][input]
 * @param {readonly [number, number]} marked the cell with a border
 */
export const heatMap = (matrix, marked) => (width) => {
  const largest = Math.max(...matrix.flat().map(Math.abs));
  const side = width / matrix.length;
  const cell = (entry, output, input) => {
    const strength = entry === 0 || !(largest > 0) ? 0 : Math.sqrt(Math.abs(entry) / largest);
    const isMarked = output === marked[0] && input === marked[1];
    return {
      value: [input, output, entry],
      itemStyle: {
        color: `color-mix(in oklab, ${entry < 0 ? WARM : ACCENT} ${Math.round(100 * strength)}%, var(--cell))`,
        ...(isMarked ? { borderColor: INK, borderWidth: 3 } : {}),
      },
      isMarked,
      label: { color: strength > 0.7 ? 'var(--paper)' : INK },
    };
  };
  const cells = matrix.flatMap((row, output) => row.map((entry, input) => cell(entry, output, input)));
  cells.sort((a, b) => Number(a.isMarked) - Number(b.isMarked)); // drawn last, so that nothing covers its border
  const axis = (name, extra) => ({
    type: 'category',
    data: indices(matrix),
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: MUTED, fontSize: 13 },
    axisLabel: { color: MUTED, fontSize: 12, interval: 0 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
    ...extra,
  });
  return {
    grid: { left: 42, right: 4, top: 46, bottom: 4 },
    xAxis: axis('logit', { position: 'top', nameGap: 26 }),
    yAxis: axis('probability', { inverse: true, nameGap: 26 }),
    // echarts insists on a visual map for heat maps; this one changes nothing, the cells bring their own colours.
    visualMap: { show: false, min: 0, max: 1, inRange: { opacity: 1 } },
    series: [
      {
        type: 'heatmap',
        data: cells,
        label: {
          show: side >= 44,
          fontSize: 11,
          formatter: ({ value }) => shortEntry(value[2]),
        },
        itemStyle: { borderColor: 'var(--paper)', borderWidth: 2, borderRadius: 4 },
        emphasis: { disabled: true },
      },
    ],
  };
};

/** @returns {string} an entry of a Jacobian, at most 0.25 in size */
function shortEntry(value) {
  if (Number.isNaN(value)) return 'NaN';
  if (Math.abs(value) < 0.0005) return value === 0 ? '0' : '≈0';
  return value.toFixed(3).replace('0.', '.').replace('-', '−');
}

/**
 * Times, short ones being good: lying bars, each with its number.
 *
 * @param {{ name: string, nanoseconds: number, isOurs: boolean }[]} rows
 */
export const timeBars = (rows) => (width) => ({
  grid: { left: width < 480 ? 4 : 190, right: 76, top: width < 480 ? 14 : 4, bottom: 4 },
  xAxis: valueAxis({ min: 0 }),
  yAxis: {
    type: 'category',
    inverse: true,
    data: rows.map(({ name }) => name),
    axisLabel: width < 480 ? { show: false } : { color: INK, fontSize: 13 },
    axisLine: { show: false },
    axisTick: { show: false },
  },
  series: [
    {
      type: 'bar',
      barWidth: width < 480 ? '38%' : '62%',
      silent: true,
      emphasis: { disabled: true },
      data: rows.map(({ nanoseconds, isOurs }) => ({
        value: nanoseconds,
        itemStyle: { color: isOurs ? ACCENT : OTHER, borderRadius: [0, 3, 3, 0] },
      })),
      label: {
        show: true,
        position: 'right',
        color: INK,
        fontSize: 13,
        formatter: ({ value }) => `${formatNumber(Number(value.toPrecision(3)))} ns`,
      },
    },
    // On a phone the names stand above the bars: labels of bars without length.
    ...(width < 480
      ? [
          {
            type: 'bar',
            barWidth: '38%',
            barGap: '-100%',
            silent: true,
            data: rows.map(() => 0),
            label: {
              show: true,
              position: 'insideLeft',
              offset: [-5, -22],
              color: INK,
              fontSize: 13,
              formatter: ({ dataIndex }) => rows[dataIndex].name,
            },
          },
        ]
      : []),
  ],
});
