import { parseInteger, parseTexts } from '../shared/options.mjs';

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

/**
 * @param {string[]} args  without node and script
 * @returns {{ help: boolean, epochs: number, seed: number, report: string | undefined }}
 * @throws {import('../shared/options.mjs').UsageError}
 */
export function parseOptions(args) {
  const defaults = { epochs: '60', seed: '1' };
  const { help, report, epochs, seed } = parseTexts(args, defaults, new URL('report.html', import.meta.url));
  return {
    help,
    epochs: parseInteger('--epochs', epochs, 1, 10000),
    seed: parseInteger('--seed', seed, 0, 2 ** 32 - 1),
    report,
  };
}
