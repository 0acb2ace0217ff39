// Whether the working folder is what a tag releases: check-release.mjs v1.2.3 owner/repository. npm refuses a provenance whose repository is not
// that of package.json, but only after everything else is done.

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

const [tag, repository] = argv.slice(2);
const { version, repository: declared } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const newest = changelog.match(/^## \[(\d.*?)\]/m)?.[1];

const problems = [];
if (tag !== `v${version}`) problems.push(`the tag is ${tag}, the version in package.json ${version}`);
if (newest !== version)
  problems.push(`the newest version in CHANGELOG.md is ${newest ?? 'none'}, in package.json ${version}`);
if (/^## \[Unreleased\]\s+(?!## )\S/m.test(changelog)) problems.push('CHANGELOG.md has entries that are not released');
const url = declared?.url ?? 'missing';
if (!url.endsWith(`/${repository}.git`))
  problems.push(`repository.url in package.json is ${url}, the repository ${repository}`);

for (const problem of problems) console.error(`release: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
