// What the command runs on.

import os from 'node:os';

export interface Host {
  /** With its version. */
  readonly runtime: string;
  readonly engine: string;
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
}

export function hostOf(): Host {
  // Bun and Deno name a version of Node.js, too, and Bun one of V8.
  const { bun, deno, node, v8 } = process.versions as Record<string, string | undefined>;
  const cpus = os.cpus();
  return {
    runtime: bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node.js ${node}`,
    engine: bun ? 'JavaScriptCore' : `V8 ${v8}`,
    platform: process.platform,
    arch: process.arch,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
  };
}
