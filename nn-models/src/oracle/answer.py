"""Runs the models that come in lines on standard input, and answers in lines. `message.rs` is the other end."""

import resource
import sys

import numpy

TYPES = {
    "f16": numpy.float16,
    "f32": numpy.float32,
    "f64": numpy.float64,
    "u8": numpy.uint8,
    "i32": numpy.int32,
    "i64": numpy.int64,
}

# Models that ask for terabytes fail here rather than take the machine with them.
MEMORY = 8 << 30


def read_jobs(lines):
    jobs = []
    for line in lines:
        word, *rest = line.rstrip("\n").split(" ")
        if word == "job":
            runtime, model, weights = rest
            jobs.append((RUNTIMES[runtime], bytes.fromhex(model), bytes.fromhex(weights), []))
        else:
            element, dims, data = rest
            shape = [int(size) for size in dims.split(",") if size]
            jobs[-1][3].append(numpy.frombuffer(bytes.fromhex(data), TYPES[element]).reshape(shape))
    return jobs


def onnxruntime(model, _weights, inputs):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]
    results = session.run(None, dict(zip(names, inputs, strict=True)))
    return [(port.name, value) for port, value in zip(session.get_outputs(), results, strict=True)]


def openvino(model, weights, inputs):
    import openvino

    core = openvino.Core()
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(model=model, weights=weights), "CPU", exact)
    request = compiled.create_infer_request()
    request.infer(inputs)
    return [
        (port.any_name, request.get_output_tensor(index).data.copy())
        for index, port in enumerate(compiled.outputs)
    ]


def word(name, value):
    value = numpy.ascontiguousarray(value).reshape(numpy.shape(value))
    element = next(name for name, kind in TYPES.items() if kind == value.dtype)
    dims = ",".join(str(size) for size in value.shape)
    return f"output {name} {element} {dims} {value.tobytes().hex()}"


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for run, model, weights, inputs in read_jobs(sys.stdin.readlines()):
        try:
            outputs = [word(name, value) for name, value in run(model, weights, inputs)]
        except Exception as error:
            print("failed", " ".join(str(error).split()))
        else:
            print("done", *outputs, sep="\n")


RUNTIMES = {"onnxruntime": onnxruntime, "openvino": openvino}
main()
