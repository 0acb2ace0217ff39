import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const HELP = `Trains softmax regression on handwritten digits and writes a report with pictures.

Usage: npm start -- [options]

  --epochs N       passes over the training rows, 1 to 10000 (default 60)
  --seed N         decides the order of the rows, 0 to 4294967295 (default 1)
  --report PATH    where the HTML report goes (default examples/digits/report.html)
  --no-report      write no report
  --help           show this text

Exit code: 0 done; 1 a gradient is wrong, test accuracy below 0.90, or WebAssembly and reference disagree; 2 bad option or
report not writable.
`;

/** A mistake of the caller: shown without a stack trace. */
export class UsageError extends Error {}

/**
 * @param {string[]} args  without node and script
 * @returns {{ help: boolean, epochs: number, seed: number, report: string | undefined }}
 * @throws {UsageError}
 */
export function parseOptions(args) {
  const values = parse(args);
  if (values.report !== undefined && values['no-report']) {
    throw new UsageError('--report and --no-report were both given; allowed is one of them.');
  }
  if (values.report === '') throw new UsageError('--report is empty; allowed is the path of a file.');
  const defaultReport = fileURLToPath(new URL('report.html', import.meta.url));
  return {
    help: values.help,
    epochs: parseInteger('--epochs', values.epochs, 1, 10000),
    seed: parseInteger('--seed', values.seed, 0, 2 ** 32 - 1),
    report: values['no-report'] ? undefined : (values.report ?? defaultReport),
  };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        epochs: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
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

function parseInteger(name, text, min, max) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${name} is '${text}'; allowed are whole numbers from ${min} to ${max}.`);
  }
  return value;
}
