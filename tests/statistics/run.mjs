// npm run statistics: chi-square tests of what is drawn, of independence, and no draw of what has no probability. Exit code 1 where one fails.

import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const help = `npm run statistics -- [options]
  --quick     10^6 draws in place of 10^7 for each test, 10^7 in place of 10^9 where none may be: some seconds
  --backend   simd, relaxed or js; default simd. All draw the same`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'simd' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit();
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = join(root, 'node_modules/.cache/softmax-simd/statistics.mjs');
const build = await rolldown({ input: join(root, 'tests/statistics/index.ts'), platform: 'node' });
await build.write({ file, format: 'esm' });
await build.close();
const { chosen, createEngineSync, experiments, impossible, LEAST_P, passes } = await import(pathToFileURL(file).href);

const engine = createEngineSync({ backend: options.backend });
const { draws, forbidden } = options.quick ? chosen.quick : chosen.full;
const begin = performance.now();
let failed = 0;
const seconds = () => `${((performance.now() - begin) / 1000).toFixed(0)} s`;

console.log(
  `${draws.toExponential(0)} draws each, backend ${engine.backend}; p from ${LEAST_P} to ${1 - LEAST_P} passes`,
);
for (const { name, run } of experiments) {
  const finding = run(engine, draws);
  if (!passes(finding)) failed++;
  const { statistic, degrees, p } = finding;
  console.log(
    `${passes(finding) ? 'ok    ' : 'FAILED'} p ${p.toFixed(4)}  χ² ${statistic.toFixed(1)} of ${degrees}  ${name}`,
  );
}
console.log(`${forbidden.toExponential(0)} draws of which none may be (${seconds()} so far)`);
for (const { name, run } of impossible) {
  const wrong = run(engine, forbidden / impossible.length);
  if (wrong > 0) failed++;
  console.log(
    `${wrong === 0 ? 'ok    ' : 'FAILED'} ${wrong} of ${(forbidden / impossible.length).toExponential(2)}  ${name}`,
  );
}
console.log(`${failed} failed, ${seconds()}`);
process.exitCode = failed > 0 ? 1 : 0;
