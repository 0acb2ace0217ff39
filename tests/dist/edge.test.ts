// dist/edge.js: the main entry for hosts that compile no bytes, and do not suffer code that does.

import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type * as Api from '../../src/index.ts';
import { binary, compilation } from '../hosts/text.mjs';
import { binaryOf } from '../tools/builds.ts';

const dist = new URL('../../dist/', import.meta.url);
const load = (entry: string): Promise<typeof Api> => import(new URL(`${entry}.js`, dist).href);
const edge = await load('edge');
const main = await load('index');
const simd = new WebAssembly.Module(binaryOf('simd'));

/** A file of dist/ and all that it imports. */
function textOf(file: string, seen = new Set<string>()): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = readFileSync(new URL(file, dist), 'utf8');
  return text + [...text.matchAll(/from "\.\/(.*?)"/g)].map(([, other]) => textOf(other, seen)).join('');
}

describe('its text', () => {
  test('compiles nothing, and has no binary inside', () => {
    const text = textOf('edge.js');
    expect(text).toContain('new WebAssembly.Instance(');
    expect(text).not.toMatch(compilation);
    expect(text).not.toMatch(binary);
  });

  test('as the main entry does', () => {
    expect(textOf('index.js')).toMatch(compilation);
    expect(textOf('index.js')).toMatch(binary);
  });
});

test('it has the names of the main entry', () => {
  expect(Object.keys(edge).sort()).toEqual(Object.keys(main).sort());
});

describe('without a module', () => {
  test('it runs in JavaScript', async () => {
    expect(edge.getDefaultEngine().backend).toBe('js');
    expect(edge.createEngineSync().backend).toBe('js');
    expect((await edge.createEngine()).backend).toBe('js');
    expect(edge.softmax([0, 0])).toEqual([0.5, 0.5]);
  });

  test('a build asked for is an error', async () => {
    const message =
      "backend 'simd' has no module, and this entry none inside; allowed are the module with it, and backend 'auto' and 'js'.";
    expect(() => edge.createEngineSync({ backend: 'simd' })).toThrow(`createEngineSync: ${message}`);
    await expect(edge.createEngine({ backend: 'simd' })).rejects.toThrow(`createEngine: ${message}`);
  });

  test('bytes are no module', () => {
    const bytes = new Uint8Array(binaryOf('simd'));
    expect(() => edge.createEngineSync({ module: bytes })).toThrow('allowed are WebAssembly.Module.');
  });
});

describe('with a module', () => {
  test('it runs that, at once or later', async () => {
    for (const engine of [edge.createEngineSync({ module: simd }), await edge.createEngine({ module: simd })]) {
      expect(engine.backend).toBe('simd');
      expect(engine.softmax([0, 0])).toEqual([0.5, 0.5]);
    }
  });

  // Next.js compiles outside the realm that it runs the code in.
  test.each([
    ['edge', edge],
    ['index', main],
  ])('from another realm: %s', async (_, { createEngine, createEngineSync }) => {
    const module = runInNewContext('new WebAssembly.Module(bytes)', { bytes: binaryOf('simd') });
    expect(module).not.toBeInstanceOf(WebAssembly.Module);
    expect(createEngineSync({ module }).backend).toBe('simd');
    expect((await createEngine({ module })).backend).toBe('simd');
  });

  test('the functions run on it once it is the default', () => {
    const before = edge.getDefaultEngine();
    edge.setDefaultEngine(edge.createEngineSync({ module: simd }));
    expect(edge.getDefaultEngine().backend).toBe('simd');
    expect(edge.softmax([0, 0])).toEqual([0.5, 0.5]);
    edge.setDefaultEngine(before);
  });
});
