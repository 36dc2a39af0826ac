"""What NVIDIA's client gets from a server: the bytes of all outputs, one file each. Arguments: address, model, and for each
input its name, its type, its sizes and a file of its bytes; then a folder for the outputs."""

import sys
from pathlib import Path

import numpy as np
import tritonclient.http as http
from tritonclient.utils import triton_to_np_dtype

address, model, *rest, folder = sys.argv[1:]
client = http.InferenceServerClient(address)
inputs = []
for name, kind, sizes, file in zip(*[iter(rest)] * 4):
    array = np.fromfile(file, dtype=triton_to_np_dtype(kind)).reshape([int(size) for size in sizes.split(",")])
    tensor = http.InferInput(name, array.shape, kind)
    tensor.set_data_from_numpy(array, binary_data=True)
    inputs.append(tensor)
names = [output["name"] for output in client.get_model_metadata(model)["outputs"]]
answer = client.infer(model, inputs, outputs=[http.InferRequestedOutput(name, binary_data=True) for name in names])
for at, name in enumerate(names):
    answer.as_numpy(name).tofile(Path(folder) / str(at))
