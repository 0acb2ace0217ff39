// npm run bench: times the contenders against each other. bench/README.md says how to read the result.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { arrayTypes, checkResult, createCase, opGroups, ops } from './cases.mjs';
import { contenders } from './contenders/index.mjs';
import { measure } from './harness.mjs';
import { linearShapes, parseShape, shapeGroups, smokeShapes, vocabularyShapes } from './shapes.mjs';
import { decimals, table } from './table.mjs';
import { judge } from './targets.mjs';

const root = new URL('..', import.meta.url);
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

class UsageError extends Error {}

/** @param {string[]} argv */
function parse(argv) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const options = {
    op: text,
    shape: text,
    dtype: text,
    only: text,
    rounds: text,
    'min-time': text,
    json: text,
    smoke: flag,
    help: flag,
  };
  let values;
  try {
    values = parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { smoke } = values;
  const shapes = list(values.shape ?? (smoke ? smokeShapes.join() : 'core')).flatMap((item) =>
    item === 'all' ? Object.values(shapeGroups).flat() : (shapeGroups[item] ?? [item]),
  );
  return {
    ops: choose('--op', values.op ?? 'all', Object.keys(ops), opGroups),
    shapes: [...new Set(shapes)].map(toShape),
    isShapeGiven: smoke || values.shape !== undefined,
    dtypes: choose('--dtype', values.dtype ?? (smoke ? 'all' : 'float32'), Object.keys(arrayTypes)),
    contenders: choose('--only', values.only ?? 'all', names),
    rounds: positive('--rounds', values.rounds ?? (smoke ? '1' : '11'), true),
    minTime: positive('--min-time', values['min-time'] ?? (smoke ? '0.001' : '20')) / 1e3,
    warmupRounds: smoke ? 0 : 1,
    json: values.json,
    smoke,
    help: values.help,
  };
}

const list = (text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function choose(option, text, allowed, groups = {}) {
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

/** The chosen shapes that an op takes. */
function shapesOf(op, { shapes, isShapeGiven }) {
  if (ops[op].ofVocabulary) {
    const rows = isShapeGiven ? shapes.filter(({ inner }) => inner === 1) : [];
    return rows.length > 0 ? rows : vocabularyShapes.map(toShape);
  }
  if (op !== 'linear-cross-entropy') return shapes;
  const layers = shapes.filter(({ shape, inner }) => shape.length === 3 && inner === 1);
  return layers.length > 0 ? layers : linearShapes.map(toShape);
}

/** Checks, then times, the chosen contenders on one case. */
function runCase(testCase, settings) {
  const { op, dtype, shape } = testCase;
  const skipped = [];
  const prepared = [];
  try {
    for (const contender of contenders) {
      if (!settings.contenders.includes(contender.name) || contender.isFor?.(op) === false) continue;
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

/** One line per reason, with the contenders that it kept out of some case. */
function skipNotes(cases) {
  const contendersByReason = new Map();
  for (const { name, reason } of cases.flatMap(({ skipped }) => skipped)) {
    contendersByReason.set(reason, (contendersByReason.get(reason) ?? new Set()).add(name));
  }
  return [...contendersByReason].map(([reason, skipped]) => `skipped: ${[...skipped].join(', ')}: ${reason}`);
}

function machine() {
  const cpus = os.cpus();
  return { cpu: cpus[0]?.model.trim() ?? 'unknown', cores: cpus.length, arch: os.arch(), platform: os.platform() };
}

// Nothing outside a git checkout, or where git is not installed: the figures stand without it.
function revision() {
  const git = (...args) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { commit: git('rev-parse', 'HEAD'), modified: git('status', '--porcelain', '--untracked-files=no') !== '' };
  } catch {
    return { commit: null, modified: null };
  }
}

function main() {
  const settings = parse(process.argv.slice(2));
  if (settings.help) {
    process.stdout.write(help);
    return;
  }
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const report = {
    version,
    ...revision(),
    date: new Date().toISOString(),
    machine: machine(),
    node: process.version,
    v8: process.versions.v8,
    rounds: settings.rounds,
    minTimeMs: settings.minTime * 1e3,
    smoke: settings.smoke,
    cases: [],
  };
  const { cpu, cores } = report.machine;
  console.log(`softmax-simd ${version}, Node.js ${report.node}, V8 ${report.v8}, ${cpu}, ${cores} cores`);
  if (!settings.smoke) {
    console.log(`median of ${settings.rounds} interleaved rounds of at least ${report.minTimeMs} ms\n`);
  }

  const summaries = [];
  for (const dtype of settings.dtypes) {
    for (const op of settings.ops) {
      const cases = shapesOf(op, settings).map((shape) => {
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
  for (const note of skipNotes(report.cases)) console.log(`\n${note}`);
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
