// Pictures as SVG text. Colours are the page's CSS variables, so that they follow light and dark mode.

import * as echarts from 'echarts';

export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
export const LINE = 'var(--line)';
export const RIGHT = 'var(--right)';
export const WRONG = 'var(--wrong)';
export const OTHER = 'var(--other)';

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
