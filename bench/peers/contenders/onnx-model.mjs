// A model of one operator, as bytes of the ONNX format: protocol buffers, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
// Field numbers are that file's. A field is a key, number · 8 + kind, and a value: kind 0 an integer, kind 2 a length and bytes.

// Base 128, the least significant digit first; every digit but the last has the eighth bit set.
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const integer = (field, value) => [...varint(field * 8), ...varint(value)];
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, string) => bytes(field, new TextEncoder().encode(string));

const FLOAT = 1; // TensorProto.DataType
const INT = 2; // AttributeProto.AttributeType

/** A float32 tensor of any shape: ValueInfoProto. */
const tensor = (name) => [...text(1, name), ...bytes(2, bytes(1, integer(1, FLOAT)))];

/**
 * y = operator(x), of opset 13: the first whose softmax takes one axis.
 *
 * @param {'Softmax' | 'LogSoftmax'} operator
 * @param {number} axis 0 or more.
 * @returns {Uint8Array}
 */
export function onnxModel(operator, axis) {
  const attribute = [...text(1, 'axis'), ...integer(3, axis), ...integer(20, INT)];
  const node = [...text(1, 'x'), ...text(2, 'y'), ...text(4, operator), ...bytes(5, attribute)];
  const graph = [...bytes(1, node), ...text(2, operator), ...bytes(11, tensor('x')), ...bytes(12, tensor('y'))];
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...bytes(8, integer(2, 13))]); // IR version 8
}
