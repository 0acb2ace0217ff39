// What a release rests on: a package that npm takes without a warning, a changelog in shape, workflows whose commands exist.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { withoutNpmSettings } from '../tools/npm.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'softmax-simd-release-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('npm publish --dry-run has nothing to warn of or to correct', async () => {
  // No setting of this user counts, either.
  const userconfig = join(scratch, 'npmrc');
  writeFileSync(userconfig, '');
  const words = ['publish', '--dry-run', '--offline', '--ignore-scripts', '--userconfig', userconfig];
  const { stdout, stderr } = await run('npm', words, { cwd: root, env: withoutNpmSettings });
  const { name, version } = JSON.parse(read('package.json'));
  expect(stdout).toContain(`+ ${name}@${version}`);
  expect(stderr).toContain('Tarball Contents');
  const complaints = stderr.split('\n').filter((line) => /^npm (warn|error)/i.test(line));
  expect(complaints.filter((line) => !line.includes('requires you to be logged in'))).toEqual([]);
});

describe('CHANGELOG.md', () => {
  const headings = [...read('CHANGELOG.md').matchAll(/^(#+) (.*)$/gm)].map(
    ([, marks, text]) => [marks.length, text] as const,
  );
  const versions = headings.filter(([level]) => level === 2).map(([, text]) => text);

  test('begins with what is not released, then the versions with their days, the newest first', () => {
    expect(versions[0]).toBe('[Unreleased]');
    const released = versions.slice(1).map((text) => /^\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$/.exec(text));
    expect(released).not.toContain(null);
    const days = released.map((match) => match?.[2] ?? '');
    expect(days).toEqual([...days].sort().reverse());
  });

  test('has the sections of Keep a Changelog only', () => {
    const sections = headings.filter(([level]) => level === 3).map(([, text]) => text);
    expect(sections.length).toBeGreaterThan(0);
    for (const section of sections)
      expect(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']).toContain(section);
    expect(headings.filter(([level]) => level > 3)).toEqual([]);
  });
});

describe('the workflows', () => {
  const folder = '.github/workflows';
  const release = read(`${folder}/release.yml`);

  test('publish with provenance, from a tag', () => {
    expect(release).toMatch(/^ {4}tags: \['v\*'\]$/m);
    expect(release).toMatch(/^ {2}id-token: write\b/m);
    expect(release).toMatch(/^ {6}- run: npm publish --provenance /m);
    expect(release).not.toMatch(/TOKEN/);
  });

  test('call scripts and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const workflows = readdirSync(join(root, folder)).map((name) => read(`${folder}/${name}`));
    const called = workflows.flatMap((text) => [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script));
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((script) => !(script in scripts))).toEqual([]);
    expect(workflows.join()).toContain('run: .ci/run\n');
    expect(read('.ci/run')).toMatch(/^#!/);
  });
});

describe('check-release.mjs', () => {
  /** What it says of a folder with this package.json and changelog. */
  async function check(url: string | undefined, changelog: string, tag: string): Promise<string> {
    const repository = url === undefined ? undefined : { type: 'git', url };
    writeFileSync(join(scratch, 'package.json'), JSON.stringify({ version: '1.2.3', repository }));
    writeFileSync(join(scratch, 'CHANGELOG.md'), changelog);
    const script = join(root, '.github/check-release.mjs');
    return run(process.execPath, [script, tag, 'owner/name'], { cwd: scratch }).then(
      () => 'fine',
      ({ stderr }) => stderr.trim(),
    );
  }
  const url = 'git+https://example.org/owner/name.git';
  const released = '## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- it\n\n## [1.2.2] - 2026-01-01\n';

  test('lets a release pass', async () => {
    expect(await check(url, released, 'v1.2.3')).toBe('fine');
  });

  test.each([
    ['another tag', url, released, 'v1.2.4', 'release: the tag is v1.2.4, the version in package.json 1.2.3'],
    [
      'no repository',
      undefined,
      released,
      'v1.2.3',
      'release: repository.url in package.json is missing, the repository owner/name',
    ],
    [
      'another repository',
      'git+https://example.org/other/name.git',
      released,
      'v1.2.3',
      'release: repository.url in package.json is git+https://example.org/other/name.git, the repository owner/name',
    ],
    [
      'a version that the changelog lacks',
      url,
      '## [Unreleased]\n\n## [1.2.2] - 2026-01-01\n',
      'v1.2.3',
      'release: the newest version in CHANGELOG.md is 1.2.2, in package.json 1.2.3',
    ],
    [
      'entries left in the changelog',
      url,
      released.replace('[Unreleased]\n', '[Unreleased]\n\n### Added\n\n- more\n'),
      'v1.2.3',
      'release: CHANGELOG.md has entries that are not released',
    ],
  ])('stops at %s', async (_, repository, changelog, tag, message) => {
    expect(await check(repository, changelog, tag)).toBe(message);
  });
});
