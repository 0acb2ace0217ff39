// node bench/compare.mjs A.json B.json: what changed between two results of `npm run bench -- --json`.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decimals, table } from './table.mjs';

const help = `Compares two results of npm run bench -- --json PATH, case by case.

Usage: node bench/compare.mjs [options] A.json B.json

  --threshold PERCENT   the change from which a case is flagged (default: 10)
  --fail                exit code 1 when a case is flagged as slower
  --help                this text

Where both results have the plain loop of a case, B / A is taken of the times relative to it, so that a machine that
was slower throughout does not count as a change; elsewhere, and for the plain loop, of the times themselves. Above 1 is
slower. The plain loop is never flagged. Nothing is when the results come from two machines: they cannot be compared.
`;

class UsageError extends Error {}

function parse(argv) {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        threshold: { type: 'string', default: '10' },
        fail: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  const threshold = Number(values.threshold) / 100;
  if (!(threshold > 0)) throw new UsageError(`--threshold: ${values.threshold}; allowed are numbers above 0`);
  if (positionals.length !== 2) throw new UsageError(`${positionals.length} files; allowed are 2: A.json B.json`);
  return { help: false, threshold, fail: values.fail, results: positionals.map(read) };
}

function read(path) {
  let result;
  try {
    result = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path}: ${error.message}`);
  }
  if (!Array.isArray(result?.cases) || result.machine === undefined) {
    throw new UsageError(`${path}: not a result of npm run bench -- --json`);
  }
  return result;
}

/** Every (case, contender) of a result, by name. */
function figures(result) {
  const entries = new Map();
  for (const { op, dtype, shape, contenders } of result.cases) {
    const plain = contenders.find(({ name }) => name === 'plain')?.nsPerElement;
    for (const { name, nsPerElement } of contenders) {
      const isPlain = name === 'plain';
      entries.set(`${op} ${dtype} ${shape} ${name}`, { nsPerElement, isPlain, plain: isPlain ? undefined : plain });
    }
  }
  return entries;
}

/** In A's order: ns per element in A and B, B / A, and whether it may be flagged. */
function changes(a, b) {
  const after = figures(b);
  return [...figures(a)]
    .filter(([name]) => after.has(name))
    .map(([name, before]) => {
      const now = after.get(name);
      const drift = before.plain && now.plain ? now.plain / before.plain : 1;
      const change = now.nsPerElement / before.nsPerElement / drift;
      return { name, a: before.nsPerElement, b: now.nsPerElement, change, isPlain: before.isPlain };
    });
}

function main() {
  const { help: wanted, threshold, fail, results } = parse(process.argv.slice(2));
  if (wanted) {
    process.stdout.write(help);
    return;
  }
  const [a, b] = results;
  const describe = ({ version, commit, modified, node, machine, date }) => {
    const revision = commit ? `${commit.slice(0, 10)}${modified ? ' and changes' : ''}` : 'commit unknown';
    return `${version} (${revision}), Node.js ${node}, ${machine.cpu}, ${machine.cores} cores, ${date}`;
  };
  console.log(`A: ${describe(a)}\nB: ${describe(b)}`);
  const sameMachine = JSON.stringify(a.machine) === JSON.stringify(b.machine);
  if (!sameMachine) console.log('The machines differ: the figures cannot be compared, and nothing is flagged.');
  if (a.node !== b.node) console.log('The Node.js versions differ: part of a change may be theirs.');
  if (a.smoke || b.smoke) console.log('A smoke run is among them: its times mean little.');

  const rows = changes(a, b);
  if (rows.length === 0) throw new UsageError('the two results have no case in common');
  const comparable = rows.filter(({ isPlain }) => sameMachine && !isPlain);
  const slower = comparable.filter(({ change }) => change >= 1 + threshold);
  const faster = comparable.filter(({ change }) => change <= 1 / (1 + threshold));
  const flag = (row) => (slower.includes(row) ? 'slower' : faster.includes(row) ? 'faster' : '');
  console.log(
    `\n${table([
      ['case', 'A ns/element', 'B ns/element', 'B / A', ''],
      ...rows.map((row) => [row.name, decimals(row.a), decimals(row.b), decimals(row.change), flag(row)]),
    ])}`,
  );
  if (sameMachine) console.log(`\n${slower.length} slower, ${faster.length} faster by ${threshold * 100} % or more`);
  if (fail && slower.length > 0) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(error instanceof UsageError ? `compare: ${error.message}; --help shows the usage` : error);
  process.exitCode = 2;
}
