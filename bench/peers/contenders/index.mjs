import { ours } from '../../contenders/ours.mjs';
import { plain } from '../../contenders/plain.mjs';
import { softmaxBeside } from '../../contenders/softmax-beside.mjs';
import { c, cFma } from './c.mjs';
import { inProcess } from './in-process.mjs';
import { onnxruntimeNode, onnxruntimeWeb } from './onnxruntime.mjs';
import { pytorch } from './pytorch.mjs';
import { tensorflow } from './tensorflow.mjs';
import { transformers } from './transformers.mjs';

/**
 * @typedef {import('../../cases.mjs').Case} Case Of softmax, log-softmax, cross-entropy or sampling, float32.
 *
 * @typedef {object} Prepared
 * @property {() => any} result Of one call, or a promise of it, for the check.
 * @property {(result: any) => void} [check] In place of the comparison with the reference.
 * @property {(count: number) => number | Promise<number>} time Seconds that `count` calls take, one after the other.
 * @property {() => void | Promise<void>} [release] Frees what the contender holds for this case.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(op: string) => boolean} [isFor] The ops that it is for, where not all.
 * @property {(testCase: Case) => Promise<Prepared | { skip: string }>} prepare
 *
 * @typedef {object} Peer Something installed, in one or more ways of use.
 * @property {string} title
 * @property {string[]} names Its contenders'.
 * @property {() => Promise<{ version?: string, contenders: Contender[], stop?: () => void }>} start Rejects where the
 *   host does not have it.
 */

const local = (title, contenders) => ({
  title,
  names: contenders.map(({ name }) => name),
  start: async () => ({ contenders: contenders.map(inProcess) }),
});

/** @type {Peer[]} */
export const peers = [
  local('softmax-simd, relaxed', ours('relaxed')),
  local('softmax-simd, SIMD', ours('simd')),
  tensorflow,
  onnxruntimeWeb,
  onnxruntimeNode,
  pytorch,
  local('plain JavaScript loop', [plain]),
  c,
  cFma,
  transformers,
  local('softmax of the row that is drawn from, relaxed', softmaxBeside('relaxed')),
  local('softmax of the row that is drawn from, SIMD', softmaxBeside('simd')),
];

export const names = peers.flatMap((peer) => peer.names);

/**
 * Starts whatever has a contender among those named.
 *
 * @param {readonly string[]} wanted Names of contenders.
 * @returns {Promise<{ contenders: Contender[], versions: Record<string, string>,
 *   skipped: { name: string, reason: string }[], stop: () => void }>} `versions` by title; `skipped`, what this host
 *   does not have; `stop` ends the child processes.
 */
export async function start(wanted) {
  const contenders = [];
  const versions = {};
  const skipped = [];
  const stops = [];
  for (const peer of peers) {
    const chosen = peer.names.filter((name) => wanted.includes(name));
    if (chosen.length === 0) continue;
    try {
      const started = await peer.start();
      contenders.push(...started.contenders.filter(({ name }) => chosen.includes(name)));
      if (started.version) versions[peer.title] = started.version;
      if (started.stop) stops.push(started.stop);
    } catch (error) {
      skipped.push(...chosen.map((name) => ({ name, reason: error.message.split('\n', 1)[0] })));
    }
  }
  const stop = () => {
    for (const end of stops) end();
  };
  return { contenders, versions, skipped, stop };
}
