"""Writes what the onnx package itself reads in golden/*.onnx: golden/structure.json.

pip install onnx==1.23.1 numpy, then: python describe_files.py
"""

import json

import numpy
import onnx
from golden_files import FOLDER

DOMAINS = {"ai.onnx": ""}


def tensor(proto):
    """Shape, type, and the sum of the numbers, each times its place from 1: no two may be swapped."""
    array = onnx.numpy_helper.to_array(proto)
    flat = array.astype(numpy.float64).ravel()
    places = numpy.arange(1, flat.size + 1)
    return {"type": str(array.dtype), "shape": list(array.shape), "sum": float(flat @ places)}


def attribute(proto):
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, onnx.TensorProto):
        return tensor(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (int, float)):
        return value
    return [x.decode() if isinstance(x, bytes) else x for x in value]


def axis(proto):
    kind = proto.WhichOneof("value")
    return getattr(proto, kind) if kind else None


def value(proto):
    kind = proto.type.WhichOneof("value")
    if kind != "tensor_type":
        return {"name": proto.name, "type": kind.removesuffix("_type"), "shape": None}
    element = onnx.helper.tensor_dtype_to_np_dtype(proto.type.tensor_type.elem_type)
    name = "string" if element == object else str(element)
    shape = [axis(dim) for dim in proto.type.tensor_type.shape.dim]
    return {"name": proto.name, "type": name, "shape": shape}


def describe(file):
    initialisers = {proto.name: tensor(proto) for proto in file.graph.initializer}
    (opset,) = {entry.version for entry in file.opset_import if entry.domain in ("", "ai.onnx")}
    return {
        "opset": opset,
        "producer": f"{file.producer_name} {file.producer_version}".strip(),
        "nodes": [
            {
                "domain": DOMAINS.get(node.domain, node.domain),
                "op": node.op_type,
                "name": node.name,
                "inputs": list(node.input),
                "outputs": list(node.output),
                "attributes": {a.name: attribute(a) for a in node.attribute},
            }
            for node in file.graph.node
        ],
        "initialisers": initialisers,
        "inputs": [value(x) for x in file.graph.input if x.name not in initialisers],
        "outputs": [value(x) for x in file.graph.output],
    }


UNREADABLE = ("refused-external-data.onnx", "refused-float16.onnx")
files = {
    path.name: describe(onnx.load(path))
    for path in sorted(FOLDER.glob("*.onnx"))
    if path.name not in UNREADABLE
}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(files[name])}" for name in files)
(FOLDER / "structure.json").write_text("{\n" + lines + "\n}\n")
