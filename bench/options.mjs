// What the benchmark commands understand alike.

import { parseArgs } from 'node:util';
import { opGroups } from './cases.mjs';
import { parseShape, shapeGroups, smokeShapes } from './shapes.mjs';

export class UsageError extends Error {}

const text = { type: 'string' };
const flag = { type: 'boolean', default: false };
const common = {
  op: text,
  shape: text,
  only: text,
  rounds: text,
  'min-time': text,
  json: text,
  smoke: flag,
  help: flag,
};

/**
 * @param {string[]} argv
 * @param {object} defaults
 * @param {string[]} defaults.operations what --op may name
 * @param {string} defaults.op
 * @param {string} defaults.shape
 * @param {string[]} defaults.names what --only may name
 * @param {number} defaults.warmupRounds
 * @param {object} [more] options of one command
 */
export function parse(argv, { operations, op, shape, names, warmupRounds }, more = {}) {
  let values;
  try {
    values = parseArgs({ args: argv, options: { ...common, ...more } }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { smoke } = values;
  const shapes = list(values.shape ?? (smoke ? smokeShapes.join() : shape)).flatMap((item) =>
    item === 'all' ? Object.values(shapeGroups).flat() : (shapeGroups[item] ?? [item]),
  );
  return {
    ...values,
    ops: choose('--op', values.op ?? (smoke ? 'all' : op), operations, opGroups),
    shapes: [...new Set(shapes)].map(toShape),
    isShapeGiven: smoke || values.shape !== undefined,
    only: choose('--only', values.only ?? 'all', names),
    rounds: positive('--rounds', values.rounds ?? (smoke ? '1' : '11'), true),
    minTime: positive('--min-time', values['min-time'] ?? (smoke ? '0.001' : '20')) / 1e3,
    warmupRounds: smoke ? 0 : warmupRounds,
  };
}

/** Those of `allowed` that a list names, in their order. */
export function choose(option, text, allowed, groups = {}) {
  const chosen = new Set(list(text).flatMap((item) => (item === 'all' ? allowed : (groups[item] ?? [item]))));
  const known = allowed.filter((item) => chosen.has(item));
  const unknown = [...chosen].filter((item) => !allowed.includes(item));
  if (unknown.length > 0 || known.length === 0) {
    throw new UsageError(
      `${option}: ${unknown.join(', ') || 'nothing'}; allowed are all, ${[...allowed, ...Object.keys(groups)].join(', ')}`,
    );
  }
  return known;
}

const list = (text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function toShape(name) {
  try {
    return parseShape(name);
  } catch (error) {
    throw new UsageError(`--${error.message}`);
  }
}

function positive(option, text, integer = false) {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY) || (integer && !Number.isInteger(value))) {
    throw new UsageError(`${option}: ${text}; allowed are ${integer ? 'integers' : 'numbers'} above 0`);
  }
  return value;
}
