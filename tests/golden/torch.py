"""Writes torch.json: what PyTorch gives, in float64 and by its autograd, for the derivatives and the losses.

    /usr/bin/python3 tests/golden/torch.py          (Debian's python3-torch; 1.13 wrote what is committed)

Inputs are multiples of 1/64, which float32 holds exactly. A tensor that several cases share stands once, under `tensors`. An expected
value comes with `term`, the size of the largest term that is added up in it: what rounding is measured by. null is NaN.
"""

import itertools
import json
import math
import os
import sys

# The folder of this file, first on the path, has a torch.py that is not the library.
sys.path.pop(0)

import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(4)

tensors = {}
cases = []


def define(name, tensor):
    tensors[name] = {'shape': list(tensor.shape), 'values': plain(tensor)}
    return tensor


def normal(*shape):
    return torch.round(torch.randn(*shape) * 1.5 * 64) / 64


def plain(tensor):
    return [None if isinstance(x, float) and math.isnan(x) else x for x in tensor.detach().reshape(-1).tolist()]


def add(op, arguments, options, expected):
    """`arguments` are names of tensors; `expected` maps what the result holds to (value, largest term)."""
    entries = {key: {'values': plain(value), 'term': float(f'{float(term):.3g}')} for key, (value, term) in expected.items()}
    cases.append({'op': op, 'arguments': arguments, 'options': options, 'expected': entries})


def largest(*terms):
    return max(float(term.detach().abs().max()) for term in terms)


# Derivatives of softmax and log-softmax.

def scale_of(options):
    return math.log(options['base']) if 'base' in options else 1 / options.get('temperature', 1)


def derivatives(suffix, shape, axis):
    x = define('x' + suffix, normal(*shape))
    v = define('v' + suffix, normal(*shape))
    g = define('g' + suffix, normal(*shape))
    for name, forward in [('softmax', torch.softmax), ('logSoftmax', torch.log_softmax)]:
        output = define(name + suffix, forward(x, axis))
        place = {'shape': list(shape), 'axis': axis}
        for scaling in [{}, {'temperature': 0.75}, {'base': 2}]:
            scale = scale_of(scaling)
            argument = name + suffix + ''.join(scaling)
            if scaling:
                define(argument, forward(x * scale, axis))
            function = lambda z: forward(z * scale, axis)  # noqa: E731
            s = torch.softmax(x * scale, axis)
            options = {**place, **scaling}
            jvp = torch.autograd.functional.jvp(function, x, v)[1]
            if name == 'softmax':
                terms = [scale * s * v, scale * s * (s * v.abs()).sum(axis, keepdim=True)]
            else:
                terms = [scale * v, scale * (s * v.abs()).sum(axis, keepdim=True)]
            add(name + 'Jvp', ['v' + suffix, argument], options, {'result': (jvp, largest(*terms))})
            hvp = torch.autograd.functional.hvp(lambda z: (g * function(z)).sum(), x, v)[1]
            size = scale ** 2 * g.abs().max() * v.abs().max()
            if name == 'logSoftmax':
                size = scale ** 2 * g.abs().sum(axis).max() * v.abs().max()
            add(name + 'Hvp', ['g' + suffix, argument, 'v' + suffix], options, {'result': (hvp, size * s.max())})

        # Row by row: autograd's Jacobian is that of the whole tensor, mostly zeros.
        rows = x.movedim(axis, -1).reshape(-1, shape[axis])
        row_function = lambda z: forward(z, -1)  # noqa: E731
        jacobian = torch.stack([torch.autograd.functional.jacobian(row_function, row) for row in rows])
        add(name + 'Jacobian', [name + suffix], place, {'result': (jacobian, 1 if name == 'logSoftmax' else largest(output))})
        if name == 'softmax':
            hessian = torch.stack([
                torch.stack([
                    torch.autograd.functional.hessian(lambda z: torch.softmax(z, -1)[m], row) for m in range(len(row))
                ])
                for row in rows
            ])
            add('softmaxHessian', [name + suffix], place, {'result': (hessian, largest(output))})


derivatives('', (2, 5), -1)
derivatives('Axis', (2, 4, 3), 1)
derivatives('First', (3, 2), 0)


# Losses.

def loss_case(op, function, arguments, x, options, torch_options, term, grad_output=None):
    """The loss, and the gradient of it or, without a reduction, of Σ gradOutput · loss."""
    z = x.clone().requires_grad_()
    loss = function(z, **torch_options)
    weighted = loss if grad_output is None else loss * grad_output
    (gradient,) = torch.autograd.grad(weighted.sum(), z)
    # Weight · p, of which weight is subtracted; a mean divides it by the number of rows, or about so.
    weight = torch_options.get('weight')
    size = 1 if weight is None else weight.max()
    if grad_output is not None:
        size = size * grad_output.abs().max()
    if torch_options['reduction'] == 'mean':
        size = size * x.shape[1] / x.numel()
    add(op, arguments, options, {'loss': (loss, term), 'gradient': (gradient, size)})


def losses(suffix, shape):
    classes = shape[1]
    inner = (shape[0],) + shape[2:]
    x = define('logits' + suffix, normal(*shape) * 2)
    labels = define('labels' + suffix, torch.randint(0, classes, inner))
    labels_ignored = labels.clone().reshape(-1)
    labels_ignored[::3] = -100
    labels_ignored = define('labelsIgnored' + suffix, labels_ignored.reshape(inner))
    weight = define('weight' + suffix, torch.arange(2, 2 + classes) / 8)
    grad_output = define('gradOutput' + suffix, normal(*inner))
    # Multiples of 1/64 that sum to 1 along the classes, some of them 0.
    counts = torch.distributions.Multinomial(64, torch.ones(classes)).sample(inner)
    probabilities = define('probabilities' + suffix, (counts / 64).movedim(-1, 1))
    unnormalised = define('unnormalised' + suffix, normal(*shape).abs())
    log_probabilities = define('logProbabilities' + suffix, -normal(*shape).abs())
    log_p = torch.log_softmax(x, 1)

    def each(op, function, targets, name, first, smoothing=(0, 0.1), weights=(None, 'weight'), ignore=({},), extra=({},)):
        for epsilon, weighted, ignored, more in itertools.product(smoothing, weights, ignore, extra):
            for reduction in ['mean', 'sum', 'none']:
                options = {'shape': list(shape), 'axis': 1, 'reduction': reduction, **ignored, **more}
                torch_options = {'reduction': reduction}
                arguments = [first + suffix, name + suffix]
                if weighted:
                    options['weight'] = weighted + suffix
                    torch_options['weight'] = weight
                if epsilon:
                    options['labelSmoothing'] = epsilon
                    torch_options['label_smoothing'] = epsilon
                if 'ignoreIndex' in ignored:
                    torch_options['ignore_index'] = ignored['ignoreIndex']
                divisor = 1 / more.get('temperature', 1)
                forward = lambda z, **kw: function(z * divisor, targets, **kw)  # noqa: E731
                rows = targets.numel() if targets.shape == inner else targets.numel() / classes
                term = (1 if not weighted else float(weight.max())) * largest(log_p * divisor) * divisor
                term *= rows if reduction == 'sum' else 1
                base = x if first == 'logits' else log_probabilities
                loss_case(op, forward, arguments, base, options, torch_options, term)
                if reduction == 'none' and weighted and not more:
                    loss_case(op, forward, arguments, base, {**options, 'gradOutput': 'gradOutput' + suffix}, torch_options, term, grad_output)

    cross = functional.cross_entropy
    each('crossEntropy', cross, labels, 'labels', 'logits')
    each('crossEntropy', cross, labels_ignored, 'labelsIgnored', 'logits', weights=('weight',))
    each('crossEntropy', cross, labels, 'labels', 'logits', smoothing=(0.3,), weights=(None,), ignore=({'ignoreIndex': 1},))
    each('crossEntropy', cross, labels, 'labels', 'logits', smoothing=(0,), weights=(None,), extra=({'temperature': 0.5},))
    each('crossEntropy', cross, probabilities, 'probabilities', 'logits')
    each('crossEntropy', cross, unnormalised, 'unnormalised', 'logits', smoothing=(1,), weights=('weight',), extra=({'temperature': 2},))
    each('nllLoss', functional.nll_loss, labels, 'labels', 'logProbabilities', smoothing=(0,))
    each('nllLoss', functional.nll_loss, labels_ignored, 'labelsIgnored', 'logProbabilities', smoothing=(0,))
    each('nllLoss', functional.nll_loss, labels, 'labels', 'logProbabilities', smoothing=(0,), weights=('weight',), ignore=({'ignoreIndex': 2},))

    all_ignored = torch.full_like(labels, -100)
    define('labelsAllIgnored' + suffix, all_ignored)
    each('crossEntropy', cross, all_ignored, 'labelsAllIgnored', 'logits', smoothing=(0,), weights=(None,))

    vector = define('vector' + suffix, normal(*shape))
    for reduction, temperature in [('mean', 1), ('sum', 1), ('none', 1), ('mean', 0.5), ('sum', 3)]:
        function = lambda z: cross(z / temperature, labels, reduction=reduction).sum()  # noqa: E731
        hvp = torch.autograd.functional.hvp(function, x, vector)[1]
        s = torch.softmax(x / temperature, 1)
        term = largest(s * vector.abs().max()) / temperature ** 2 / (labels.numel() if reduction == 'mean' else 1)
        options = {'shape': list(shape), 'axis': 1, 'reduction': reduction, 'temperature': temperature}
        add('crossEntropyHvp', ['logits' + suffix, 'vector' + suffix], options, {'result': (hvp, term)})
    function = lambda z: (grad_output * cross(z, labels, reduction='none')).sum()  # noqa: E731
    hvp = torch.autograd.functional.hvp(function, x, vector)[1]
    term = largest(torch.softmax(x, 1) * vector.abs().max() * grad_output.abs().max())
    options = {'shape': list(shape), 'axis': 1, 'reduction': 'none', 'gradOutput': 'gradOutput' + suffix}
    add('crossEntropyHvp', ['logits' + suffix, 'vector' + suffix], options, {'result': (hvp, term)})


losses('', (4, 5))
losses('Image', (2, 3, 2, 2))


# A linear layer and the cross-entropy of what it gives.

def linear():
    batch, in_features, classes = 4, 3, 5
    features = define('features', normal(batch, in_features))
    matrix = define('matrix', normal(classes, in_features))
    bias = define('bias', normal(classes))
    labels = define('linearLabels', torch.tensor([3, 0, -100, 4]))
    weight = define('linearWeight', torch.arange(2, 2 + classes) / 8)
    counts = torch.distributions.Multinomial(64, torch.ones(classes)).sample((batch,))
    probabilities = define('linearProbabilities', counts / 64)
    size = {'batch': batch, 'inFeatures': in_features, 'classes': classes}
    variants = [
        ({}, {}, labels, 'linearLabels', True),
        ({}, {}, labels, 'linearLabels', False),
        ({'classWeight': 'linearWeight'}, {'weight': weight}, labels, 'linearLabels', True),
        ({'labelSmoothing': 0.1}, {'label_smoothing': 0.1}, labels, 'linearLabels', True),
        ({'reduction': 'sum'}, {'reduction': 'sum'}, labels, 'linearLabels', True),
        ({'temperature': 0.5}, {}, labels, 'linearLabels', True),
        ({'reduction': 'none', 'gradOutput': 'linearGradOutput'}, {'reduction': 'none'}, labels, 'linearLabels', True),
        ({'ignoreIndex': 0}, {'ignore_index': 0}, labels.clamp(min=0), 'linearLabelsFrom0', True),
        ({}, {}, probabilities, 'linearProbabilities', True),
        ({'labelSmoothing': 0.1, 'reduction': 'sum'}, {'label_smoothing': 0.1, 'reduction': 'sum'}, probabilities, 'linearProbabilities', False),
    ]
    define('linearLabelsFrom0', labels.clamp(min=0))
    grad_output = define('linearGradOutput', normal(batch))
    for options, torch_options, targets, name, has_bias in variants:
        leaves = [t.clone().requires_grad_() for t in (matrix, bias if has_bias else torch.zeros(classes), features)]
        logits = functional.linear(leaves[2], leaves[0], leaves[1])
        loss = functional.cross_entropy(logits / options.get('temperature', 1), targets, **torch_options)
        weighted = loss * grad_output if 'gradOutput' in options else loss
        gradients = torch.autograd.grad(weighted.sum(), leaves)
        terms = [largest(features), 1, largest(matrix)]
        factor = 1 / options.get('temperature', 1)
        expected = {'loss': (loss, batch * factor * largest(logits))}
        for key, gradient, term in zip(['gradWeight', 'gradBias', 'gradFeatures'], gradients, terms):
            expected[key] = (gradient, factor * largest(logits) * term)
        arguments = ['features', 'matrix', 'bias' if has_bias else None, name]
        add('linearCrossEntropy', arguments, {**size, **options}, expected)


linear()

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'torch.json')
with open(path, 'w') as file:
    line = lambda value: json.dumps(value, separators=(',', ':'), allow_nan=False)  # noqa: E731
    file.write('{"torch":' + line(torch.__version__) + ',\n"tensors":{\n')
    file.write(',\n'.join(f'{line(name)}:{line(tensor)}' for name, tensor in tensors.items()))
    file.write('\n},\n"cases":[\n' + ',\n'.join(map(line, cases)) + '\n]}\n')
print(f'{len(cases)} cases, {os.path.getsize(path)} bytes')
