// Errors, row by row: the class, the whole message, and that `out` was not touched.

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/index.ts';
import * as reference from '../../src/reference.ts';
import { onEachBackend } from '../tools/backends.ts';
import { expectError } from '../tools/errors.ts';
import { anotherRealm } from '../tools/realm.ts';

type Out = { out: Float32Array };
type Row = [what: string, call: (f: Operations, o: Out) => unknown, error: new (m: string) => Error, message: string];
type Operations = Pick<Engine, 'softmax' | 'logSoftmax' | 'logSumExp' | 'softmin' | 'hardmax'> &
  Pick<Engine, 'softmaxBackward' | 'logSoftmaxBackward'>;

const f32 = (n: number) => new Float32Array(n);
const f64 = (n: number) => new Float64Array(n);
const wrong = (value: unknown) => value as never;

const inputs = 'allowed are Float32Array, Float64Array, WasmBuffer and (nested) arrays of numbers.';
const names = 'allowed are shape, axis, out, temperature, base.';
const shared = f32(12).fill(7);

const rows: Row[] = [
  // what x is
  ['nothing', (f) => f.softmax(wrong(undefined)), TypeError, `softmax: x is undefined; ${inputs}`],
  ['null', (f) => f.softmax(wrong(null)), TypeError, `softmax: x is null; ${inputs}`],
  ['a number', (f) => f.logSoftmax(wrong(3)), TypeError, `logSoftmax: x is 3; ${inputs}`],
  ['a string', (f) => f.softmin(wrong('abc')), TypeError, `softmin: x is "abc"; ${inputs}`],
  ['a function', (f) => f.softmax(wrong(() => 1)), TypeError, `softmax: x is a function; ${inputs}`],
  [
    'another typed array',
    (f) => f.hardmax(wrong(new Int32Array(2))),
    TypeError,
    `hardmax: x is an Int32Array; ${inputs}`,
  ],
  [
    'a DataView',
    (f) => f.softmax(wrong(new DataView(new ArrayBuffer(8)))),
    TypeError,
    `softmax: x is a DataView; ${inputs}`,
  ],
  ['an object', (f) => f.logSumExp(wrong({ length: 2 })), TypeError, `logSumExp: x is a plain object; ${inputs}`],
  ['an entry', (f, o) => f.softmax(wrong([1, '2']), wrong(o)), TypeError, 'softmax: x[1] is "2"; allowed are numbers.'],
  ['a hole', (f) => f.softmax(wrong(new Array(2))), TypeError, 'softmax: x[0] is undefined; allowed are numbers.'],
  ['a deep entry', (f) => f.softmax(wrong([[1], [null]])), TypeError, 'softmax: x[1][0] is null; allowed are numbers.'],
  [
    'a typed entry',
    (f) => f.softmax(wrong([f32(2)])),
    TypeError,
    'softmax: x[0] is a Float32Array; allowed are numbers.',
  ],
  [
    'ragged',
    (f) => f.softmax([[1, 2], [3]]),
    RangeError,
    'softmax: x[1] has length 1; allowed is length 2, as in the entries before it.',
  ],
  [
    'ragged in depth',
    (f) => f.softmax(wrong([[1], 2])),
    RangeError,
    'softmax: x[1] is 2; allowed is an array, as in the entries before it.',
  ],
  [
    'ragged in depth, too',
    (f) => f.softmax(wrong([1, [2]])),
    RangeError,
    'softmax: x[1] is an array; allowed is a number, as in the entries before it.',
  ],
  [
    'detached',
    (f) => f.softmax(detached()),
    TypeError,
    'softmax: x is a detached Float32Array; allowed are attached ones: take `array` of a WasmBuffer anew after its memory grew.',
  ],

  [
    'beyond what its memory has become',
    (f) => f.softmax(shrunk()),
    TypeError,
    'softmax: x is a detached Float32Array; allowed are attached ones: take `array` of a WasmBuffer anew after its memory grew.',
  ],
  [
    'within itself',
    (f) => f.softmax(endless()),
    RangeError,
    'softmax: x is nested more than 64 deep; allowed are 64 axes.',
  ],

  // options
  [
    'options',
    (f) => f.softmax(f32(2), wrong(5)),
    TypeError,
    'softmax: options is 5; allowed is an object with shape, axis, out, temperature, base.',
  ],
  [
    'options null',
    (f) => f.softmax(f32(2), wrong(null)),
    TypeError,
    'softmax: options is null; allowed is an object with shape, axis, out, temperature, base.',
  ],
  [
    'options an array',
    (f) => f.hardmax(f32(2), wrong(f32(2))),
    TypeError,
    'hardmax: options is a Float32Array; allowed is an object with shape, axis, out.',
  ],
  [
    'unknown',
    (f, o) => f.softmax(f32(3), wrong({ ...o, tempreature: 1 })),
    TypeError,
    `softmax: option tempreature is unknown; ${names}`,
  ],
  [
    'base of logSumExp',
    (f) => f.logSumExp(f32(3), wrong({ base: 2 })),
    TypeError,
    'logSumExp: option base is unknown; allowed are shape, axis, out, temperature.',
  ],
  [
    'temperature of hardmax',
    (f, o) => f.hardmax(f32(3), wrong({ ...o, temperature: 2 })),
    TypeError,
    'hardmax: option temperature is unknown; allowed are shape, axis, out.',
  ],
  [
    'temperature and base',
    (f, o) => f.softmax(f32(3), { ...o, temperature: 1, base: 2 }),
    TypeError,
    'softmax: temperature and base are both given; allowed is one of them.',
  ],
  [
    'temperature a string',
    (f, o) => f.softmax(f32(3), wrong({ ...o, temperature: '1' })),
    TypeError,
    'softmax: temperature is "1"; allowed are numbers from 0 to Infinity.',
  ],
  [
    'temperature null',
    (f, o) => f.softmax(f32(3), wrong({ ...o, temperature: null })),
    TypeError,
    'softmax: temperature is null; allowed are numbers from 0 to Infinity.',
  ],
  [
    'temperature < 0',
    (f, o) => f.softmax(f32(3), { ...o, temperature: -1 }),
    RangeError,
    'softmax: temperature is -1; allowed are numbers from 0 to Infinity.',
  ],
  [
    'temperature -Infinity',
    (f, o) => f.softmin(f32(3), { ...o, temperature: -Infinity }),
    RangeError,
    'softmin: temperature is -Infinity; allowed are numbers from 0 to Infinity.',
  ],
  [
    'temperature NaN',
    (f) => f.logSumExp(f32(3), { temperature: NaN }),
    RangeError,
    'logSumExp: temperature is NaN; allowed are numbers from 0 to Infinity.',
  ],
  [
    'base a bigint',
    (f, o) => f.softmax(f32(3), wrong({ ...o, base: 2n })),
    TypeError,
    'softmax: base is 2n; allowed are positive numbers other than 1.',
  ],
  [
    'base 0',
    (f, o) => f.softmax(f32(3), { ...o, base: 0 }),
    RangeError,
    'softmax: base is 0; allowed are positive numbers other than 1.',
  ],
  [
    'base < 0',
    (f, o) => f.logSoftmax(f32(3), { ...o, base: -2 }),
    RangeError,
    'logSoftmax: base is -2; allowed are positive numbers other than 1.',
  ],
  [
    'base 1',
    (f, o) => f.softmax(f32(3), { ...o, base: 1 }),
    RangeError,
    'softmax: base is 1; allowed are positive numbers other than 1.',
  ],
  [
    'base NaN',
    (f, o) => f.softmaxBackward(f32(3), f32(3), { ...o, base: NaN }),
    RangeError,
    'softmaxBackward: base is NaN; allowed are positive numbers other than 1.',
  ],

  // shape and axis
  [
    'shape',
    (f, o) => f.softmax(f32(3), wrong({ ...o, shape: 3 })),
    TypeError,
    'softmax: shape is 3; allowed is an array of non-negative integers.',
  ],
  [
    'shape of strings',
    (f, o) => f.softmax(f32(3), wrong({ ...o, shape: ['3'] })),
    TypeError,
    'softmax: an entry of shape is "3"; allowed are non-negative integers.',
  ],
  [
    'shape of fractions',
    (f, o) => f.softmax(f32(3), { ...o, shape: [1.5, 2] }),
    RangeError,
    'softmax: an entry of shape is 1.5; allowed are non-negative integers.',
  ],
  [
    'shape of negatives',
    (f, o) => f.softmax(f32(3), { ...o, shape: [-1, 3] }),
    RangeError,
    'softmax: an entry of shape is -1; allowed are non-negative integers.',
  ],
  [
    'shape with a hole',
    (f, o) => f.softmax(f32(3), wrong({ ...o, shape: new Array(1) })),
    TypeError,
    'softmax: an entry of shape is undefined; allowed are non-negative integers.',
  ],
  [
    'shape []',
    (f, o) => f.softmax(f32(1), { ...o, shape: [] }),
    RangeError,
    'softmax: shape [] has no axis; allowed is one axis or more.',
  ],
  [
    'shape × length',
    (f, o) => f.softmax(f32(10), { ...o, shape: [3, 4] }),
    RangeError,
    'softmax: shape [3, 4] has 12 elements and x has 10; allowed is as many.',
  ],
  [
    'shape of another nesting',
    (f) =>
      f.softmax(
        [
          [1, 2],
          [3, 4],
        ],
        { shape: [4] },
      ),
    RangeError,
    'softmax: shape is [4] and x is nested as [2, 2]; allowed is the same.',
  ],
  [
    'axis too large',
    (f) => f.softmax(f32(12), { shape: [3, 4], axis: 2, out: shared }),
    RangeError,
    'softmax: axis 2 is out of range for shape [3, 4]; allowed are -2 to 1.',
  ],
  [
    'axis too small',
    (f) => f.logSumExp(f32(12), { shape: [3, 4], axis: -3 }),
    RangeError,
    'logSumExp: axis -3 is out of range for shape [3, 4]; allowed are -2 to 1.',
  ],
  [
    'axis a fraction',
    (f, o) => f.softmax(f32(3), { ...o, axis: 0.5 }),
    RangeError,
    'softmax: axis is 0.5; allowed are integers from -1 to 0.',
  ],
  [
    'axis NaN',
    (f, o) => f.softmax(f32(3), { ...o, axis: NaN }),
    RangeError,
    'softmax: axis is NaN; allowed are integers from -1 to 0.',
  ],
  [
    'axis a string',
    (f, o) => f.softmax(f32(3), wrong({ ...o, axis: '0' })),
    TypeError,
    'softmax: axis is "0"; allowed are integers from -1 to 0.',
  ],
  [
    'hardmax of nothing',
    (f) => f.hardmax([]),
    RangeError,
    'hardmax: the axis has length 0; allowed are lengths from 1.',
  ],
  [
    'hardmax of nothing, batched',
    (f) => f.hardmax(f32(0), { shape: [3, 0] }),
    RangeError,
    'hardmax: the axis has length 0; allowed are lengths from 1.',
  ],

  // out
  [
    'out',
    (f) => f.softmax(f32(3), wrong({ out: [0, 0, 0] })),
    TypeError,
    'softmax: out is an array; allowed are Float32Array, Float64Array and WasmBuffer.',
  ],
  [
    'out null',
    (f) => f.softmax(f32(3), wrong({ out: null })),
    TypeError,
    'softmax: out is null; allowed are Float32Array, Float64Array and WasmBuffer.',
  ],
  [
    'out of integers',
    (f) => f.softmax(f32(3), wrong({ out: new Uint8Array(3) })),
    TypeError,
    'softmax: out is a Uint8Array; allowed are Float32Array, Float64Array and WasmBuffer.',
  ],
  [
    'out of another type',
    (f, o) => f.softmax(f64(3), wrong(o)),
    TypeError,
    'softmax: x is float64 and out is float32; allowed is one type for both.',
  ],
  [
    'out for plain arrays',
    (f, o) => f.softmax([1, 2, 3], wrong(o)),
    TypeError,
    'softmax: x is float64 and out is float32; allowed is one type for both.',
  ],
  [
    'out too short',
    (f, o) => f.softmax(f32(4), o),
    RangeError,
    'softmax: out has length 3; allowed is 4, the length of the result.',
  ],
  [
    'out too long',
    (f, o) => f.logSumExp(f32(3), o),
    RangeError,
    'logSumExp: out has length 3; allowed is 1, the length of the result.',
  ],
  [
    'out over the end of x',
    (f) => f.softmax(shared.subarray(0, 6), { out: shared.subarray(3, 9) }),
    RangeError,
    'softmax: out overlaps x in part; allowed are the same elements or none of them.',
  ],
  [
    'out over the start of x',
    (f) => f.softmax(shared.subarray(6), { out: shared.subarray(5, 11) }),
    RangeError,
    'softmax: out overlaps x in part; allowed are the same elements or none of them.',
  ],
  [
    'out within x',
    (f) => f.logSumExp(shared, { shape: [3, 4], out: shared.subarray(0, 3) }),
    RangeError,
    'logSumExp: out overlaps x in part; allowed are the same elements or none of them.',
  ],
  [
    'out over the second input',
    (f) => f.softmaxBackward(f32(4), shared.subarray(2, 6), { out: shared.subarray(0, 4) }),
    RangeError,
    'softmaxBackward: out overlaps output in part; allowed are the same elements or none of them.',
  ],

  // two inputs
  [
    'mixed types',
    (f, o) => f.softmaxBackward(f32(3), f64(3), o),
    TypeError,
    'softmaxBackward: gradOutput is float32 and output is float64; allowed is one type for both.',
  ],
  [
    'mixed with plain',
    (f, o) => f.logSoftmaxBackward([1, 2, 3], f32(3), wrong(o)),
    TypeError,
    'logSoftmaxBackward: gradOutput is float64 and output is float32; allowed is one type for both.',
  ],
  [
    'no output',
    (f, o) => f.softmaxBackward(f32(3), wrong(undefined), o),
    TypeError,
    `softmaxBackward: output is undefined; ${inputs}`,
  ],
  [
    'lengths',
    (f, o) => f.softmaxBackward(f32(3), f32(4), o),
    RangeError,
    'softmaxBackward: shape [3] has 3 elements and output has 4; allowed is as many.',
  ],
  [
    'nestings',
    (f) => f.softmaxBackward([[1, 2]], [[1], [2]]),
    RangeError,
    'softmaxBackward: shape is [1, 2] and output is nested as [2, 1]; allowed is the same.',
  ],
  [
    'options of backward',
    (f) => f.logSoftmaxBackward(f32(1), f32(1), wrong(1)),
    TypeError,
    'logSoftmaxBackward: options is 1; allowed is an object with shape, axis, out, temperature, base.',
  ],
];

function detached(): Float32Array {
  const array = f32(3);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** A view of memory that became shorter. */
function shrunk(): Float32Array {
  const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(16, {
    maxByteLength: 16,
  });
  const array = new Float32Array(buffer, 4, 3);
  (buffer as unknown as { resize(length: number): void }).resize(8);
  return array;
}

function endless(): number[][] {
  const array: unknown[] = [];
  array.push(array);
  return array as number[][];
}

function checkRows(operations: () => Operations): void {
  test.each(rows)('%s', (_, call, error, message) => {
    const out = f32(3).fill(7);
    expectError(() => call(operations(), { out }), error, message);
    expect([...out, ...shared]).toEqual(new Array(15).fill(7));
  });
}

const realm = await anotherRealm();

onEachBackend((_, create) => {
  const engine = create();
  checkRows(() => engine);

  test('arrays of another realm are arrays', () => {
    const x = new realm.Float32Array(2);
    expect(x).not.toBeInstanceOf(Float32Array);
    expect(engine.softmax(x)).toEqual(Float32Array.of(0.5, 0.5));
    expect(engine.softmax(Float32Array.of(0, 0), { out: x })).toBe(x);
    expect([...x]).toEqual([0.5, 0.5]);
  });

  test('undefined options are absent options', () => {
    const options = { shape: undefined, axis: undefined, temperature: undefined, base: undefined, out: undefined };
    expect(engine.softmax([0, 0], options)).toEqual([0.5, 0.5]);
    expect(engine.softmax([0, 0], undefined)).toEqual([0.5, 0.5]);
  });
});

describe('softmax-simd/reference', () => checkRows(() => reference));
