// The report's pictures as SVG text.

import { epochAxis, INK, LINE, MUTED, OTHER, RIGHT, render, valueAxis, WRONG } from '../shared/charts.mjs';

/**
 * Bits per character in training and held out, and those of a model that knows the frequencies only, as a dashed line.
 *
 * @param {{ epoch: number, trainBits: number, heldOutBits: number }[]} history
 * @param {number} frequencies
 */
export function lossCurves(history, frequencies) {
  const axisLabel = { color: MUTED, fontSize: 12 };
  const line = (name, color, key) => ({
    type: 'line',
    name,
    silent: true,
    symbol: 'circle',
    showSymbol: history.length === 1, // one point makes no line
    itemStyle: { color },
    lineStyle: { color, width: 2.5 },
    data: history.map((entry) => [entry.epoch, entry[key]]),
    endLabel: {
      show: true,
      color,
      fontSize: 13,
      fontWeight: 600,
      distance: 8,
      formatter: `${name}\n${history.at(-1)[key].toFixed(2)}`,
    },
  });
  return render(620, 340, {
    grid: { left: 40, right: 84, top: 16, bottom: 44 },
    xAxis: {
      ...epochAxis(history.length),
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: axisLabel,
    },
    yAxis: { ...valueAxis, min: 0, max: Math.ceil(frequencies) },
    series: [
      {
        ...line('held out', WRONG, 'heldOutBits'),
        markLine: {
          silent: true,
          symbol: 'none',
          data: [{ yAxis: frequencies }],
          lineStyle: { color: MUTED, type: 'dashed', width: 1 },
          label: { show: false },
        },
      },
      line('training', RIGHT, 'trainBits'),
    ],
  });
}

/**
 * How often each index was drawn, beside how often it is to be expected.
 *
 * @param {number[]} counts
 * @param {ArrayLike<number>} probabilities  exact
 * @param {number[]} logits  the labels
 */
export function drawBars(counts, probabilities, logits) {
  const draws = counts.reduce((sum, count) => sum + count, 0);
  const bars = (color, values, format) => ({
    type: 'bar',
    barWidth: '38%',
    barGap: '8%',
    silent: true,
    itemStyle: { color, borderRadius: [2, 2, 0, 0] },
    data: values,
    label: {
      show: true,
      position: 'top',
      distance: 3,
      color: INK,
      fontSize: 11,
      formatter: ({ value }) => format(value),
    },
  });
  return render(420, 240, {
    grid: { left: 2, right: 2, top: 26, bottom: 26 },
    xAxis: {
      type: 'category',
      data: logits.map(String),
      axisLabel: { color: INK, fontSize: 13, interval: 0 },
      axisLine: { lineStyle: { color: LINE } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: draws,
      interval: draws / 2,
      splitLine: { lineStyle: { color: LINE } },
      axisLabel: { show: false },
    },
    series: [
      bars(RIGHT, counts, String),
      bars(
        OTHER,
        Array.from(probabilities, (probability) => probability * draws),
        (value) => value.toFixed(value >= 9.95 ? 0 : 1),
      ),
    ],
  });
}
