// Rows of numbers as text.

import { pipeline, Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import type { Bytes } from './bytes.ts';
import { RunError, toNumber } from './options.ts';

export interface CsvOptions {
  readonly delimiter: string;
  /** Whether the first line holds names. */
  readonly hasNames: boolean;
}

/** A table: its first row was read. */
export interface Csv {
  readonly columns: number;
  readonly names: readonly string[] | undefined;
  /** Every row, the first too. */
  rows(): AsyncGenerator<readonly number[]>;
}

interface Line {
  record: string[];
  info: Info;
}

/** Empty lines and those that begin with # are passed over. */
export async function openCsv(bytes: Bytes, { delimiter, hasNames }: CsvOptions): Promise<Csv> {
  const parser = parse({
    delimiter,
    bom: true,
    comment: '#',
    comment_no_infix: true,
    info: true,
    relax_column_count: true, // checked here, to say what is allowed
    skip_empty_lines: true,
  });
  pipeline(Readable.from(bytes.remaining()), parser, () => {}); // an error comes out of the parser
  const lines: AsyncIterator<Line> = parser[Symbol.asyncIterator]();
  const fail = (why: string) => new RunError(`apply: ${bytes.name}: ${why}.`);

  async function next(): Promise<Line | undefined> {
    try {
      const { done, value } = await lines.next();
      return done ? undefined : value;
    } catch (error) {
      throw error instanceof CsvError ? fail(error.message) : error;
    }
  }

  const names = hasNames ? (await next())?.record : undefined;
  const first = await next();
  if (!first) throw fail('there are no rows; allowed is one or more');
  const columns = first.record.length;

  function numbers({ record, info }: Line): number[] {
    if (record.length !== columns) {
      throw fail(`line ${info.lines} has ${fields(record.length)}; allowed are ${columns}, as in the rows before it`);
    }
    return record.map((text, i) => {
      const value = toNumber(text.trim());
      if (value !== undefined) return value;
      const help = info.records === 1 && !hasNames ? '; --header is for names in the first line' : '';
      throw fail(`line ${info.lines}, field ${i + 1} is '${text}'; allowed are numbers, NaN and Infinity${help}`);
    });
  }

  return {
    columns,
    names,
    async *rows() {
      for (let line: Line | undefined = first; line; line = await next()) yield numbers(line);
    },
  };
}

const fields = (count: number) => (count === 1 ? '1 field' : `${count} fields`);

/** A line of names, quoted where they need it. */
export function toLine(names: readonly string[], delimiter: string): string {
  return stringify([names as string[]], { delimiter });
}

/** The fewest digits that give the float32 back. */
export function shortestFloat32(x: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return Number(x.toPrecision(9));
}
