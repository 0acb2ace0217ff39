/** Shapes by group, written as `--shape` takes them: sizes joined by x, then @ and the axis unless it is the last. */
export const shapeGroups = {
  core: ['1x10', '64x10', '64x128', '64x1000', '1x128256', '64x32000'],
  short: ['1024x2', '1024x3', '1024x4', '1024x8', '1024x16', '1024x32'],
  strided: ['1000x64@0', '8x19x64x64@1'],
};

/** For a linear layer: rows, features, classes. */
export const linearShapes = ['1437x64x10'];

/** For logits of a vocabulary: that of a language model of today. */
export const vocabularyShapes = ['1x151936'];

/** For the smoke run: every kind of shape, few slices of the large ones. */
export const smokeShapes = [
  '1x10',
  '64x10',
  '64x128',
  '64x1000',
  '1x128256',
  '2x32000',
  '1024x3',
  '1024x16',
  '1000x64@0',
  '2x19x8x8@1',
];

/**
 * @typedef {object} Shape
 * @property {string} name As it was written.
 * @property {number[]} shape
 * @property {number} axis 0 or more.
 * @property {number} outer The product of the sizes before the axis.
 * @property {number} length The size of the axis.
 * @property {number} inner The product of the sizes after the axis: its stride in elements.
 * @property {number} elements outer · length · inner.
 */

/**
 * @param {string} name Such as `64x1000` or `1000x64@0`.
 * @returns {Shape}
 * @throws {RangeError} When the text is not a shape.
 */
export function parseShape(name) {
  const match = /^([1-9]\d*(?:x[1-9]\d*)*)(?:@(\d+))?$/.exec(name);
  const shape = match ? match[1].split('x').map(Number) : [];
  const axis = match?.[2] === undefined ? shape.length - 1 : Number(match[2]);
  if (axis < 0 || axis >= shape.length) {
    const groups = Object.keys(shapeGroups).join(', ');
    throw new RangeError(`shape: ${name}; allowed are ${groups}, all, and sizes such as 64x1000 or 1000x64@0`);
  }
  const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
  const [outer, length, inner] = [product(shape.slice(0, axis)), shape[axis], product(shape.slice(axis + 1))];
  return { name, shape, axis, outer, length, inner, elements: outer * length * inner };
}
