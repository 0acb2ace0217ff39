"""Softmax and log-softmax by PyTorch: one thread, float32, into a kept tensor.

Driven through standard input and output by the protocol at the top of c/softmax.c; contenders/pipe.mjs is the other end.
"""

import sys
import time

try:
    import torch
except ImportError:
    print('skip PyTorch is not installed')
    sys.exit()

OPERATIONS = {'softmax': torch.softmax, 'log-softmax': torch.log_softmax}


def answer(line, data=b''):
    sys.stdout.buffer.write(line.encode() + b'\n' + data)
    sys.stdout.buffer.flush()


def main():
    torch.set_num_threads(1)
    answer(f'ready {torch.__version__}')
    operation = x = y = None
    for line in iter(sys.stdin.buffer.readline, b''):
        name, *numbers = line.decode().split()
        if name == 'time':
            start = time.perf_counter()
            for _ in range(int(numbers[0])):
                operation(x, 1, out=y)
            answer(f'{time.perf_counter() - start:.9f}')
            continue
        outer, length, inner = map(int, numbers)
        data = bytearray(sys.stdin.buffer.read(outer * length * inner * 4))
        operation = OPERATIONS.get(name)
        if operation is None:
            answer('skip written for softmax and log-softmax')
            continue
        shape = (outer, length) if inner == 1 else (outer, length, inner)
        x = torch.frombuffer(data, dtype=torch.float32).reshape(shape).clone()
        y = torch.empty_like(x)
        operation(x, 1, out=y)
        result = y.numpy().tobytes()
        answer(f'ok {len(result)}', result)


with torch.no_grad():
    main()
