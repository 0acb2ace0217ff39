// Where results go, chunk by chunk: a file, which takes its name when it is complete, or standard output.

import { createWriteStream, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { reasonOf } from './bytes.ts';
import { shortestFloat32, toLine } from './csv.ts';
import { createHeader, type Elements } from './npy.ts';
import { RunError, UsageError } from './options.ts';

/** So many become text at once. */
const TEXT_NUMBERS = 2 ** 14;

export type FileFormat = 'npy' | 'csv';

export interface SinkOptions {
  /** undefined: standard output. */
  readonly out: string | undefined;
  readonly format: FileFormat;
  readonly delimiter: string;
  /** The first line of a csv. */
  readonly names: readonly string[] | undefined;
  /** An array of the element type. */
  readonly like: Elements;
  /** The first size is undefined where it is not known before the end. */
  readonly shape: readonly (number | undefined)[];
  readonly isFortran: boolean;
}

export interface Sink {
  /** May be called again, with the same memory, when it is done. */
  write(values: Elements): Promise<void>;
  /** The shape of all that was written. */
  finish(): Promise<number[]>;
  /** Leaves nothing behind. */
  abort(): void;
}

export async function createSink(options: SinkOptions): Promise<Sink> {
  const { out, format, delimiter, names, like, shape, isFortran } = options;
  const [first, ...others] = shape;
  const rest = others as number[];
  const failed = (error: unknown) =>
    new RunError(`apply: ${out ?? 'standard output'} cannot be written: ${reasonOf(error, 'written')}.`);
  const old = statOf(out, failed);
  const isFile = out !== undefined && (old?.isFile() ?? true); // nothing is put in the place of a device or a pipe
  if (format === 'npy' && first === undefined && !isFile) {
    throw new UsageError(
      'apply: npy begins with the number of rows, which of csv is known at its end; allowed is --out FILE, to go back there.',
    );
  }
  if (format === 'npy' && out === undefined && process.stdout.isTTY) {
    throw new UsageError(
      'apply: standard output is a terminal; allowed for npy are --out FILE, a pipe and --format csv.',
    );
  }
  // The name is for what is complete; what stood there may be the input.
  const target = isFile && old ? realpathSync(out) : out; // a link stays one
  const partial = isFile ? `${target}.${process.pid}.partial` : out;
  const mode = old && (old.mode & 0o777) | 0o600; // who could not read what was there cannot read what comes
  const stream = partial === undefined ? process.stdout : createWriteStream(partial, { mode });
  const remove = () => {
    if (isFile) rmSync(partial as string, { force: true });
  };
  const interrupt = (_: NodeJS.Signals, number: number) => {
    remove();
    process.exit(128 + number);
  };
  const listen = (on: 'once' | 'off') => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process[on](signal, interrupt);
  };
  listen('once');
  if (stream !== process.stdout) stream.on('error', () => {}); // each write reports its own
  const put = (data: Uint8Array | string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(data, (error) => (error ? reject(failed(error)) : resolve()));
    });

  const size = rest.reduce((a, b) => a * b, 1);
  const placeholder = createHeader(like, [Number.MAX_SAFE_INTEGER, ...rest], isFortran).length;
  const header = (rows: number) =>
    createHeader(like, [rows, ...rest], isFortran, first === undefined ? placeholder : 0);
  let count = 0;

  /** Lines of as many numbers as the last axis has, a few at a time; a vector is one line. No number needs quotes. */
  async function putText(values: Elements): Promise<void> {
    const columns = (shape.length === 1 ? values.length : rest[rest.length - 1]) || 1;
    const many = Math.max(Math.floor(TEXT_NUMBERS / columns), 1) * columns;
    for (let start = 0; start < values.length; start += many) {
      let text = '';
      for (let row = start; row < Math.min(start + many, values.length); row += columns) {
        const numbers = Array.from(values.subarray(row, row + columns));
        text += `${(values instanceof Float32Array ? numbers.map(shortestFloat32) : numbers).join(delimiter)}\n`;
      }
      await put(text);
    }
  }

  if (format === 'npy') await put(header(first ?? 0));
  else if (names) await put(toLine(names, delimiter));

  return {
    async write(values) {
      count += values.length;
      if (format === 'csv') await putText(values);
      else await put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
    async finish() {
      const rows = first ?? count / size;
      if (stream !== process.stdout) {
        stream.end();
        await finished(stream).catch((error) => Promise.reject(failed(error)));
      }
      try {
        if (format === 'npy' && first === undefined) {
          const file = await open(partial as string, 'r+');
          await file.write(header(rows), 0, undefined, 0);
          await file.close();
        }
        if (isFile) await rename(partial as string, target as string);
      } catch (error) {
        throw failed(error);
      }
      listen('off');
      return [rows, ...rest];
    },
    abort() {
      if (stream !== process.stdout) stream.destroy();
      remove();
      listen('off');
    },
  };
}

function statOf(path: string | undefined, failed: (error: unknown) => RunError): Stats | undefined {
  try {
    return path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw failed(error);
  }
}
