// Numbers as people write and read them.

/**
 * @param {string} text such as `1.5`, `−2`, `1e-3`, `inf`, `-∞`
 * @returns {number} NaN where it is no number
 */
export function parseNumber(text) {
  const plain = text.trim().replaceAll('−', '-').toLowerCase();
  const infinity = /^([+-]?)(?:inf|infinity|∞)$/.exec(plain);
  if (infinity) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return plain === '' ? Number.NaN : Number(plain);
}

/** @returns {string} every digit, in a form that parseNumber reads, without the + that an address takes for a space */
export function writeNumber(value) {
  return String(value).replace('Infinity', 'inf').replace('e+', 'e');
}

/** @returns {string} four digits, for reading */
export function formatNumber(value) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-4 || size >= 1e6)
      ? value.toExponential(3).replace(/\.?0+e/, 'e')
      : String(Number(value.toPrecision(4)));
  return text.replaceAll('-', '−').replace('e+', 'e');
}

/** @returns {string} a probability, short enough to stand on a bar */
export function shortProbability(value) {
  if (Number.isNaN(value)) return 'NaN';
  if (value === 0 || value === 1) return String(value);
  if (value < 0.0005) return '≈0';
  if (value >= 0.9995) return '≈1';
  return value.toFixed(3).slice(1);
}

/** @returns {string} any number, in five characters or so; `digits` after the point where it is small */
export function shortNumber(value, digits = 2) {
  if (!Number.isFinite(value)) return formatNumber(value);
  const size = Math.abs(value);
  const text = size >= 1e4 ? value.toExponential(0) : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : digits);
  return text.replace('-', '−').replace('e+', 'e');
}
