import { parseShape, shapeGroups } from '../shapes.mjs';

const core = shapeGroups.core.map(parseShape);
const named = (...names) => core.filter(({ name }) => names.includes(name));
const long = core.filter(({ length }) => length >= 128);

/**
 * How many times as fast as a peer the package is to be, in softmax of float32, by build. `way`: the contender of the
 * package that is compared, after the build's name. `shapes`: all that were measured where left out. A build left out
 * has no target there.
 *
 * @type {{ peer: string, way: '' | '-buffer', shapes?: import('../shapes.mjs').Shape[], relaxed?: number,
 *   simd?: number }[]}
 */
export const targets = [
  { peer: 'tfjs-op', way: '-buffer', shapes: long, relaxed: 1.6, simd: 1.15 },
  { peer: 'tfjs-op', way: '-buffer', shapes: named('64x10'), relaxed: 4, simd: 3 },
  { peer: 'tfjs', way: '', shapes: core, relaxed: 2, simd: 1.5 },
  { peer: 'ort-web', way: '', relaxed: 2.5, simd: 2 },
  { peer: 'ort-node', way: '', shapes: long.filter(({ name }) => name !== '64x32000'), relaxed: 1.3, simd: 1 },
  { peer: 'ort-node', way: '', shapes: named('64x32000'), relaxed: 1 },
  { peer: 'plain', way: '', shapes: long, relaxed: 15, simd: 10 },
  { peer: 'plain', way: '', shapes: named('64x10'), relaxed: 8, simd: 6 },
  { peer: 'plain', way: '', shapes: named('1x10'), relaxed: 1.5, simd: 1.5 },
  { peer: 'pytorch', way: '-buffer', shapes: long, relaxed: 1.5, simd: 1.1 },
  // The limit at this width, with and without fused multiply-add, where the rows stay in cache.
  { peer: 'c-fma', way: '-buffer', shapes: long.filter(({ name }) => name !== '64x32000'), relaxed: 0.9 },
  { peer: 'c', way: '-buffer', shapes: long.filter(({ name }) => name !== '64x32000'), simd: 0.9 },
];

/**
 * Holds the measured ratios against the targets.
 *
 * @param {readonly { op: string, shape: string, contenders: { name: string, nsPerElement: number }[] }[]} cases
 * @returns {{ peer: string, shape: string, ours: string, required: number, measured: number, reached: boolean }[]} One
 *   per target that was measured: peer's time divided by ours.
 */
export function judge(cases) {
  const verdicts = [];
  for (const { peer, way, shapes, ...required } of targets) {
    for (const { op, shape, contenders } of cases) {
      if (op !== 'softmax' || (shapes && !shapes.some(({ name }) => name === shape))) continue;
      const time = (name) => contenders.find((entry) => entry.name === name)?.nsPerElement;
      for (const build of Object.keys(required)) {
        const ours = `${build}${way}`;
        if (time(peer) === undefined || time(ours) === undefined) continue;
        const measured = time(peer) / time(ours);
        verdicts.push({
          peer,
          shape,
          ours,
          required: required[build],
          measured,
          reached: measured >= required[build],
        });
      }
    }
  }
  return verdicts;
}
