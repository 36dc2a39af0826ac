"""NVIDIA's client in several threads, for the bench. Arguments: address, model, number of threads, and of the input its name,
its type and its sizes; the bytes of the input come first on standard input. For each number on a line after them, every thread
calls so often, and the nanoseconds of all go to standard output."""

import sys
import threading
import time

import numpy as np
import tritonclient.http as http
from tritonclient.utils import triton_to_np_dtype

address, model, threads, name, kind, sizes = sys.argv[1:]
shape = [int(size) for size in sizes.split(",")]
count = int(np.prod(shape))
dtype = np.dtype(triton_to_np_dtype(kind))
array = np.frombuffer(sys.stdin.buffer.read(count * dtype.itemsize), dtype).reshape(shape)


# A client of gevent's works on the thread that made it, so threads stay.
together = threading.Barrier(int(threads) + 1)
times = 0


def call():
    client = http.InferenceServerClient(address)
    tensor = http.InferInput(name, shape, kind)
    tensor.set_data_from_numpy(array, binary_data=True)
    output = client.get_model_metadata(model)["outputs"][0]["name"]
    outputs = [http.InferRequestedOutput(output, binary_data=True)]
    while True:
        together.wait()
        for _ in range(times):
            client.infer(model, [tensor], outputs=outputs).as_numpy(output)
        together.wait()


for _ in range(int(threads)):
    threading.Thread(target=call, daemon=True).start()
for line in sys.stdin.buffer:
    times = int(line)
    together.wait()
    begin = time.perf_counter_ns()
    together.wait()
    print(time.perf_counter_ns() - begin, flush=True)
