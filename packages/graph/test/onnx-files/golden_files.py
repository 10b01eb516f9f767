"""Writes what one exported model answers: golden/<name>.json beside golden/<name>.onnx."""

import json
import pathlib

FOLDER = pathlib.Path(__file__).parent / "golden"


def tensor(array):
    """Numbers are flat, row by row. Ten digits are more than a float32 holds."""
    plain = [float(f"{x:.10g}") if isinstance(x, float) else x for x in array.ravel().tolist()]
    return {"type": str(array.dtype), "shape": list(array.shape), "data": plain}


def write_golden(name, framework, inputs, outputs):
    """inputs and outputs: numpy arrays by the names that the file gives them."""
    text = json.dumps(
        {
            "framework": framework,
            "inputs": {key: tensor(value) for key, value in inputs.items()},
            "outputs": {key: tensor(value) for key, value in outputs.items()},
        }
    )
    (FOLDER / f"{name}.json").write_text(text + "\n")
