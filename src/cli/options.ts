// What stands after the name of a command: options by node:util, and what is wrong with them.

import { parseArgs } from 'node:util';
import leven from 'leven';

/** A mistake of the caller: shown without a stack trace, exit code 2. */
export class UsageError extends Error {}

/** What cannot be read, written or computed: shown without a stack trace, exit code 1. */
export class RunError extends Error {}

export type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>;
export type Values<T extends OptionTypes> = {
  [K in keyof T]: (T[K] extends 'string' ? string : boolean) | undefined;
};

/**
 * Options and other arguments. A value may begin with a dash where it is a number: `--axis -1`.
 * @throws UsageError
 */
export function parse<T extends OptionTypes>(
  name: string,
  args: string[],
  types: T,
  places: readonly string[] = [],
): { values: Values<T>; positionals: string[] } {
  const options = Object.fromEntries(Object.entries(types).map(([key, type]) => [key, { type }]));
  const { values, positionals, tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name: key, rawName, value, inlineValue } = token;
    if (!Object.hasOwn(types, key)) throw unknown(name, rawName, Object.keys(types));
    if (seen.has(key)) throw new UsageError(`${name}: ${rawName} is given twice; allowed is once.`);
    seen.add(key);
    if (types[key] === 'boolean' && value !== undefined) {
      throw new UsageError(`${name}: ${rawName} has the value '${value}'; allowed is none.`);
    }
    const isOption = !inlineValue && /^-(?!$|\d|\.\d|inf)/i.test(value ?? '');
    if (types[key] === 'string' && (!value || isOption)) {
      throw new UsageError(`${name}: ${rawName} has no value; allowed is ${rawName} VALUE or ${rawName}=VALUE.`);
    }
  }
  const extra = positionals[places.length];
  if (extra !== undefined) {
    throw new UsageError(
      `${name}: argument '${extra}' is unexpected; allowed are ${[...places, 'options'].join(', ')}.`,
    );
  }
  return { values: values as Values<T>, positionals };
}

function unknown(name: string, came: string, keys: readonly string[]): UsageError {
  const allowed = keys.map((key) => `--${key}`);
  return new UsageError(`${name}: option ${came} is unknown; allowed are ${allowed.join(', ')}.${hint(came, allowed)}`);
}

/** ` Did you mean …?` where one of the words is close. */
export function hint(came: string, words: readonly string[]): string {
  const [nearest] = words
    .map((word) => ({ word, distance: leven(came, word) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= came.length / 3 ? ` Did you mean ${nearest.word}?` : '';
}

/** One of the words. */
export function word<T extends string>(name: string, label: string, came: string, words: readonly T[]): T {
  if ((words as readonly string[]).includes(came)) return came as T;
  throw new UsageError(`${name}: ${label} is '${came}'; allowed are ${words.join(', ')}.${hint(came, words)}`);
}

/** Several of the words, separated by commas; `all` for all of them. In the order of the words. */
export function wordList<T extends string>(name: string, label: string, came: string, words: readonly T[]): T[] {
  const chosen = came.split(',').map((item) => word(name, label, item.trim(), ['all', ...words]));
  return chosen.includes('all') ? [...words] : words.filter((item) => chosen.includes(item));
}

/** Words for a help text, so many to a line. */
export function columns(words: readonly string[], count: number): string {
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += count) lines.push(`${' '.repeat(21)}${words.slice(i, i + count).join(', ')}`);
  return lines.join(',\n');
}

/** A number within bounds; `inf` for infinity where the bounds hold it. */
export function number(
  name: string,
  label: string,
  came: string,
  allowed: string,
  isAllowed: (value: number) => boolean,
): number {
  const value = toNumber(came);
  if (value === undefined || Number.isNaN(value) || !isAllowed(value)) {
    throw new UsageError(`${name}: ${label} is '${came}'; allowed are ${allowed}.`);
  }
  return value;
}

/** An integer within bounds. */
export function integer(name: string, label: string, came: string, min = -Infinity, max = Infinity): number {
  const from = min > -Infinity ? ` from ${min}` : '';
  const to = max < Infinity ? ` to ${max}` : '';
  const isAllowed = (value: number) => Number.isSafeInteger(value) && value >= min && value <= max;
  return number(name, label, came, `integers${from}${to}`, isAllowed);
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i;

/** Decimal numbers, and NaN and infinities as JavaScript, Python and C write them; undefined for anything else. */
export function toNumber(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const match = special.exec(text);
  if (!match) return undefined;
  if (!match[2]) return Number.NaN;
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
