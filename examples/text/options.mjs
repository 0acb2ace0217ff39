import { parseInteger, parseTexts } from '../shared/options.mjs';

export const HELP = `Trains a model of the next character on a text, draws texts from it, and writes a report with pictures.

Usage: npm run example:text -- [options]

  --epochs N       passes over the text, 1 to 1000 (default 8)
  --length N       characters to draw per text, 1 to 100000 (default 400)
  --seed N         decides the order of training and the draws, 0 to 9007199254740991 (default 1)
  --report PATH    where the HTML report goes (default examples/text/report.html)
  --no-report      write no report
  --help           show this text

Exit code: 0 done; 1 the model predicts the text that was held out with more than 2.5 bits per character; 2 bad option or
report not writable.
`;

/**
 * @param {string[]} args  without node and script
 * @returns {{ help: boolean, epochs: number, length: number, seed: number, report: string | undefined }}
 * @throws {import('../shared/options.mjs').UsageError}
 */
export function parseOptions(args) {
  const defaults = { epochs: '8', length: '400', seed: '1' };
  const { help, report, epochs, length, seed } = parseTexts(args, defaults, new URL('report.html', import.meta.url));
  return {
    help,
    epochs: parseInteger('--epochs', epochs, 1, 1000),
    length: parseInteger('--length', length, 1, 100000),
    seed: parseInteger('--seed', seed, 0, Number.MAX_SAFE_INTEGER),
    report,
  };
}
