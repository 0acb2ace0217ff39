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
  'bench/peers/README.md',
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

describe('assembly/README.md', () => {
  const text = read('assembly/README.md');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, name, args]) => ({
    name,
    args: [...args.matchAll(/`(\w+)`/g)].map(([, arg]) => arg),
  }));

  test('has a row for every export, with its arguments', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file('dist/softmax.simd.wasm'))));
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(exports).sort());
    for (const { name, args } of rows) {
      const entry = exports[name];
      expect(args.length, name).toBe(typeof entry === 'function' ? entry.length : 0);
    }
  });

  test('names the arguments as assembly/index.ts does', () => {
    const signatures = [...read('assembly/index.ts').matchAll(/^export function (\w+)\((.*?)\): \w+ \{/gms)];
    const declared = signatures.map(([, name, list]) => ({
      name,
      args: [...list.matchAll(/(\w+):/g)].map(([, arg]) => arg),
    }));
    expect(rows.filter(({ args }) => args.length > 0)).toEqual(declared);
  });

  test('promises what npm run accuracy checks', () => {
    interface Line {
      what: string;
      unit: string;
      must?: number;
    }
    const lines: Line[] = JSON.parse(read('tests/accuracy/bounds.json'));
    const shown = [...text.matchAll(/^\| ([^|]+) \| ([\d.]+) ulp \|/gm)].map(([, what, must]) => [what, Number(must)]);
    const checked = lines.filter(
      ({ what, must, unit }) =>
        must !== undefined && unit === 'ulp' && /^(softmax|log-softmax|log-sum-exp), float\d\d$/.test(what),
    );
    expect(shown).toEqual(checked.map(({ what, must }) => [what, must]));
  });
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

test('CHANGELOG.md names every public function', () => {
  const text = read('CHANGELOG.md');
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('CONTRIBUTING.md has a row for every command', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const rows = [...read('CONTRIBUTING.md').matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm)].map(([, name]) => name);
  const parts = ['build:wasm', 'build:js'];
  const wanted = Object.keys(scripts).filter((name) => !parts.includes(name) && !/^pre[a-z]/.test(name));
  expect(rows.sort()).toEqual(wanted.sort());
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

describe.concurrent('the check of snippets', () => {
  const softmax = "import { softmax } from 'softmax-simd';";

  test('reports every statement that shows something else, and the error at the end', async () => {
    const wrong: [statement: string, failure: RegExp][] = [
      ['softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6653…]', /^line 2: \[0\.0900.*\]; shown is \[0\.0900…, .*\]$/],
      ['-1; // 1', /shown is 1$/],
      ['softmax([1, 2, 3])[0]; // 0.0901…', /^line 4: 0\.0900\d*; shown is 0\.0901…$/],
      ['2.5e-7; // 2.5…e-6', /shown is 2\.5…e-6$/],
      ['1 / 3; // 0.333', /shown is 0\.333$/],
      ['softmax([0]); // [1, 0]', /shown is \[1, 0\]$/],
      ['softmax(Float32Array.of(0)); // [1]', /^line 8: Float32Array \[1\]; shown is \[1\]$/],
      ['softmax([0]); // Float32Array [1]', /shown is Float32Array \[1\]$/],
      ['softmax([[0]]); // [1]', /^line 10: \[\[1\]\]; shown is \[1\]$/],
      ['const y = softmax([0]); // [0]', /shown is \[0\]$/],
      ['console.log(softmax([0])); // [0]', /shown is \[0\]$/],
      ["'c'; // 'a' or 'b'", /^line 13: 'c'; shown is 'a' or 'b'$/],
      [
        'softmax(1); // TypeError: softmax: no',
        /^line 14: TypeError: softmax: x is 1; .*; shown is TypeError: softmax: no$/,
      ],
      ['softmax([1]); // TypeError: softmax: no', /^line 15: nothing; shown is TypeError/],
      ['softmax(1);', /TypeError: softmax: x is 1/],
    ];
    const code = [softmax, ...wrong.map(([statement]) => statement)].join('\n');
    expect(await failuresOf(code)).toEqual(wrong.map(([, failure]) => expect.stringMatching(failure)));
  });

  test('accepts what is shown right', async () => {
    const right = [
      softmax,
      'softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6652…]',
      'const y = softmax([[0]]); // [[1]]',
      'softmax(Float32Array.of(NaN, -Infinity)); // Float32Array [NaN, NaN]',
      "console.log('b'); // 'a' or 'b'",
      '-2.57e-7; // -2.5…e-7',
      'y.length; // what comes is prose',
      'softmax(1); // TypeError: softmax: x is 1; …',
    ].join('\n');
    expect(countShown(right)).toBe(6);
    expect(await failuresOf(right)).toEqual([]);
  });

  test.for([
    ['softmax([0]); // [1', 'cannot read what is shown from character 2 on: [1'],
    ['{\n  softmax([0]); // [1]\n}', '1 of the values shown stand after no statement of the top level'],
    ['softmax([0]);\n// [1]', '1 of the values shown stand after no statement of the top level'],
  ])('refuses what it cannot compare: %s', ([code, message]) => {
    expect(() => countShown(code)).toThrow(message);
  });
});
