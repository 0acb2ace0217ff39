// The tables of `npm run accuracy`, as aligned text or as Markdown.

import { readFileSync } from 'node:fs';

/**
 * What is promised: the lines of the table, in its order. A line without `must` is for information.
 * @type {readonly { id: string, what: string, unit: string, must?: number, goal?: number }[]}
 */
const lines = JSON.parse(readFileSync(new URL('./bounds.json', import.meta.url), 'utf8'));

/** Errors are rounded up: a figure in the table is never below what was found. */
function figure(x, unit) {
  if (x === undefined) return '';
  if (unit === 'rows' || !Number.isFinite(x)) return String(x);
  return (Math.ceil(x * 100 - 1e-9) / 100).toFixed(2);
}

function layOut(rows, markdown) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lay = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
  if (!markdown) return rows.map((row) => lay(row).join('  ').trimEnd()).join('\n');
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(Math.max(1, width - 1))}:`));
  const [head, ...body] = rows.map((row) => `| ${lay(row).join(' | ')} |`);
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n');
}

/**
 * @param {{ name: string, node: string, findings: Record<string, import('./record.ts').Finding>, shift: import('./shift.ts').ShiftRow[] }[]} columns
 * @param {{ markdown: boolean }} options
 * @returns {{ text: string, exceeded: boolean }}
 */
export function report(columns, { markdown }) {
  const head = ['worst error', 'unit', 'must', 'goal', ...columns.map(({ name }) => name), 'of'];
  const table = [head];
  const inputs = [];
  const failures = [];
  for (const { id, what, unit, must, goal } of lines) {
    const found = columns.map(({ findings }) => findings[id]);
    if (found.every((finding) => finding === undefined)) continue;
    const counts = found.map((finding) => finding?.count ?? 0);
    const cells = found.map((finding) => {
      const over = finding !== undefined && must !== undefined && finding.worst > must;
      return finding === undefined ? '–' : `${figure(finding.worst, unit)}${over ? ' !' : ''}`;
    });
    table.push([what, unit, figure(must, unit), figure(goal, unit), ...cells, Math.max(...counts).toExponential(1)]);
    const places = new Map();
    found.forEach((finding, i) => {
      if (finding?.where === undefined) return;
      const place = Object.entries(finding.where).map(
        ([key, value]) => `${key} ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`,
      );
      const where = place.join(', ');
      places.set(where, [...(places.get(where) ?? []), columns[i].name]);
      if (must !== undefined && finding.worst > must) {
        failures.push(`${what}, ${columns[i].name}: ${finding.worst} ${unit}, must be ${must}: ${where}`);
      }
    });
    for (const [where, names] of places) inputs.push(`${what}, ${names.join(' and ')}: ${where}`);
  }

  const shift = [['softmax, float32', 'float32 x − max', ...columns.map(({ name }) => name)]];
  columns[0]?.shift.forEach(({ logits, rounded }, i) => {
    shift.push([logits, figure(rounded), ...columns.map((column) => figure(column.shift[i].ours))]);
  });

  const engines = columns.map(({ name, node }) => `${name}: Node.js ${node}`).join('; ');
  const text = [
    layOut(table, markdown),
    engines,
    'Worst element, ulp. Left: x − max rounded to float32, then a correctly rounded exponential and a float64 sum.',
    layOut(shift, markdown),
  ];
  if (!markdown) {
    text.push(
      'The inputs that reach these. A row is makeRow(format, K, seed) of tests/accuracy/rows.ts, negated where the scale is negative.',
      inputs.join('\n'),
    );
  }
  text.push(failures.length === 0 ? 'Every bound holds.' : `Bounds exceeded:\n${failures.join('\n')}`);
  return { text: text.join('\n\n'), exceeded: failures.length > 0 };
}
