// What the examples have in common on their command lines.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** A mistake of the caller: shown without a stack trace. */
export class UsageError extends Error {}

/**
 * Options with a value, `--report PATH` or `--no-report`, and `--help`.
 *
 * @template {string} Name
 * @param {string[]} args  without node and script
 * @param {Record<Name, string>} defaults  by the option's name, without its dashes
 * @param {URL} reportUrl  where the report goes unless told otherwise
 * @returns {Record<Name, string> & { help: boolean, report: string | undefined }}
 * @throws {UsageError}
 */
export function parseTexts(args, defaults, reportUrl) {
  const { help, report, 'no-report': noReport, ...texts } = parse(args, defaults);
  if (report !== undefined && noReport) {
    throw new UsageError('--report and --no-report were both given; allowed is one of them.');
  }
  if (report === '') throw new UsageError('--report is empty; allowed is the path of a file.');
  return { ...texts, help, report: noReport ? undefined : (report ?? fileURLToPath(reportUrl)) };
}

function parse(args, defaults) {
  const own = Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: value }]);
  try {
    return parseArgs({
      args,
      options: {
        ...Object.fromEntries(own),
        report: { type: 'string' },
        'no-report': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    if (error.code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws {UsageError} when the text is not a whole number from `min` to `max` */
export function parseInteger(name, text, min, max) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${name} is '${text}'; allowed are whole numbers from ${min} to ${max}.`);
  }
  return value;
}

/**
 * Runs an example; exit code 2 and the message for a mistake of the caller.
 *
 * @param {string} name  of the example, before its messages
 * @param {string} help
 * @param {(args: string[]) => { help: boolean }} parseOptions
 * @param {(options: any) => Promise<void>} run
 */
export async function main(name, help, parseOptions, run) {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) process.stdout.write(help);
    else await run(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${name}: ${error.message}\nTry --help.`);
    process.exitCode = 2;
  }
}

/** @throws {UsageError} when the file cannot be written */
export function writeReport(path, html) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, html);
  } catch (error) {
    throw new UsageError(`--report ${path} cannot be written: ${error.message}`);
  }
}
