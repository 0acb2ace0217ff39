// npm run bench: times the contenders against each other. bench/README.md says how to read the result.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { arrayTypes, checkResult, createCase, opGroups, ops, shapesOf } from './cases.mjs';
import { contenders } from './contenders/index.mjs';
import { measure } from './harness.mjs';
import { choose, parse, UsageError } from './options.mjs';
import { provenance } from './provenance.mjs';
import { linearShapes, shapeGroups, vocabularyShapes } from './shapes.mjs';
import { decimals, skipNotes, table } from './table.mjs';
import { judge } from './targets.mjs';

const names = contenders.map(({ name }) => name);

const help = `Times softmax-simd, its reference and plain JavaScript against each other: one process, interleaved rounds, medians.
Every result is compared with the reference before it is timed.

Usage: npm run bench -- [options]

  --op LIST        ${Object.keys(ops).join(', ')} or all (default: all);
                   ${Object.entries(opGroups)
                     .map(([name, members]) => `${name}: ${members.join(', ')}`)
                     .join('; ')}
  --shape LIST     ${Object.keys(shapeGroups).join(', ')}, all, or sizes: 64x1000, or 1000x64@0 for another axis (default: core)
${Object.entries(shapeGroups)
  .map(([group, shapes]) => `                     ${group.padEnd(8)} ${shapes.join(' ')}`)
  .join('\n')}
                     linear-cross-entropy takes those of three sizes, rows x features x classes; without one, ${linearShapes.join(' ')}
                     sample and top-k take those along the last axis; without --shape, ${vocabularyShapes.join(' ')}
  --dtype LIST     ${Object.keys(arrayTypes).join(', ')} or all (default: float32)
  --only LIST      contenders, without the others (default: all):
                   ${names.join(', ')}
  --rounds N       rounds, of which the median is reported (default: 11)
  --min-time MS    the least time of one contender in one round, in milliseconds (default: 20)
  --json PATH      write the figures to a file too, with machine, Node.js version and commit
  --smoke          every op, kind of shape and type for a moment: shows in seconds that all run and agree, not how fast
  --help           this text

The items of a LIST are separated by commas.

Examples
  npm run bench -- --op softmax --shape 64x1000
  npm run bench -- --shape all --dtype all --json bench/results/local.json
  node bench/compare.mjs bench/results/local-before.json bench/results/local.json
`;

/** Checks, then times, the chosen contenders on one case. */
function runCase(testCase, settings) {
  const { op, dtype, shape } = testCase;
  const skipped = [];
  const prepared = [];
  try {
    for (const contender of contenders) {
      if (!settings.only.includes(contender.name) || contender.isFor?.(op) === false) continue;
      const entry = contender.prepare(testCase);
      if ('skip' in entry) {
        skipped.push({ name: contender.name, reason: entry.skip });
        continue;
      }
      prepared.push({ name: contender.name, ...entry });
      const result = entry.run();
      const { read = (value) => value, check = (value) => checkResult(testCase, contender.name, value) } = entry;
      check(read(result));
    }
    const perElement = (seconds) => (seconds * 1e9) / shape.elements;
    const figures = measure(prepared, settings).map(({ name, seconds, min, max, samples }) => ({
      name,
      nsPerElement: perElement(seconds),
      min: perElement(min),
      max: perElement(max),
      samples: samples.map(perElement),
    }));
    const plain = figures.find(({ name }) => name === 'plain')?.nsPerElement;
    for (const figure of figures) figure.timesFasterThanPlain = plain ? plain / figure.nsPerElement : null;
    return { op, dtype, shape: shape.name, elements: shape.elements, contenders: figures, skipped };
  } finally {
    for (const { release } of prepared) release?.();
  }
}

const ratio = (value) => (value === null ? '' : `${decimals(value)}×`);

function caseTable({ op, dtype, shape, contenders: figures }) {
  return table([
    [`${op} ${dtype} ${shape}`, 'ns/element', 'min', 'max', 'times as fast as plain'],
    ...figures.map(({ name, nsPerElement, min, max, timesFasterThanPlain }) => [
      `  ${name}`,
      decimals(nsPerElement),
      decimals(min),
      decimals(max),
      ratio(timesFasterThanPlain),
    ]),
  ]);
}

/** One op and type: contenders down, shapes across. */
function summary(cases) {
  const [{ op, dtype }] = cases;
  const cell = (name, { contenders: figures }) => {
    const figure = figures.find((entry) => entry.name === name);
    return figure ? `${decimals(figure.nsPerElement)} ${ratio(figure.timesFasterThanPlain).padStart(6)}` : '-';
  };
  const present = names.filter((name) =>
    cases.some((entry) => entry.contenders.some((figure) => figure.name === name)),
  );
  return table([
    [`${op} ${dtype}`, ...cases.map(({ shape }) => shape)],
    ...present.map((name) => [`  ${name}`, ...cases.map((entry) => cell(name, entry))]),
  ]);
}

function targetTable(verdicts) {
  const rows = verdicts.map(({ op, ours, other, required, measured, reached }) => [
    `  ${op}`,
    ours,
    other,
    `${required}×`,
    ratio(measured),
    reached ? 'ok' : 'short',
  ]);
  return `sampling: times as fast as another, targets\n\n${table([['op', 'ours', 'other', 'required', 'measured', ''], ...rows])}`;
}

function main() {
  const settings = parse(
    process.argv.slice(2),
    { operations: Object.keys(ops), op: 'all', shape: 'core', names, warmupRounds: 1 },
    { dtype: { type: 'string' } },
  );
  if (settings.help) {
    process.stdout.write(help);
    return;
  }
  const dtypes = choose('--dtype', settings.dtype ?? (settings.smoke ? 'all' : 'float32'), Object.keys(arrayTypes));
  const report = {
    ...provenance(),
    rounds: settings.rounds,
    minTimeMs: settings.minTime * 1e3,
    smoke: settings.smoke,
    cases: [],
  };
  const { version, node, v8, machine } = report;
  console.log(`softmax-simd ${version}, Node.js ${node}, V8 ${v8}, ${machine.cpu}, ${machine.cores} cores`);
  if (!settings.smoke) {
    console.log(`median of ${settings.rounds} interleaved rounds of at least ${report.minTimeMs} ms\n`);
  }

  const summaries = [];
  for (const dtype of dtypes) {
    for (const op of settings.ops) {
      const cases = shapesOf(op, settings.shapes, settings.isShapeGiven).map((shape) => {
        const result = runCase(createCase(op, dtype, shape), settings);
        if (!settings.smoke) console.log(`${caseTable(result)}\n`);
        return result;
      });
      report.cases.push(...cases);
      if (settings.smoke) console.log(`${op} ${dtype}: ${cases.length} shapes ran and agree with the reference`);
      else summaries.push(summary(cases));
    }
  }
  if (!settings.smoke) {
    console.log(`ns per element, and times as fast as the plain loop\n\n${summaries.join('\n\n')}`);
    const verdicts = judge(report.cases);
    if (verdicts.length > 0) console.log(`\n${targetTable(verdicts)}`);
  }
  for (const note of skipNotes(report.cases.flatMap(({ skipped }) => skipped))) console.log(`\n${note}`);
  if (settings.json) {
    mkdirSync(dirname(settings.json), { recursive: true });
    writeFileSync(settings.json, `${JSON.stringify(report, null, 1)}\n`);
    console.log(`\nfigures: ${settings.json}`);
  }
}

try {
  main();
} catch (error) {
  console.error(error instanceof UsageError ? `bench: ${error.message}; --help shows every option` : error);
  process.exitCode = 1;
}
