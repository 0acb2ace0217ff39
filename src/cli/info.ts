import { brotliCompressSync } from 'node:zlib';
import { table } from '../../bench/table.mjs';
import { type Backend, createEngineSync } from '../index.ts';
import { backends, start } from './backends.ts';
import type { Command } from './command.ts';
import { type Host, hostOf } from './host.ts';
import { parse } from './options.ts';
import { builtFiles, fileOf, packageJson } from './package.ts';

const help = `Shows what the library runs on here.

Usage: softmax-simd info [--json]

  --json    the same as JSON
  --help    this text

Examples
  softmax-simd info
  softmax-simd info --json

Exit code: 0 done; 2 wrong usage.
`;

interface Info {
  version: string;
  /** What 'auto' takes. */
  backend: Backend;
  backends: Record<string, { runs: boolean; reason?: string }>;
  features: Record<string, boolean>;
  files: Record<string, { bytes: number; brotliBytes: number }>;
  host: Host;
}

function gather(): Info {
  const starts = backends.map((backend) => ({ backend, ...start(backend) }));
  const runs = (backend: Backend) => starts.some((entry) => entry.backend === backend && entry.engine);
  return {
    version: packageJson().version,
    backend: createEngineSync().backend,
    backends: Object.fromEntries(
      starts.map(({ backend, reason }) => [backend, reason === undefined ? { runs: true } : { runs: false, reason }]),
    ),
    features: {
      webAssembly: typeof WebAssembly === 'object',
      simd: runs('simd'),
      relaxedSimd: runs('relaxed'),
    },
    files: Object.fromEntries(
      builtFiles().map((file) => {
        const content = fileOf(`dist/${file}`);
        return [file, { bytes: content.length, brotliBytes: brotliCompressSync(content).length }];
      }),
    ),
    host: hostOf(),
  };
}

const yes = (value: boolean) => (value ? 'yes' : 'no');

function print({ version, backend, backends: all, features, files, host }: Info): string {
  const reasons = Object.values(all).flatMap(({ reason }) => reason ?? []);
  return `softmax-simd ${version}, ${host.runtime}, ${host.engine}, ${host.platform} ${host.arch}, ${host.cpu}, ${host.cores} cores

backend        ${backend}
backends       ${Object.entries(all)
    .map(([name, { runs }]) => `${name} ${yes(runs)}`)
    .join(', ')}
features       WebAssembly ${yes(features.webAssembly)}, SIMD ${yes(features.simd)}, relaxed SIMD ${yes(features.relaxedSimd)}
${reasons.map((reason) => `${reason}\n`).join('')}
${table([
  ['file', 'bytes', 'brotli'],
  ...Object.entries(files).map(([name, { bytes, brotliBytes }]) => [name, String(bytes), String(brotliBytes)]),
])}
`;
}

export const info: Command = {
  summary: 'what the library runs on here: backend, features, sizes, versions',
  help,
  run(args) {
    const { values } = parse('info', args, { json: 'boolean' });
    const found = gather();
    process.stdout.write(values.json ? `${JSON.stringify(found, null, 2)}\n` : print(found));
    return 0;
  },
};
