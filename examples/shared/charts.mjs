// Pictures as SVG text. Colours are the page's CSS variables, so that they follow light and dark mode.

import * as echarts from 'echarts';

export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
export const LINE = 'var(--line)';
export const RIGHT = 'var(--right)';
export const WRONG = 'var(--wrong)';
export const OTHER = 'var(--other)';

const axisLabel = { color: MUTED, fontSize: 12 };

/** The axis of the epochs of a training, by as many entries as its history has. */
export const epochAxis = (length) => ({
  type: 'value',
  min: Math.min(1, length - 1),
  max: length,
  minInterval: 1,
  splitLine: { show: false },
  axisLine: { lineStyle: { color: LINE } },
  axisTick: { show: false },
  axisLabel,
});

/** An axis of values, from below to above. */
export const valueAxis = {
  type: 'value',
  splitLine: { lineStyle: { color: LINE } },
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel,
};

/**
 * @param {number} width
 * @param {number} height
 * @param {import('echarts').EChartsOption} option
 * @returns {string} SVG
 */
export function render(width, height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
