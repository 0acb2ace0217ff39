// Which backends the suites run on here: those that the host can run, whatever detection says of it.

import { expect, test } from 'vitest';
import type { Backend } from '../../src/runtime.ts';
import { onEachBackend } from '../tools/backends.ts';
import { type Build, binaryOf } from '../tools/builds.ts';

const ran: Backend[] = [];
onEachBackend((_, create) => {
  test('counts', () => {
    ran.push(create().backend);
  });
});

async function compiles(build: Build): Promise<boolean> {
  try {
    await WebAssembly.compile(binaryOf(build));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(WebAssembly.CompileError);
    return false;
  }
}

test('the suites run on JavaScript and on every build that the host compiles', async () => {
  const builds: Backend[] = [];
  for (const build of ['simd', 'relaxed'] as const) if (await compiles(build)) builds.push(build);
  expect(ran).toEqual(['js', ...builds]);
});
