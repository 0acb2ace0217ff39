// npm run test:hosts: the packed package in an empty project, on every host and through every bundler there is. Each must run on the backend
// that is written down in hosts.mjs, and give what the reference gives.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from '../../bench/table.mjs';
import { chosen } from '../engines/options.mjs';
import { hosts } from './hosts.mjs';

const { how, isWanted, isRequired } = chosen({
  command: 'test:hosts',
  kind: 'host',
  names: hosts.map(({ name }) => name),
  installs:
    "npm packages go to the user's cache folder and to tests/hosts, and Debian packages in place if run by root",
  more: ['ENGINES_DIR names a folder whose node_modules holds node20, node22, …'],
});

const home = mkdtempSync(join(tmpdir(), 'softmax-simd-hosts-'));

/** A project with the package as npm would publish it, and the files of app/. With a `type`, Next.js built by webpack has no routes on the edge. */
function makeProject() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const npm = (cwd, ...words) =>
    execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', home));
  const project = join(home, 'project');
  cpSync(fileURLToPath(new URL('app', import.meta.url)), project, { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  npm(project, 'install', '--offline', '--no-audit', '--no-fund', '--no-package-lock', join(home, filename));
  return project;
}

const rows = [['host', 'version', 'where', 'backends', 'numbers compared', 'result']];
const missing = [];
const failures = [];
try {
  const project = makeProject();
  for (const { name, expected, open } of hosts) {
    if (!isWanted(name)) continue;
    process.stderr.write(`${name} …\n`);
    let run;
    try {
      run = open(how);
    } catch (error) {
      rows.push([name, '', '', '', '', 'not available']);
      missing.push(`${name}: ${error.message}`);
      if (isRequired(name)) failures.push(`${name} is not available`);
      continue;
    }
    try {
      const { version, reports } = await run(project);
      for (const [where, report] of Object.entries(reports)) {
        const problems = [...report.failures];
        const backends = report.backends.join(', ');
        const wanted = (Array.isArray(expected) ? expected : expected[where]).join(', ');
        if (backends !== wanted) problems.push(`backends ${backends}; expected ${wanted}`);
        if (report.compared === 0) problems.push('nothing was compared');
        rows.push([name, version, where, backends, String(report.compared), problems.length > 0 ? 'failed' : 'passed']);
        failures.push(...problems.map((problem) => `${name} ${where}: ${problem}`));
      }
    } catch (error) {
      rows.push([name, '', '', '', '', 'failed']);
      failures.push(`${name}: ${error.message}`);
    }
  }
} finally {
  rmSync(home, { recursive: true });
}

console.log(table(rows));
for (const line of [...missing, ...failures]) console.log(line);
process.exitCode = failures.length > 0 ? 1 : 0;
