// One operation against the truth: every length that meets every tail of the vectors, each layout, each place of an array that is
// aligned to its elements only. The worst element is named with the input that it came from.

import { assert, describe, expect, test } from 'vitest';
import type { Engine, FloatArray, ScaledOptions } from '../../src/index.ts';
import { onEachBackend } from './backends.ts';
import { createRandom } from './inputs.ts';
import {
  call,
  createArray,
  createRows,
  type DerivativeName,
  formats,
  KINDS,
  type Layout,
  layouts,
  type OperationName,
  operationOf,
  place,
  sameBits,
  shapeOf,
  slackOf,
  sliceOf,
  textOf,
} from './operations.ts';
import type { Truth } from './truth.ts';
import { type Format, ulpError } from './ulp.ts';

/** The longest row, by the axes of its length that the result has. */
const LONGEST = { 1: 67, 2: 35, 3: 12 };

/** Temperatures and bases, in turn along the lengths. */
const SCALES: ScaledOptions[] = [
  { temperature: 2 },
  { base: 2 },
  { temperature: 0.7 },
  { base: 0.3 },
  { temperature: 10 },
  { temperature: 1e-3 },
  { temperature: 1e5 },
  { base: 10 },
];

interface Worst {
  /** Beyond what the backend is allowed. */
  ulp: number;
  text: string;
}

interface Question {
  readonly rows: FloatArray[][];
  readonly truths: Truth[];
  readonly units: (number | undefined)[];
}

/** Registers the suite of one operation. */
export function agree(name: OperationName | DerivativeName): void {
  const operation = operationOf(name);
  const { rank = 1 } = operation;
  const lengths = Array.from({ length: LONGEST[rank] }, (_, i) => i + 1);
  const questions = new Map<string, Question>(); // truth takes longer than all the backends together

  function questionOf(format: Format, length: number, scale: number): Question {
    const key = `${format} ${length} ${scale}`;
    let question = questions.get(key);
    if (!question) {
      const rows = createRows(operation, createRandom(length), format, length);
      const truths = rows.map((row) => operation.truth(row, operation.sign * scale));
      const units = rows.map((row, i) => finite(operation.unit?.(row, scale, truths[i])));
      question = { rows, truths, units };
      questions.set(key, question);
    }
    return question;
  }

  describe(name, () => {
    onEachBackend((backend, create) => {
      const scales = SCALES.filter((options) => operation.scales.some((key) => key in options));
      for (const format of formats) {
        test(format, async ({ annotate }) => {
          const worst = ask(create(), format, [{}]);
          await annotate(worst.text);
          expect(worst.ulp, worst.text).toBeLessThanOrEqual(operation.bound[format]);
        });
        test.runIf(scales.length > 0)(`${format}, with temperature or base`, async ({ annotate }) => {
          const worst = ask(create(), format, scales);
          await annotate(worst.text);
          expect(worst.ulp, worst.text).toBeLessThanOrEqual(operation.bound[format]);
        });
      }

      /** The worst element over everything. */
      function ask(engine: Engine, format: Format, scalings: ScaledOptions[]): Worst {
        const worst: Worst = { ulp: 0, text: 'every element is right to the last bit' };
        const longest = LONGEST[rank];
        const block = engine.allocate(format, 34 * (operation.inputs * longest + longest ** rank) + 8);
        for (const length of lengths) {
          const options = scalings[length % scalings.length];
          const scale = options.base !== undefined ? Math.log(options.base) : 1 / (options.temperature ?? 1);
          const question = questionOf(format, length, scale);
          for (const layout of layouts) {
            const where = `length ${length}, outer ${layout.outer}, inner ${layout.inner}, ${textOf(options)}`;
            const settings = { ...options, ...shapeOf(layout, length) };
            const inputs = tensorsOf(question.rows, layout, format, 0);
            const result = call<FloatArray>(engine, operation, inputs, settings);
            compare(result, question, layout, scale, where);

            const views = tensorsOf(question.rows, layout, format, 1);
            const view = createArray(format, result.length + 1).subarray(1);
            call(engine, operation, views, { ...settings, out: view });
            if (!sameBits(view, result)) assert.fail(`views differ, ${where}`);

            let end = length % 4;
            const take = (count: number) => {
              end += count;
              return block.array.subarray(end - count, end);
            };
            const residents = inputs.map((input) => take(input.length));
            for (const [i, resident] of residents.entries()) resident.set(inputs[i]);
            take(length % 2);
            const resident = take(result.length);
            call(engine, operation, residents, { ...settings, out: resident });
            if (!sameBits(resident, result)) assert.fail(`other bits in wasm memory, ${where}`);
          }
        }
        block.free();
        return worst;

        function compare(
          result: FloatArray,
          { rows, truths, units }: Question,
          layout: Layout,
          scale: number,
          where: string,
        ): void {
          const slices = layout.outer * layout.inner;
          const slacks = rows.slice(0, slices).map((row) => slackOf(backend, operation, row, scale, format));
          for (let slice = 0; slice < slices; slice++) {
            const kind = slice % KINDS;
            const { hi, lo, exponent } = truths[kind];
            const actual =
              rank === 1
                ? sliceOf(result, layout, hi.length, slice)
                : result.subarray(slice * hi.length, (slice + 1) * hi.length);
            const slack = slacks[kind];
            for (let i = 0; i < hi.length; i++) {
              const ulp = ulpError(actual[i], hi[i], lo[i], format, exponent[i], units[kind]) - slack;
              if (ulp <= worst.ulp) continue;
              const row = rows[kind].map((input) => `[${input.join(', ')}]`).join(' and ');
              worst.ulp = ulp;
              worst.text = `${ulp.toFixed(2)} ulp: entry ${i} is ${actual[i]}, truth ${hi[i]}; ${where}, row ${row.slice(0, 500)}`;
            }
          }
        }
      }
    });
  });
}

const finite = (x: number | undefined) => (x !== undefined && Number.isFinite(x) ? x : undefined);

function tensorsOf(rows: FloatArray[][], layout: Layout, format: Format, offset: number): FloatArray[] {
  const length = rows[0][0].length;
  return rows[0].map((_, input) => {
    const tensor = createArray(format, layout.outer * length * layout.inner + offset).subarray(offset);
    place(
      rows.map((row) => row[input]),
      layout,
      tensor,
    );
    return tensor;
  });
}
