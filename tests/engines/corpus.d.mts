/** The hash of all results, and of each kernel's. */
export interface Hashes {
  hash: string;
  ops: Record<string, string>;
}
export interface CorpusResult extends Hashes {
  /** 32-bit words that went into the hashes. */
  results: number;
  /** Results that are NaN other than the canonical. */
  oddNaN: number;
}
export function runCorpus(binary: BufferSource): CorpusResult;
/** Whether the host's relaxed multiply-add rounds once; undefined where it has none. */
export function isFused(): boolean | undefined;
