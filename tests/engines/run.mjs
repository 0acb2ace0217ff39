// npm run test:engines: the same corpus through the kernels on every engine there is. The SIMD build must give the hash in expected.json
// on all of them; the relaxed build has one where multiply-add is fused and one where it is not, but for the kernels without multiply-add.
// And the package draws the same tokens from the same seeds on all of them.

import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runCorpus, UNRELAXED } from './corpus.mjs';
import { engines } from './engines.mjs';
import { chosen } from './options.mjs';
import { hashTokens } from './tokens.mjs';

const {
  values: options,
  how,
  isWanted,
  isRequired,
} = chosen({
  command: 'test:engines',
  kind: 'engine',
  names: engines.map(({ name }) => name),
  more: [
    '  --update          write the hashes of this Node.js to expected.json first',
    '  --json PATH       write the results as JSON',
    'ENGINES_DIR names a folder whose node_modules holds node20, node22, …',
  ],
  options: { update: { type: 'boolean', default: false }, json: { type: 'string' } },
});

/** Copies, so that a build meanwhile does not give engines different binaries. */
const copies = mkdtempSync(join(tmpdir(), 'softmax-simd-engines-'));
const root = fileURLToPath(new URL('../../', import.meta.url));
function copyOf(build) {
  const copy = join(copies, `${build}.wasm`);
  copyFileSync(join(root, `build/softmax.${build}.wasm`), copy);
  return copy;
}
cpSync(join(root, 'dist'), join(copies, 'dist'), { recursive: true });
copyFileSync(join(root, 'package.json'), join(copies, 'package.json')); // it says that the package is of modules
const binaries = { simd: copyOf('simd'), relaxed: copyOf('relaxed'), entry: join(copies, 'dist/index.js') };

const expectedPath = new URL('./expected.json', import.meta.url);
if (options.update) {
  const { hash, ops } = runCorpus(readFileSync(binaries.simd));
  const { createEngineSync } = await import(pathToFileURL(binaries.entry).href);
  const tokens = hashTokens(createEngineSync({ backend: 'js' }));
  const relaxed = Object.fromEntries(UNRELAXED.map((op) => [op, ops[op]]));
  writeFileSync(expectedPath, `${JSON.stringify({ hash, ops, relaxed, tokens }, null, 2)}\n`);
}
const expected = JSON.parse(readFileSync(expectedPath, 'utf8'));

const results = [];
const failures = [];
for (const { name, open } of engines) {
  if (!isWanted(name)) continue;
  process.stderr.write(`${name} …\n`);
  let run;
  try {
    run = open(how);
  } catch (error) {
    results.push({ name, missing: error.message });
    if (isRequired(name)) failures.push(`${name}: ${error.message}`);
    continue;
  }
  try {
    const result = await run(binaries);
    results.push({ name, ...result });
    for (const problem of check(result)) failures.push(`${name}: ${problem}`);
  } catch (error) {
    results.push({ name, missing: 'failed' });
    failures.push(`${name}: ${error.message}`);
  }
}

rmSync(copies, { recursive: true });

function* check({ simd, relaxed, tokens = {} }) {
  for (const op of Object.keys(expected.ops)) {
    if (simd.ops[op] !== expected.ops[op]) yield `${op}, SIMD: other bits than expected (${simd.ops[op]})`;
  }
  for (const op of Object.keys(relaxed === undefined ? {} : expected.relaxed)) {
    if (relaxed.ops[op] !== expected.relaxed[op]) yield `${op}, relaxed: other bits than expected (${relaxed.ops[op]})`;
  }
  for (const [backend, hash] of Object.entries(tokens)) {
    if (hash !== expected.tokens) yield `tokens, ${backend}: others than expected (${hash})`;
  }
  if (simd.oddNaN > 0) yield `SIMD: ${simd.oddNaN} results are NaN other than the canonical`;
  if (relaxed?.oddNaN > 0) yield `relaxed: ${relaxed.oddNaN} results are NaN other than the canonical`;
}

/** What the relaxed hash says of hosts that cannot be asked: unfused is the SIMD build's, fused that of the hosts known to fuse. */
function fusion({ relaxed, fused }) {
  if (relaxed === undefined) return 'no relaxed SIMD';
  if (fused !== undefined) return fused ? 'fused' : 'unfused';
  const same = results.find((other) => other.fused !== undefined && other.relaxed?.hash === relaxed.hash);
  return same === undefined ? '' : fusion(same);
}

/** The hashes of the tokens, each once. */
const tokensOf = ({ tokens = {} }) => [...new Set(Object.values(tokens))].join(' ') || 'no JavaScript';

const head = ['engine', 'version', 'SIMD', 'relaxed', 'multiply-add', 'tokens'];
const rows = results.map((result) =>
  result.missing === undefined
    ? [result.name, result.version, result.simd.hash, result.relaxed?.hash ?? '–', fusion(result), tokensOf(result)]
    : [result.name, result.missing === 'failed' ? 'failed' : 'not available', '', '', '', ''],
);
const table = [head, ...rows];
const widths = head.map((_, i) => Math.max(...table.map((row) => row[i].length)));
console.log(
  table
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n'),
);
for (const { name, missing } of results) if (missing && missing !== 'failed') console.log(`${name}: ${missing}`);
console.log(`expected: ${expected.hash}, tokens ${expected.tokens}, in both builds`);
for (const [op, hash] of Object.entries(expected.relaxed)) console.log(`  ${op.padEnd(16)}  ${hash}`);
for (const failure of failures) console.log(failure);

if (options.json) {
  const { hash, relaxed: inBothBuilds, tokens } = expected;
  const about = { date: new Date().toISOString().slice(0, 10), expected: hash, inBothBuilds, tokens };
  const engineRows = results.map((result) => {
    if (result.missing !== undefined) return { engine: result.name, missing: result.missing };
    const { name, version, simd, relaxed, tokens } = result;
    const hashes = { simd: simd.hash, relaxed: relaxed?.hash };
    return { engine: name, version, ...hashes, multiplyAdd: fusion(result), tokens };
  });
  writeFileSync(options.json, `${JSON.stringify({ ...about, engines: engineRows }, null, 1)}\n`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
