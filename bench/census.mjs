// npm run census: counts the instructions of the hot loops in the binaries' text, so that a slip shows without a stopwatch.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './table.mjs';

const builds = ['simd', 'relaxed'];
const kinds = ['arithmetic', 'load', 'store', 'fixed', 'literal', 'scalar'];
const committed = fileURLToPath(new URL('results/census.json', import.meta.url));

const help = `Counts the instructions of each hot loop in build/softmax.*.wat, per 4 elements, and compares them with
bench/results/census.json. Exit code 1 when a loop has more than there, or loops came or went.

Usage: npm run census -- [options]

  --json PATH   write the counts; to bench/results/census.json, to accept them
  --help        this text

A hot loop is an innermost loop with vector arithmetic, at least one instruction of it per vector: loops that copy or fill
are left out. Both arms of a branch count. The vectors of one pass are those that it stores, or, where it stores none, the
most that it loads through one pointer.
  arithmetic   on vectors: comparison, selection, shuffle and lane access included
  load, store  of vectors or lanes
  fixed        loads and stores at a fixed address: what might stand before or after the loop, registers permitting
  literal      vector and float literals: newer V8 rebuilds each where it is used
  scalar       addresses, counters, branches, calls
`;

/**
 * The hot loops of a module.
 *
 * @param {string} text As asc writes it: one instruction per line, blocks closed by `end`.
 * @returns {Record<string, Loop[]>} By exported name, or else the function's own, in the order of the text.
 *
 * @typedef {object} Loop
 * @property {number} lanes Elements in a vector, 4 or 2.
 * @property {number} vectors Per pass.
 * @property {number} instructions Per 4 elements.
 * @property {Record<string, number>} kinds The same by kind.
 */
export function census(text) {
  const exported = new Map(
    [...text.matchAll(/\(export "([^"]+)" \(func (\S+)\)\)/g)].map(([, name, id]) => [id, name]),
  );
  /** @type {Record<string, Loop[]>} */
  const functions = {};
  for (const [, id, body] of text.matchAll(/^ \(func (\S+)([\s\S]*?)^ \)$/gm)) {
    const name = exported.get(id) ?? id.slice(1).replace(/^assembly\//, '');
    const loops = innermostLoops(body).map((lines) => count(lines, name));
    const hot = loops.filter(({ kinds: { arithmetic }, lanes }) => arithmetic >= 4 / lanes);
    if (hot.length > 0) functions[name] = hot;
  }
  return functions;
}

/** @returns {string[][]} The instructions of each loop that contains no other. */
function innermostLoops(body) {
  const loops = [];
  /** @type {{ lines: string[] | undefined, isLoop: boolean }[]} */
  const open = [];
  for (const line of body.split('\n').map((text) => text.trim())) {
    if (/^(block|loop|if)\b/.test(line)) {
      const isLoop = line.startsWith('loop');
      if (isLoop) for (const outer of open) outer.lines = undefined;
      for (const outer of open) outer.lines?.push(line);
      open.push({ lines: isLoop ? [] : undefined, isLoop });
    } else if (line === 'end') {
      const { lines, isLoop } = open.pop();
      if (isLoop && lines) loops.push(lines);
    } else {
      for (const outer of open) outer.lines?.push(line);
    }
  }
  return loops;
}

/** @returns {Loop} */
function count(lines, name) {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  const loadsByPointer = new Map();
  // What the operand stack holds, as far as addresses go: a number, a local's name, or nothing that is known.
  let stack = [];
  for (const line of lines) {
    const [instruction, operand] = line.split(' ');
    const needed = pops(instruction);
    const operands = stack.splice(Math.max(0, stack.length - needed));
    const address = operands.length === needed ? (operands[0] ?? '') : '';
    const kind = kindOf(instruction, /^\d/.test(address));
    if (kind) counts[kind]++;
    if (kind === 'load') loadsByPointer.set(address, (loadsByPointer.get(address) ?? 0) + 1);
    if (/^(block|loop|if|else|end|call.*|br|return)$/.test(instruction)) stack = [];
    else if (/^(local\.get|local\.tee|i32\.const)$/.test(instruction)) stack.push(operand);
    else if (!/^(local\.set|drop|br_if|.*\.store\w*|memory\.copy|memory\.fill)$/.test(instruction)) stack.push('');
  }
  const has = (type) => lines.some((line) => line.startsWith(type));
  const lanes = has('f32x4.') || !(has('f64x2.') || /f64/i.test(name)) ? 4 : 2;
  const vectors = counts.store || Math.max(1, ...loadsByPointer.values());
  const perFour = (value) => Math.round((value / vectors) * (4 / lanes) * 100) / 100;
  return {
    lanes,
    vectors,
    instructions: perFour(kinds.reduce((sum, kind) => sum + counts[kind], 0)),
    kinds: Object.fromEntries(kinds.map((kind) => [kind, perFour(counts[kind])])),
  };
}

/** How many operands an instruction takes from the stack. */
function pops(instruction) {
  if (/^(local\.get|global\.get|memory\.size|block|loop|else|end|br|call|return|nop|\w+\.const)$/.test(instruction))
    return 0;
  if (/^(local\.set|local\.tee|global\.set|drop|if|br_if)$/.test(instruction)) return 1;
  if (/select$|madd$|^memory\.(copy|fill)$/.test(instruction)) return 3;
  if (/\.load\w*_lane$/.test(instruction)) return 2;
  const unary =
    /\.(load|splat|extract_lane|extend|extadd|neg|abs|sqrt|ceil|floor|trunc|nearest|not$|eqz|any_true|all_true|bitmask|clz|ctz|popcnt|promote|demote|convert|wrap|reinterpret)/;
  return unary.test(instruction) ? 1 : 2;
}

/** An instruction's kind; none for what leaves no machine code of its own: locals, integer literals, block structure. */
function kindOf(instruction, isFixed) {
  if (/^(local\.\w+|block|loop|else|end|drop|return|nop|unreachable|i\d+\.const)$/.test(instruction)) return undefined;
  if (/\.const$/.test(instruction)) return 'literal';
  if (/^v128\.(load|store)/.test(instruction) && isFixed) return 'fixed';
  if (instruction.startsWith('v128.load')) return 'load';
  if (instruction.startsWith('v128.store')) return 'store';
  return /^(v128|[if]\d+x\d+)\./.test(instruction) ? 'arithmetic' : 'scalar';
}

/** @returns {string[]} One line for each way in which `now` is worse than, or no longer comparable with, `before`. */
export function slips(before, now) {
  const lines = [];
  for (const build of Object.keys({ ...before, ...now })) {
    for (const name of Object.keys({ ...before[build], ...now[build] })) {
      const [was, is] = [before[build]?.[name] ?? [], now[build]?.[name] ?? []];
      if (was.length !== is.length) lines.push(`${build} ${name}: ${is.length} hot loops; committed are ${was.length}`);
      else {
        is.forEach(({ instructions }, i) => {
          if (instructions <= was[i].instructions) return;
          lines.push(
            `${build} ${name} loop ${i + 1}: ${instructions} instructions; committed are ${was[i].instructions}`,
          );
        });
      }
    }
  }
  return lines;
}

function main() {
  const { values } = parseArgs({ options: { json: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const now = {};
  for (const build of builds) {
    const path = fileURLToPath(new URL(`../build/softmax.${build}.wat`, import.meta.url));
    if (existsSync(path)) now[build] = census(readFileSync(path, 'utf8'));
  }
  if (Object.keys(now).length === 0) throw new Error('census: no build/softmax.*.wat; npm run build makes them');
  for (const [build, functions] of Object.entries(now)) {
    const rows = Object.entries(functions).flatMap(([name, loops]) =>
      loops.map((loop, i) => [
        `  ${name} loop ${i + 1}`,
        `${loop.vectors}`,
        loop.instructions.toFixed(2),
        ...kinds.map((kind) => loop.kinds[kind].toFixed(2)),
      ]),
    );
    console.log(`${table([[`${build}, per 4 elements`, 'vectors/pass', 'all', ...kinds], ...rows])}\n`);
  }
  if (values.json) {
    mkdirSync(dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify(now, null, 1)}\n`);
  }
  if (!existsSync(committed)) {
    console.log('nothing to compare with: bench/results/census.json is missing');
    return;
  }
  const worse = slips(JSON.parse(readFileSync(committed, 'utf8')), now);
  if (worse.length > 0) {
    console.error(`${worse.join('\n')}\nIf that is meant: npm run census -- --json bench/results/census.json`);
    process.exitCode = 1;
  } else {
    console.log('no more than in bench/results/census.json');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
