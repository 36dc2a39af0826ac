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


class Caller:
    def __init__(self):
        self.client = http.InferenceServerClient(address)
        self.input = http.InferInput(name, shape, kind)
        self.input.set_data_from_numpy(array, binary_data=True)
        output = self.client.get_model_metadata(model)["outputs"][0]["name"]
        self.outputs = [http.InferRequestedOutput(output, binary_data=True)]
        self.output = output

    def call(self, times):
        for _ in range(times):
            self.client.infer(model, [self.input], outputs=self.outputs).as_numpy(self.output)


callers = [Caller() for _ in range(int(threads))]
for line in sys.stdin.buffer:
    running = [threading.Thread(target=caller.call, args=(int(line),)) for caller in callers]
    begin = time.perf_counter_ns()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(time.perf_counter_ns() - begin, flush=True)
