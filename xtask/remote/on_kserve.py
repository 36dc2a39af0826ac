"""KServe with the models of the test: `relu`, and `echo` with an input of each type; tensors come as bytes if they are asked
for."""

import sys

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer

TYPES = ["FP32", "FP64", "UINT8", "INT32", "INT64", "BOOL", "INT8", "FP16"]


class Served(Model):
    def __init__(self, name, inputs, outputs, function):
        super().__init__(name)
        self.inputs, self.outputs, self.function = inputs, outputs, function
        self.ready = True

    def load(self):
        return True

    async def get_input_types(self):
        return self.inputs

    async def get_output_types(self):
        return self.outputs

    async def predict(self, payload, headers=None, response_headers=None):
        outputs = []
        for given, declared in zip(payload.inputs, self.outputs):
            array = self.function(given.as_numpy())
            output = InferOutput(name=declared["name"], shape=list(array.shape), datatype=declared["datatype"])
            output.set_data_from_numpy(array, binary_data=True)
            outputs.append(output)
        return InferResponse(
            response_id="1",
            model_name=self.name,
            infer_outputs=outputs,
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )


def tensors(prefix):
    return [{"name": f"{prefix}{at}", "datatype": t, "shape": [-1, 2]} for at, t in enumerate(TYPES)]


relu = Served(
    "relu",
    [{"name": "x", "datatype": "FP32", "shape": [-1, -1]}],
    [{"name": "y", "datatype": "FP32", "shape": [-1, -1]}],
    lambda x: np.maximum(x, 0),
)
echo = Served("echo", tensors("in"), tensors("out"), lambda x: x)
ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, enable_docs_url=False).start([relu, echo])
