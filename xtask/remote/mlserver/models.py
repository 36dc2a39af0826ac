"""MLServer's models of the test: `relu`, and `echo` with an input of each type that JSON has."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse, ResponseOutput


class Served(MLModel):
    async def load(self):
        return True

    async def predict(self, payload):
        outputs = []
        for given, declared in zip(payload.inputs, self.outputs):
            array = self.function(self.decode(given, default_codec=NumpyCodec))
            data = array.flatten().tolist()
            output = ResponseOutput(name=declared.name, shape=list(array.shape), datatype=declared.datatype, data=data)
            outputs.append(output)
        return InferenceResponse(model_name=self.name, outputs=outputs)


class Relu(Served):
    function = staticmethod(lambda x: np.maximum(x, 0))


class Echo(Served):
    function = staticmethod(lambda x: x)
