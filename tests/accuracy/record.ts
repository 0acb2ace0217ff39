// The worst error of each quantity measured, with the input that reaches it.

/** Where the worst error is: enough to make the input again. */
export type Where = Record<string, number | string | readonly number[]>;

export interface Finding {
  /** In the unit of the line it stands in: ulp, mostly. */
  worst: number;
  /** How many results were compared. */
  count: number;
  where: Where | undefined;
}

export interface Recorder {
  readonly findings: Record<string, Finding>;
  /** `count` results of the quantity `id`, of which the worst errs by `error`; `where` is asked only if that is a new worst. */
  note(id: string, error: number, count: number, where: () => Where): void;
}

export function createRecorder(): Recorder {
  const findings: Record<string, Finding> = {};
  return {
    findings,
    note(id, error, count, where) {
      findings[id] ??= { worst: 0, count: 0, where: undefined };
      const finding = findings[id];
      finding.count += count;
      if (error > finding.worst || Number.isNaN(error)) {
        finding.worst = Number.isNaN(error) ? Infinity : error;
        finding.where = where();
      }
    },
  };
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** A number as text that gives its bits back: the shortest decimal, and the bits of a float32. */
export function exactText(x: number, format: 'float32' | 'float64'): string {
  if (format === 'float64') return String(x);
  float[0] = x;
  return `${Number(x.toPrecision(9))} (0x${bits[0].toString(16).padStart(8, '0')})`;
}
