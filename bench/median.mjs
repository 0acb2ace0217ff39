/**
 * The middle value of a list, or the mean of the two middle ones.
 *
 * @param {readonly number[]} values At least one number, in any order; not changed.
 * @returns {number}
 * @throws {RangeError} When the list is empty.
 */
export function median(values) {
  if (values.length === 0) throw new RangeError('median: an empty list; allowed is one number or more');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
