// The command `softmax-simd`: which of its commands runs, and how it ends.

import { apply } from './apply.ts';
import { bench } from './bench.ts';
import type { Command } from './command.ts';
import { info } from './info.ts';
import { hint, UsageError } from './options.ts';
import { packageJson } from './package.ts';
import { verify } from './verify.ts';

const commands: Readonly<Record<string, Command>> = { info, verify, bench, apply };

const HELP = `Softmax, log-softmax and sampling by WebAssembly SIMD.

Usage: softmax-simd <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

  --help, -h      this text; after a command, that of the command
  --version, -v   the version of the package

Examples
  softmax-simd info
  softmax-simd verify
  softmax-simd bench --op softmax --shape 64x1000
  softmax-simd apply softmax logits.npy --out probabilities.npy
  softmax-simd apply softmax --help

Exit code: 0 done; 1 verification failed, or something could not be read, written or computed; 2 wrong usage.
`;

async function main([name, ...rest]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') return print(`${packageJson().version}\n`);
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP);
  const allowed = Object.keys(commands);
  if (name === undefined) {
    throw new UsageError(`softmax-simd: no command; allowed are ${allowed.join(', ')}.`);
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const what = name.startsWith('-') ? 'option' : 'command';
    const words = what === 'option' ? ['--help', '--version'] : allowed;
    throw new UsageError(
      `softmax-simd: ${what} ${name} is unknown; allowed are ${words.join(', ')}.${hint(name, words)}`,
    );
  }
  const end = rest.indexOf('--');
  const options = end < 0 ? rest : rest.slice(0, end);
  if (options.includes('--help') || options.includes('-h')) return print(command.help);
  return command.run(rest);
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

// Who read our output has seen enough (`| head`): nothing is left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`softmax-simd: standard output cannot be written: ${error.message}\n`);
  process.exit(1);
});
process.stderr.on('error', () => process.exit());

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const [name] = process.argv.slice(2);
  const help =
    name !== undefined && Object.hasOwn(commands, name) ? `softmax-simd ${name} --help` : 'softmax-simd --help';
  process.exitCode = isUsage ? 2 : 1;
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${isUsage ? `${help} shows more.\n` : ''}`,
  );
}
