import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RunError, UsageError } from './options.ts';

const READ_BYTES = 2 ** 18;

/** The bytes of a file or of standard input, from the front. */
export class Bytes {
  /** For messages. */
  readonly name: string;
  /** How many there are; undefined for a stream. */
  readonly total: number | undefined;
  /** How many came so far. */
  count = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What came and was not taken yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(name: string, stream: Readable, total: number | undefined) {
    this.name = name;
    this.total = total;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next bytes into `target`; how many there were, which is less only at the end. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#rest.length === 0 && !(await this.#pull())) break;
      const part = this.#rest.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return filled;
  }

  /** The first bytes, which stay to be taken. */
  async peek(length: number): Promise<Uint8Array> {
    const target = new Uint8Array(length);
    const head = target.subarray(0, await this.fill(target));
    this.#rest = Buffer.concat([head, this.#rest]);
    return head;
  }

  /** All that is left. */
  async *remaining(): AsyncGenerator<Uint8Array> {
    while (this.#rest.length > 0 || (await this.#pull())) {
      const rest = this.#rest;
      this.#rest = new Uint8Array(0);
      yield rest;
    }
  }

  async #pull(): Promise<boolean> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.count += value.length;
      this.#rest = value;
      return true;
    } catch (error) {
      throw unreadable(this.name, error);
    }
  }
}

/** `-`: standard input. */
export async function openBytes(file: string): Promise<Bytes> {
  if (file === '-') {
    if (process.stdin.isTTY) {
      throw new UsageError('apply: there is no input; allowed are a file and standard input that is no terminal.');
    }
    return new Bytes('standard input', process.stdin, undefined);
  }
  try {
    const handle = await open(file);
    const stat = await handle.stat();
    const stream = handle.createReadStream({ highWaterMark: READ_BYTES });
    return new Bytes(file, stream, stat.isFile() ? stat.size : undefined);
  } catch (error) {
    throw unreadable(file, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission is denied',
  ENOSPC: 'no space is left',
};

/** What the system said of a file; of one to be written it misses the folder only. */
export function reasonOf(error: unknown, access: 'read' | 'written'): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && access === 'written') return 'there is no such folder';
  return reasons[code ?? ''] ?? message;
}

function unreadable(name: string, error: unknown): RunError {
  return new RunError(`apply: ${name} cannot be read: ${reasonOf(error, 'read')}.`);
}
