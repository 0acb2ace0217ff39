// Runs the snippets of documents as their readers would, in a process of their own against dist/, and compares what a
// comment after a statement shows with what the statement gives.
//
//   softmax([1, 2, 3]); // [0.0900…, 0.2447…, 0.6652…]
//   const m = logSumExp(x); // Float32Array [3.4076…]
//   console.log(engine.backend); // 'relaxed', 'simd' or 'js'
//   softmax([1], { axis: 3 }); // RangeError: softmax: axis 3 is out of range …
//
// A number that ends in … is cut there, not rounded: the digits shown must be those of the value. One without must be
// the value. A bare [ ] is a plain array, one after a type's name an array of that type. Text that ends in … is its
// beginning. Any other comment is prose.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface Snippet {
  /** Document and line. */
  readonly name: string;
  readonly code: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The fenced JavaScript blocks of a Markdown text. */
export function fencedSnippets(document: string, text: string): Snippet[] {
  return [...text.matchAll(/^```(?:js|javascript|mjs)\n([\s\S]*?)^```$/gm)].map((match) => ({
    name: `${document}:${lineOf(text, match.index) + 1}`,
    code: match[1],
  }));
}

/** The `@example` blocks in the doc comments of a source text. */
export function exampleSnippets(document: string, text: string): Snippet[] {
  return [...text.matchAll(/^ *\/\*\*[\s\S]*?\*\//gm)].flatMap((comment) => {
    const lines = comment[0].split('\n').map((line) => line.replace(/^ *\* ?/, ''));
    const first = lines.indexOf('@example') + 1;
    if (first === 0) return [];
    const end = lines.findIndex((line, i) => i >= first && /^[@/]/.test(line));
    const name = `${document}:${lineOf(text, comment.index) + first}`;
    return [{ name, code: lines.slice(first, end).join('\n') }];
  });
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** What a comment shows. */
interface Shown {
  /** Where the statement ends, for messages. */
  readonly line: number;
  readonly text: string;
  matches(value: unknown): boolean;
}

/** How many values a snippet shows. @throws Error as {@link failuresOf} */
export function countShown(code: string): number {
  return instrument(code).shown.length;
}

/**
 * Runs a snippet.
 * @param prelude imports and definitions that it may use and shadow
 * @returns a line for each value that is not the one shown, and the error that ended it, if one did
 * @throws Error for a comment that begins as a value and is none, or that stands where nothing can be compared
 */
export async function failuresOf(code: string, prelude = ''): Promise<string[]> {
  const { script, shown } = instrument(code);
  const { values, errors } = await run(`${prelude}\n${prelude ? `{\n${script}\n}` : script}`);
  const failures = shown.flatMap(({ line, text, matches }, i) => {
    if (!values.has(i)) return [`line ${line}: nothing; shown is ${text}`];
    return matches(values.get(i)) ? [] : [`line ${line}: ${print(values.get(i))}; shown is ${text}`];
  });
  return errors ? [...failures, errors] : failures;
}

/** The code with a report after each statement whose comment shows a value. */
function instrument(code: string): { script: string; shown: Shown[] } {
  const file = ts.createSourceFile('snippet.mjs', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const shown: Shown[] = [];
  let script = `const report = (index, value) => process.send([index, value]);\n`;
  let copied = 0;
  for (const statement of file.statements) {
    const comment = ts.getTrailingCommentRanges(code, statement.end)?.[0];
    const text = comment ? code.slice(comment.pos, comment.end).replace(/^\/\/ ?/, '') : '';
    const matches = parseShown(text);
    if (!matches) continue;
    const { line } = file.getLineAndCharacterOfPosition(statement.end);
    const index = shown.push({ line: line + 1, text, matches }) - 1;
    script += code.slice(copied, statement.getStart());
    script += withReport(statement, index, /^\w*Error: /.test(text));
    copied = statement.end;
  }
  const comments = [...code.matchAll(/(?:^|\s)\/\/ (.*)$/gm)].filter(([, text]) => parseShown(text));
  if (comments.length > shown.length) {
    throw new Error(
      `snippet: ${comments.length - shown.length} of the values shown stand after no statement of the top level`,
    );
  }
  return { script: script + code.slice(copied), shown };
}

function withReport(statement: ts.Statement, index: number, throws: boolean): string {
  const source = statement.getText();
  if (throws) return `try { ${source} } catch (error) { report(${index}, error); }`;
  if (ts.isVariableStatement(statement)) {
    const names = statement.declarationList.declarations.map(({ name }) => name.getText());
    return `${source} report(${index}, ${names.at(-1)});`;
  }
  if (ts.isExpressionStatement(statement)) {
    const { expression } = statement;
    if (!ts.isCallExpression(expression) || expression.expression.getText() !== 'console.log') {
      return `report(${index}, ${expression.getText()});`;
    }
    return `report(${index}, ${expression.arguments[0].getText()});`;
  }
  throw new Error(`snippet: no value to compare in: ${source}`);
}

/** Runs a script with Node.js in the root folder, where the package's name means dist/. */
function run(script: string): Promise<{ values: Map<number, unknown>; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      serialization: 'advanced', // typed arrays, NaN and errors arrive as what they are
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const values = new Map<number, unknown>();
    let errors = '';
    child.on('message', ([index, value]: [number, unknown]) => values.set(index, value));
    child.stderr?.on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ values, errors: status === 0 ? '' : errors }));
  });
}

type Match = (value: unknown) => boolean;

/** A matcher for what a comment shows; undefined for prose. @throws Error for what begins as a value and is none */
function parseShown(text: string): Match | undefined {
  const error = /^(\w*Error): (.*)$/.exec(text);
  if (error) {
    const [, name, message] = error;
    return (value) => value instanceof Error && value.name === name && startsOrIs(value.message, message);
  }
  if (!/^(\[|-?\d|-?Infinity\b|NaN\b|'|true\b|false\b|undefined\b|\w+Array \[)/.test(text)) return undefined;
  const parser = new ShownParser(text);
  const alternatives = [parser.value()];
  while (parser.take(/, | or /y)) alternatives.push(parser.value());
  parser.end();
  return (value) => alternatives.some((matches) => matches(value));
}

class ShownParser {
  #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match?.[0];
  }

  value(): Match {
    const type = this.take(/\w+Array (?=\[)/y)?.trim() ?? 'Array';
    if (this.take(/\[/y)) return this.#array(type);
    const number = this.take(/-?\d+(\.\d+…?)?(e[+-]?\d+)?/y);
    if (number !== undefined) return (value) => typeof value === 'number' && isNumber(value, number);
    const word = this.take(/-?Infinity|NaN|true|false|undefined/y);
    if (word !== undefined) return (value) => String(value) === word && typeof value !== 'string';
    const string = this.take(/'[^']*'/y)?.slice(1, -1);
    if (string !== undefined) return (value) => typeof value === 'string' && startsOrIs(value, string);
    throw this.#unreadable();
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#unreadable();
  }

  #array(type: string): Match {
    const entries: Match[] = [];
    while (!this.take(/\]/y)) {
      if (entries.length > 0 && !this.take(/, /y)) throw this.#unreadable();
      entries.push(this.value());
    }
    return (value) => {
      const array = value as ArrayLike<unknown> & object;
      if (typeof value !== 'object' || value?.constructor.name !== type || array.length !== entries.length)
        return false;
      return entries.every((matches, i) => matches(array[i]));
    };
  }

  #unreadable(): Error {
    return new Error(`snippet: cannot read what is shown from character ${this.#at} on: ${this.#text}`);
  }
}

function startsOrIs(text: string, shown: string): boolean {
  return shown.endsWith('…') ? text.startsWith(shown.slice(0, -1)) : text === shown;
}

/** Whether the shown digits are those of the value: 0.0900… of 0.09003, 2.144…e-3 of 0.0021441. */
function isNumber(value: number, shown: string): boolean {
  if (!shown.includes('…')) return value === Number(shown);
  const [digits, exponent] = shown.split('…');
  if (!exponent) return value.toFixed(100).startsWith(digits);
  const [mantissa, actualExponent] = value.toExponential(100).split('e');
  return mantissa.startsWith(digits) && Number(actualExponent) === Number(exponent.slice(1));
}

function print(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} [${[...(value as Float32Array)].join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}
