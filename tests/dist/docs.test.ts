// docs/: the snippets run and give what they show, the functions and files named exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as api from '../../src/index.ts';
import { countShown, failuresOf, fencedSnippets } from '../tools/snippets.ts';

const folder = new URL('../../docs/', import.meta.url);
const documents = readdirSync(folder).filter((name) => name.endsWith('.md'));

test('there are documents', () => {
  expect(documents).toContain('derivatives.md');
});

describe.each(documents)('docs/%s', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const snippets = fencedSnippets(name, text);

  test('every snippet shows values', () => {
    expect(snippets.length).toBeGreaterThan(0);
    for (const { name: where, code } of snippets) expect(countShown(code), where).toBeGreaterThan(0);
  });

  test.concurrent.each(snippets)('$name', { timeout: 60_000 }, async ({ code }) => {
    expect(await failuresOf(code)).toEqual([]);
  });

  test('names functions that exist', () => {
    const named = [...text.matchAll(/`(\w+)\(/g)].map(([, called]) => called);
    expect(named.filter((called) => !(called in api))).toEqual([]);
  });

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link);
    expect(links.filter((link) => !existsSync(new URL(link, folder)))).toEqual([]);
  });
});

test('derivatives.md has a row for every derivative and loss', () => {
  const text = readFileSync(new URL('derivatives.md', folder), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  const wanted = Object.keys(api).filter((name) =>
    /Backward$|Jvp$|Hvp$|Jacobian$|Hessian$|WithGradient$|^linear/.test(name),
  );
  expect(rows.sort()).toEqual(wanted.sort());
});

test('the pictures are what the script draws, and the documents show each of them', async () => {
  const { drawPictures }: { drawPictures(): Record<string, string> } = await import(
    new URL('pictures.mjs', folder).href
  );
  const drawn = drawPictures();
  const committed = readdirSync(new URL('pictures/', folder));
  expect(committed.sort()).toEqual(Object.keys(drawn).sort());
  const shown = documents.flatMap((name) => [
    ...readFileSync(new URL(name, folder), 'utf8').matchAll(/!\[[^\]]+\]\(pictures\/([^)]+)\)/g),
  ]);
  expect(shown.map(([, name]) => name).sort()).toEqual(committed.sort());
  for (const [name, svg] of Object.entries(drawn)) {
    expect(readFileSync(new URL(`pictures/${name}`, folder), 'utf8'), name).toBe(svg);
  }
});
