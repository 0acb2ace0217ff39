// Runs the examples as their users do, in processes of their own.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export type Run = { status: unknown; stdout: string; stderr: string };

export function runNode(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

/**
 * Runs a script with a text of one of its modules replaced, and lines added to the module.
 *
 * @param args the script and its arguments
 * @param module the end of the module's path
 */
export function runWithHook(
  args: string[],
  module: string,
  text: string,
  replacement: string,
  added: string[] = [],
): Promise<Run> {
  const hook = `export async function load(url, context, next) {
    const result = await next(url, context);
    if (!url.endsWith(${JSON.stringify(module)})) return result;
    const source = String(result.source);
    if (!source.includes(${JSON.stringify(text)})) throw new Error('nothing to replace');
    return { ...result, source: source.replace(${JSON.stringify(text)}, ${JSON.stringify(replacement)}) + ${JSON.stringify(added.join('\n'))} };
  }`;
  const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const preload = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
  return runNode('--import', dataUrl(preload), ...args);
}

export const epochLines = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('epoch '));

export const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
