// Working memory of the kernels, at fixed places below `heap_base`.
//
// A kernel works on strips: 64 bytes side by side, four vectors, 16 float32 or 8 float64. In the row kernels a strip is 64
// bytes of one row; in the strip kernels, float32 only, it is one element of 16 rows, one row per lane. What is computed per row is
// stored here, one value per lane, and loaded again before the loop: V8 12 sinks pure arithmetic into the loop that uses it,
// which halves the speed, but a load it leaves where it is.

/** Bytes in a strip. */
export const STRIP: usize = 64;
/** Strips of a row that one call of a loop works through: what a PACK holds. */
export const BLOCK: usize = 256;

// One value per lane, in the element type.
export const MAX = memory.data(64, 16); // the maximum of the row, after the sign of `scale`
export const MAGIC = memory.data(64, 16); // see exp.ts
export const FLOOR = memory.data(64, 16);
export const SHIFT = memory.data(64, 16);
export const ROUNDED_MAX = memory.data(64, 16); // e^x at the maximum, as the loops round it
export const ERROR = memory.data(64, 16); // what that rounding took
export const CUT = memory.data(64, 16); // scaled.ts
export const MAX_PRE = memory.data(64, 16);
export const COUNT = memory.data(64, 16); // integers: how often the maximum occurs
export const RESULT = memory.data(64, 16); // what the last pass needs: 1 / Σ, or log Σ, or ⟨g, s⟩
export const RESULT_LOW = memory.data(64, 16); // what rounding took from RESULT
export const MEAN_A = memory.data(64, 16); // ⟨s, v⟩ and ⟨g, s⟩ in second derivatives
export const MEAN_B = memory.data(64, 16);

// One float64 per lane. Sums in two halves, even and odd, ODD bytes apart: see sum.ts.
export const SUM = memory.data(256, 16);
export const SUM_ERROR = memory.data(16, 16); // what rounding took from SUM, float64 kernels only
export const ODD: usize = 128;
export const LOST = memory.data(16, 16); // what rounding took from one addition of a strip, float64 kernels only
export const LOG_SUM = memory.data(128, 16);
export const SAVED_LOG_SUM = memory.data(128, 16);
export const SAVED_MAX = memory.data(64, 16);

// The same for every lane, set once per call: scale = ± PRE · FACTOR, FACTOR = FACTOR_HI + FACTOR_LO.
export const SIGN = memory.data(16, 16);
export const PRE = memory.data(16, 16);
export const FACTOR = memory.data(16, 16);
export const FACTOR_HI = memory.data(16, 16);
export const FACTOR_LO = memory.data(16, 16);

/** The last, partial strip of a row, one per operand. */
export const TAIL_A = memory.data(64, 16);
export const TAIL_B = memory.data(64, 16);
export const TAIL_C = memory.data(64, 16);

/** A block of 16 rows, one per lane, for each operand of the strip kernels. */
export const PACK_A = memory.data(16384, 16);
export const PACK_B = memory.data(16384, 16);
export const PACK_C = memory.data(16384, 16);
/** Where each lane of a strip begins: byte offsets of its slice. */
export const OFFSETS = memory.data(64, 16);
