"""Writes the ONNX package's own tests of single operations into a folder: `NAME.onnx` for each, and `index`.

Lines of the index are a word and its arguments, parted by single spaces: `case`, with its name, its relative and absolute
tolerance, and whether an input has a type that wasi-nn does not name; then `input` for each input and `output` for each
output, with a type, sizes parted by commas, and the bytes in hexadecimal. `cases.rs` reads them.
"""

import pathlib
import sys
import warnings

import numpy

# Of wasi-nn; and those whose elements are bytes, which go in as `u8`.
NAMED = {"float16": "f16", "float32": "f32", "float64": "f64", "uint8": "u8", "int32": "i32", "int64": "i64"}
BYTES = {"bool": "u8", "int8": "u8"}


def words(kind, value, names):
    dims = ",".join(str(size) for size in value.shape)
    return f"{kind} {names(value.dtype.name)} {dims} {numpy.ascontiguousarray(value).tobytes().hex()}\n"


def lines(case):
    """The lines of a case, or nothing if wasi-nn has no such tensors."""
    if len(case.data_sets) == 0:
        return None
    inputs, outputs = case.data_sets[0]
    if not all(isinstance(value, (numpy.ndarray, numpy.generic)) for value in [*inputs, *outputs]):
        return None
    kinds = [numpy.asarray(value).dtype for value in inputs]
    if not all(kind.name in NAMED or kind.name in BYTES for kind in kinds):
        return None
    if not all(numpy.asarray(value).dtype.kind in "biuf" for value in outputs):
        return None
    are_bytes = any(kind.name in BYTES for kind in kinds)
    text = f"case {case.name} {case.rtol} {case.atol} {int(are_bytes)}\n"
    text += "".join(words("input", numpy.asarray(value), {**NAMED, **BYTES}.get) for value in inputs)
    # What is no float is compared bit by bit, so its name is that of any type as wide.
    plain = lambda name: NAMED.get(name, "u8")
    return text + "".join(words("output", numpy.asarray(value), plain) for value in outputs)


def main(out):
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases

    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for case in collect_testcases(None):
        text = lines(case)
        if text is not None:
            (folder / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
            index.append(text)
    (folder / "index").write_text("".join(index))


main(sys.argv[1])
