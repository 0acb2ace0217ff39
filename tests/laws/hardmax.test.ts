// What hardmax is, whatever computes it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEachBackend } from '../tools/backends.ts';
import { formats } from '../tools/operations.ts';
import { extentOf, slices, tensors, toArray } from '../tools/tensors.ts';

onEachBackend((_, create) => {
  const engine = create();

  describe.each(formats)('%s', (format) => {
    test('is 1 at the first maximum and 0 elsewhere', () => {
      fc.assert(
        fc.property(tensors({ limit: 1 }), (x) => {
          const rows = slices(x, toArray(x, 'float64'));
          slices(x, engine.hardmax(toArray(x, format), extentOf(x))).forEach((y, k) => {
            const first = rows[k].indexOf(Math.max(...rows[k]));
            expect(y).toEqual(rows[k].map((_, i) => (i === first ? 1 : 0)));
          });
        }),
      );
    });

    test('is the limit of softmax as the temperature goes to 0, where the maximum is unique', () => {
      fc.assert(
        fc.property(tensors({ limit: 20 }), (x) => {
          const rows = slices(x, toArray(x, 'float64'));
          const options = extentOf(x);
          const limit = slices(x, engine.softmax(toArray(x, format), { ...options, temperature: 1e-6 }));
          slices(x, engine.hardmax(toArray(x, format), options)).forEach((y, k) => {
            const max = Math.max(...rows[k]);
            if (rows[k].filter((v) => v === max).length === 1) expect(limit[k]).toEqual(y);
          });
        }),
      );
    });
  });
});
