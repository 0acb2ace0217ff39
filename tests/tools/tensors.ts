// Tensors for property tests: any layout, and entries that both formats hold exactly, so that one law serves both.

import fc from 'fast-check';
import type { FloatArray } from '../../src/index.ts';
import { createArray, type Layout, shapeOf, sliceOf } from './operations.ts';
import type { Format } from './ulp.ts';

export interface Tensor {
  readonly layout: Layout;
  readonly length: number;
  /** [outer, length, inner], row-major. */
  readonly values: readonly number[];
}

/** Multiples of 1/64 up to `limit`: sums and differences of a few of them are exact. */
export const entries = (limit: number) => fc.integer({ min: -64 * limit, max: 64 * limit }).map((n) => n / 64);

/** Tensors of such entries. */
export function tensors({ limit = 40, minLength = 1, maxLength = 40 } = {}): fc.Arbitrary<Tensor> {
  return fc
    .record({
      outer: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: minLength, max: maxLength }),
      inner: fc.integer({ min: 1, max: 5 }),
    })
    .chain(({ outer, length, inner }) => {
      const size = outer * length * inner;
      return fc.record({
        layout: fc.constant({ outer, inner }),
        length: fc.constant(length),
        values: fc.array(entries(limit), { minLength: size, maxLength: size }),
      });
    });
}

/** The tensor as an array. */
export function toArray({ values }: Tensor, format: Format): FloatArray {
  const array = createArray(format, values.length);
  array.set(values);
  return array;
}

/** The options that say where its axis is. */
export const extentOf = ({ layout, length }: Tensor) => shapeOf(layout, length);

/** Its slices along the axis, as plain numbers. */
export function slices({ layout, length }: Tensor, array: FloatArray): number[][] {
  return Array.from({ length: layout.outer * layout.inner }, (_, k) => [...sliceOf(array, layout, length, k)]);
}

export const total = (row: readonly number[]): number => row.reduce((sum, x) => sum + x, 0);

/** 2⁻²⁴ or 2⁻⁵³: what one rounding may cost. */
export const ROUNDING: Readonly<Record<Format, number>> = { float32: 2 ** -24, float64: 2 ** -53 };
