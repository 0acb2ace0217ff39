"""Writes onnx.json: a selection of ONNX's backend node tests of SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss (see NOTICE).

    /usr/bin/python3 tests/golden/onnx.py          (Debian's libonnx-testdata and python3-onnx; 1.12 gave what is committed)

Left out are the tests of more than 210 logits, for their size; those named _expanded, which say the same in other operators; and those
without log-probabilities where the same test exists with them.
"""

import glob
import json
import os
import sys

# The folder of this file, first on the path, has an onnx.py that is not the library.
sys.path.pop(0)

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402

ROOT = '/usr/share/libonnx-testdata/data/node'
MOST = 210


def read(folder, kind):
    arrays = []
    for path in sorted(glob.glob(f'{folder}/test_data_set_0/{kind}_*.pb')):
        tensor = onnx.TensorProto()
        with open(path, 'rb') as file:
            tensor.ParseFromString(file.read())
        arrays.append(numpy_helper.to_array(tensor))
    return arrays


def plain(array):
    """The shortest decimals that round to the same float32."""
    return [float(str(x)) if array.dtype.kind == 'f' else int(x) for x in array.reshape(-1)]


def convert(name):
    (node,) = onnx.load(f'{ROOT}/{name}/model.onnx').graph.node
    attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
    inputs = dict(zip(['logits', 'labels', 'weight'], read(f'{ROOT}/{name}', 'input')))
    outputs = dict(zip(['loss', 'logProbabilities'], read(f'{ROOT}/{name}', 'output')))
    if inputs['logits'].size > MOST:
        return None
    entry = {'name': name, 'op': node.op_type, 'shape': list(inputs['logits'].shape), 'reduction': attributes['reduction'].decode()}
    if 'ignore_index' in attributes:
        entry['ignoreIndex'] = attributes['ignore_index']
    for key, array in [*inputs.items(), *outputs.items()]:
        entry[key] = plain(array)
    return entry


names = [os.path.basename(path) for path in glob.glob(f'{ROOT}/test_sce_*') + glob.glob(f'{ROOT}/test_nllloss_*')]
chosen = [name for name in sorted(names) if not name.endswith('_expanded') and f'{name}_log_prob' not in names]
cases = [case for case in map(convert, chosen) if case]

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'onnx.json')
with open(path, 'w') as file:
    line = lambda value: json.dumps(value, separators=(',', ':'), allow_nan=False)  # noqa: E731
    file.write('[\n' + ',\n'.join(map(line, cases)) + '\n]\n')
print(f'{len(cases)} cases, {os.path.getsize(path)} bytes')
