/**
 * Lays out rows of text: the first column to the left, the others to the right.
 *
 * @param {string[][]} rows The first is the heading.
 * @returns {string}
 */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i > 0 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * @param {number} value 0 or more.
 * @returns {string} Three significant digits, as long as they stand before or within three places after the point.
 */
export const decimals = (value) => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);

/**
 * One line per reason, with the contenders that it kept out.
 *
 * @param {readonly { name: string, reason: string }[]} skipped
 * @returns {string[]}
 */
export function skipNotes(skipped) {
  const namesByReason = new Map();
  for (const { name, reason } of skipped) {
    namesByReason.set(reason, (namesByReason.get(reason) ?? new Set()).add(name));
  }
  return [...namesByReason].map(([reason, names]) => `skipped: ${[...names].join(', ')}: ${reason}`);
}
