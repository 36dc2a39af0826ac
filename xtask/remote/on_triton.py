"""Triton with the models of the test: `relu`, `echo` with an input of each type, and Magika on ONNX Runtime."""

import sys

import numpy as np
import onnxruntime
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

port, magika = int(sys.argv[1]), sys.argv[2]
TYPES = [np.float32, np.float64, np.uint8, np.int32, np.int64, np.bool_, np.int8, np.float16]


@batch
def relu(x):
    return [np.maximum(x, 0)]


@batch
def echo(**inputs):
    return [inputs[f"in{at}"] for at in range(len(TYPES))]


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(magika, options)


@batch
def identify(**inputs):
    return session.run(None, {"bytes": inputs["bytes"]})


config = TritonConfig(
    http_address="127.0.0.1", http_port=port, allow_grpc=False, allow_metrics=False, exit_on_error=True
)
with Triton(config=config) as triton:
    model = ModelConfig(max_batch_size=8)

    def bind(name, function, inputs, outputs):
        triton.bind(model_name=name, infer_func=function, inputs=inputs, outputs=outputs, config=model, strict=True)

    bind("relu", relu, [Tensor(name="x", dtype=np.float32, shape=(-1,))], [Tensor(name="y", dtype=np.float32, shape=(-1,))])
    tensors = lambda prefix: [Tensor(name=f"{prefix}{at}", dtype=t, shape=(2,)) for at, t in enumerate(TYPES)]
    bind("echo", echo, tensors("in"), tensors("out"))
    bind(
        "magika",
        identify,
        [Tensor(name="bytes", dtype=np.int32, shape=(2048,))],
        [Tensor(name="target_label", dtype=np.float32, shape=(214,))],
    )
    triton.serve()
