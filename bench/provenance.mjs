import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

const root = new URL('..', import.meta.url);

/** What a result has to say about where it comes from. */
export function provenance() {
  const cpus = os.cpus();
  return {
    version: JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version,
    ...revision(),
    date: new Date().toISOString(),
    machine: {
      cpu: cpus[0]?.model.trim() ?? 'unknown',
      cores: cpus.length,
      arch: os.arch(),
      platform: os.platform(),
    },
    node: process.version,
    v8: process.versions.v8,
  };
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
