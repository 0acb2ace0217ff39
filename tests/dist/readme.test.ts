// The documents say what is true: their snippets run and give what they show, as do the examples of the public doc
// comments; the commands and files that they name exist.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as api from '../../src/index.ts';
import { countShown, exampleSnippets, failuresOf, fencedSnippets } from '../tools/snippets.ts';

const file = (path: string, base = '') => new URL(path, new URL(`../../${base}`, import.meta.url));
const read = (path: string) => readFileSync(file(path), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'assembly/README.md',
  'bench/README.md',
];
const names = Object.keys(api);

// What the examples of doc comments take for granted.
const prelude = `import { ${names.join(', ')} } from 'softmax-simd';\nconst engine = createEngineSync();`;

describe.each([
  ...['README.md', 'assembly/README.md'].map((path) => ({ path, extract: fencedSnippets, before: '' })),
  ...['src/index.ts', 'src/engine.ts', 'src/wasm/buffer.ts'].map((path) => ({
    path,
    extract: exampleSnippets,
    before: prelude,
  })),
])('snippets of $path', ({ path, extract, before }) => {
  const snippets = extract(path, read(path));

  test('show values', () => {
    expect(snippets.reduce((sum, { code }) => sum + countShown(code), 0)).toBeGreaterThan(0);
  });

  test.concurrent.each(snippets)('$name', { timeout: 60_000 }, async ({ code }) => {
    expect(await failuresOf(code, before)).toEqual([]);
  });
});

test('every public function has an example', () => {
  const examples = ['src/index.ts', 'src/engine.ts'].flatMap((path) => exampleSnippets(path, read(path)));
  for (const name of names) {
    expect(
      examples.some(({ code }) => code.includes(`${name}(`)),
      name,
    ).toBe(true);
  }
});

describe('README.md', () => {
  const text = read('README.md');

  test('has a working example by line 25', () => {
    const [{ code }] = fencedSnippets('README.md', text);
    expect(countShown(code)).toBeGreaterThan(0);
    expect(text.slice(0, text.indexOf(code) + code.length).split('\n').length).toBeLessThanOrEqual(25);
  });

  test('names every public function', () => {
    for (const name of names) expect(text).toContain(`\`${name}(`);
  });

  test('has both ends of every generated section', () => {
    const markers = [...text.matchAll(/<!-- (\w+):(begin|end) -->/g)].map(([, name, end]) => `${name} ${end}`);
    expect(markers).toEqual(['facts', 'accuracy', 'bench'].flatMap((name) => [`${name} begin`, `${name} end`]));
  });
});

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, run, other]) => run ?? other);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link);
    expect(links.filter((link) => !existsSync(file(link, path)))).toEqual([]);
  });
});

describe.concurrent('a snippet that shows the wrong', () => {
  const softmax = "import { softmax } from 'softmax-simd';\n";

  test.for([
    ['digit', 'softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6653…]', /^line 2: .*; shown is \[0\.0900…/],
    ['sign', '-1; // 1', /shown is 1$/],
    ['rounding', 'softmax([1, 2, 3])[0]; // 0.0901…', /shown is 0\.0901…$/],
    ['exponent', '2.5e-7; // 2.5…e-6', /shown is 2\.5…e-6$/],
    ['cut of a number', 'softmax([0, 0, 0])[0]; // 0.333', /shown is 0\.333$/],
    ['length', 'softmax([0]); // [1, 0]', /shown is \[1, 0\]$/],
    ['type', 'softmax(Float32Array.of(0)); // [1]', /^line 2: Float32Array \[1\]; shown is \[1\]$/],
    ['typed array', 'softmax([0]); // Float32Array [1]', /shown is Float32Array \[1\]$/],
    ['depth', 'softmax([[0]]); // [1]', /shown is \[1\]$/],
    ['variable', 'const y = softmax([0]); // [0]', /shown is \[0\]$/],
    ['log', 'console.log(softmax([0])); // [0]', /shown is \[0\]$/],
    ['alternatives', "'c'; // 'a' or 'b'", /^line 2: 'c'; shown is 'a' or 'b'$/],
    [
      'message',
      'softmax(1); // TypeError: softmax: no',
      /^line 2: TypeError: softmax: x is 1; .*; shown is TypeError: softmax: no$/,
    ],
    ['error', 'softmax([1]); // TypeError: softmax: no', /^line 2: nothing; shown is TypeError/],
    ['end', 'softmax(1);', /TypeError: softmax: x is 1/],
  ] as const)('%s', async ([, statement, failure]) => {
    expect(await failuresOf(softmax + statement)).toEqual([expect.stringMatching(failure)]);
  });

  test.for([
    ['cannot be read', 'softmax([0]); // [1', 'cannot read what is shown from character 2 on: [1'],
    [
      'is in a block',
      '{\n  softmax([0]); // [1]\n}',
      '1 of the values shown stand after no statement of the top level',
    ],
    ['stands alone', 'softmax([0]);\n// [1]', '1 of the values shown stand after no statement of the top level'],
  ] as const)('place or form: %s', async ([, code, message]) => {
    await expect(failuresOf(softmax + code)).rejects.toThrow(message);
  });
});
