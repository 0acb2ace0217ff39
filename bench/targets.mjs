/**
 * How many times as fast as another contender sampling is to be, with relaxed SIMD, at the size of a vocabulary. The measure is our own
 * softmax of the same row: what the probabilities alone cost.
 *
 * @type {{ op: string, softmax: number, plain?: number }[]}
 */
export const targets = [
  { op: 'sample-filters', softmax: 1 / 0.8, plain: 50 },
  { op: 'sample-top-p', softmax: 1 / 2, plain: 50 },
  { op: 'top-k', softmax: 1 / 0.5, plain: 50 },
];

const VOCABULARY = 100_000; // for shorter rows a call's own cost counts

/**
 * Holds the measured ratios against the targets.
 *
 * @param {readonly { op: string, dtype: string, shape: string, elements: number, contenders: { name: string, nsPerElement: number }[] }[]} cases
 * @returns {{ op: string, ours: string, other: string, required: number, measured: number, reached: boolean }[]} One per target
 *   that was measured: the other's time divided by ours.
 */
export function judge(cases) {
  return targets.flatMap(({ op, softmax, plain }) =>
    cases
      .filter((entry) => entry.op === op && entry.dtype === 'float32' && entry.elements >= VOCABULARY)
      .flatMap(({ contenders }) => {
        const time = (name) => contenders.find((entry) => entry.name === name)?.nsPerElement;
        return ['', '-buffer'].flatMap((way) =>
          [
            { other: `relaxed-softmax${way}`, required: softmax },
            { other: 'plain', required: plain },
          ].flatMap(({ other, required }) => {
            const ours = `relaxed${way}`;
            if (time(ours) === undefined || time(other) === undefined) return [];
            const measured = time(other) / time(ours);
            return [{ op, ours, other, required, measured, reached: measured >= required }];
          }),
        );
      }),
  );
}
