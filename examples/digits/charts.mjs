// The report's pictures as SVG text.

import { epochAxis, INK, LINE, MUTED, OTHER, RIGHT, render, valueAxis, WRONG } from '../shared/charts.mjs';
import { SIDE } from './data.mjs';

const PANEL = 500;
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/**
 * Train loss above, test accuracy below: two panels over one axis of epochs, rather than two scales in one panel.
 *
 * @param {{ epoch: number, trainLoss: number, testAccuracy: number }[]} history
 * @param {number} wantedAccuracy  drawn as a dashed line
 */
export function learningCurve(history, wantedAccuracy) {
  const { trainLoss, testAccuracy } = history[history.length - 1];
  const axisLabel = { color: MUTED, fontSize: 12 };
  const title = { left: 0, padding: 0, textStyle: { color: INK, fontSize: 13, fontWeight: 600 } };
  const grid = { left: 48, right: 62, height: 174 };
  const epochs = { ...epochAxis(history.length), axisLabel: { ...axisLabel, show: false } };
  const values = { ...valueAxis, splitNumber: 4 };
  const line = {
    type: 'line',
    silent: true,
    symbol: 'circle',
    showSymbol: history.length === 1, // one point makes no line
    itemStyle: { color: RIGHT },
    lineStyle: { color: RIGHT, width: 2.5 },
  };
  const endLabel = { show: true, color: RIGHT, fontSize: 13, fontWeight: 600, distance: 8 };
  return render(PANEL, PANEL, {
    title: [
      { ...title, text: 'Loss on the training rows', top: 0 },
      { ...title, text: 'Accuracy on the test rows', top: 250 },
    ],
    grid: [
      { ...grid, top: 32 },
      { ...grid, top: 282 },
    ],
    xAxis: [
      { ...epochs, gridIndex: 0 },
      {
        ...epochs,
        gridIndex: 1,
        axisLabel,
        name: 'epoch',
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: axisLabel,
      },
    ],
    yAxis: [
      { ...values, gridIndex: 0, min: 0 },
      {
        ...values,
        gridIndex: 1,
        min: ({ min }) => Math.floor(Math.min(min, wantedAccuracy) * 20 - 0.1) / 20,
        max: 1,
        axisLabel: { ...axisLabel, formatter: (value) => `${Math.round(value * 100)} %` },
      },
    ],
    series: [
      {
        ...line,
        data: history.map(({ epoch, trainLoss }) => [epoch, trainLoss]),
        endLabel: { ...endLabel, formatter: trainLoss.toFixed(3) },
      },
      {
        ...line,
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: history.map(({ epoch, testAccuracy }) => [epoch, testAccuracy]),
        endLabel: { ...endLabel, formatter: `${(testAccuracy * 100).toFixed(1)} %` },
        markLine: {
          silent: true,
          symbol: 'none',
          data: [{ yAxis: wantedAccuracy }],
          lineStyle: { color: MUTED, type: 'dashed', width: 1 },
          label: { show: false },
        },
      },
    ],
  });
}

/**
 * Right answers in one hue, mistakes in another. The tint grows with the square root of the count: a single mistake shows.
 *
 * @param {number[][]} counts  counts[label][prediction]
 */
export function confusionMatrix(counts) {
  const largest = Math.max(...counts.flat());
  const cell = (count, label, prediction) => {
    const strength = Math.sqrt(count / largest);
    const hue = label === prediction ? RIGHT : WRONG;
    return {
      value: [prediction, label, count],
      itemStyle: {
        color:
          count === 0 ? 'var(--cell)' : `color-mix(in oklab, ${hue} ${Math.round(18 + 82 * strength)}%, var(--paper))`,
      },
      label: { color: count === 0 ? 'transparent' : strength > 0.6 ? 'var(--paper)' : INK },
    };
  };
  return heatMap(
    counts.flatMap((row, label) => row.map((count, prediction) => cell(count, label, prediction))),
    largest,
    'answer of the model',
    'digit written',
  );
}

/**
 * Positive entries in one hue, negative ones in another. The tint grows with the square root of the size: small entries show.
 *
 * @param {number[][]} jacobian  jacobian[output][input], ten of each
 */
export function jacobianMap(jacobian) {
  const largest = Math.max(...jacobian.flat().map(Math.abs));
  const cell = (entry, output, input) => {
    const strength = Math.sqrt(Math.abs(entry) / largest);
    const isShown = Math.abs(entry) >= 0.0005;
    return {
      value: [input, output, entry],
      itemStyle: {
        color: `color-mix(in oklab, ${entry < 0 ? WRONG : RIGHT} ${Math.round(100 * strength)}%, var(--cell))`,
      },
      label: {
        color: strength > 0.6 ? 'var(--paper)' : INK,
        fontSize: 11,
        formatter: isShown ? entry.toFixed(3).replace('0.', '.').replace('-', '−') : '0',
      },
    };
  };
  return heatMap(
    jacobian.flatMap((row, output) => row.map((entry, input) => cell(entry, output, input))),
    largest,
    'logit',
    'probability',
  );
}

/** Cells of ten by ten digits, each with its colour and its label. */
function heatMap(data, largest, across, down) {
  const axis = (name, extra) => ({
    type: 'category',
    data: DIGITS,
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: MUTED, fontSize: 13 },
    axisLabel: { color: INK, fontSize: 14, interval: 0 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
    ...extra,
  });
  return render(PANEL, PANEL, {
    grid: { left: 46, right: 2, top: 52, bottom: 2 },
    xAxis: axis(across, { position: 'top', nameGap: 30 }),
    yAxis: axis(down, { inverse: true, nameGap: 28 }),
    // echarts insists on a visual map for heat maps; this one changes nothing, the cells bring their own colours.
    visualMap: { show: false, min: 0, max: largest, inRange: { opacity: 1 } },
    series: [
      {
        type: 'heatmap',
        data,
        label: { show: true, fontSize: 14, formatter: ({ value }) => String(value[2]) },
        itemStyle: { borderColor: 'var(--paper)', borderWidth: 2, borderRadius: 3 },
        emphasis: { disabled: true },
      },
    ],
  });
}

/**
 * @param {ArrayLike<number>} probabilities  one per digit
 * @param {number} label  the digit that was written
 */
export function probabilityBars(probabilities, label) {
  const values = Array.from(probabilities);
  const answer = values.indexOf(Math.max(...values));
  return render(220, 170, {
    grid: { left: 2, right: 2, top: 22, bottom: 22 },
    xAxis: {
      type: 'category',
      data: DIGITS,
      axisLabel: { color: INK, fontSize: 12, interval: 0, margin: 6 },
      axisLine: { lineStyle: { color: LINE } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: 1,
      interval: 0.5,
      splitLine: { lineStyle: { color: LINE } },
      axisLabel: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: '68%',
        silent: true,
        emphasis: { disabled: true },
        data: values.map((value, digit) => ({
          value,
          itemStyle: { color: digit === label ? RIGHT : digit === answer ? WRONG : OTHER, borderRadius: [2, 2, 0, 0] },
          label: { show: digit === answer || digit === label, formatter: shortProbability(value) },
        })),
        label: { position: 'top', distance: 3, color: INK, fontSize: 12 },
      },
    ],
  });
}

/** @returns {string} such as 1, .97, .04 or 0: short enough to stand on a bar */
function shortProbability(value) {
  return value.toFixed(2).replace('0.', '.').replace('1.00', '1').replace('.00', '0');
}

/**
 * @param {ArrayLike<number>} pixels  [64], 0 (paper) to 1 (ink)
 */
export function digitImage(pixels) {
  const squares = Array.from(pixels, (ink, i) =>
    ink === 0 ? '' : `<rect x="${i % SIDE}" y="${Math.floor(i / SIDE)}" width="1" height="1" fill-opacity="${ink}"/>`,
  );
  return `<svg viewBox="0 0 ${SIDE} ${SIDE}" fill="${INK}" shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg">${squares.join('')}</svg>`;
}
