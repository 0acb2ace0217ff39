import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ops } from '../../cases.mjs';

// What came from the child and has not been taken yet.
function reader(stream, command) {
  const chunks = stream[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  const more = async () => {
    const { value, done } = await chunks.next();
    if (done) throw new Error(`${command} ended before it answered`);
    return value;
  };
  const take = (length) => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    async line() {
      while (!held.includes('\n')) held = Buffer.concat([held, await more()]);
      return take(held.indexOf('\n') + 1)
        .toString()
        .trimEnd();
    },
    async bytes(length) {
      const parts = [held];
      for (let size = held.length; size < length; size += parts.at(-1).length) parts.push(await more());
      held = Buffer.concat(parts);
      return take(length);
    },
  };
}

/**
 * Starts a program that speaks the protocol at the top of c/softmax.c, for one contender. It waits for its next line
 * while the others have their turns.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<{ version: string, contenders: [import('./index.mjs').Contender], stop: () => void }>}
 * @throws {Error} When it does not start, or answers that it cannot run on this host.
 */
export async function startPipe(name, command, args, environment = process.env) {
  const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  child.stdin.on('error', () => {}); // a child that ended is told by what it did not answer
  const answers = reader(child.stdout, command);
  const stop = () => child.stdin.end();

  const [state, ...words] = (await answers.line()).split(' ');
  if (state !== 'ready') throw new Error(words.join(' '));
  const prepare = async ({ op, inputs: [x], shape: { outer, length, inner } }) => {
    if (ops[op].ofVocabulary) return { skip: 'is timed on softmax and its logarithm only' };
    child.stdin.write(`${op} ${outer} ${length} ${inner}\n`);
    child.stdin.write(Buffer.from(x.buffer, x.byteOffset, x.byteLength));
    const [answer, ...rest] = (await answers.line()).split(' ');
    if (answer === 'skip') return { skip: rest.join(' ') };
    const bytes = await answers.bytes(Number(rest[0]));
    const result = new Float32Array(Uint8Array.from(bytes).buffer);
    return {
      result: () => result,
      async time(count) {
        child.stdin.write(`time ${count}\n`);
        return Number(await answers.line());
      },
    };
  };
  return { version: words.join(' '), contenders: [{ name, prepare }], stop };
}
