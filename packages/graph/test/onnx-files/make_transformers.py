"""Exports small transformers of PyTorch, whose attention joins the batch with its heads.

pip install torch==2.13.0 onnx onnxscript numpy, then: python make_transformers.py
"""

import pathlib
import re
import tempfile

import onnx
import torch
import torch.nn.functional as F
from golden_files import FOLDER, write_golden
from torch import nn

FRAMEWORK = f"torch {torch.__version__.split('+')[0]}"


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(self.encoder(self.embed(x)).mean(1))


class Causal(nn.Module):
    """Every place sees those before it."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        q = self.embed(x).view(x.size(0), 5, 2, 4).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, q, q, is_causal=True)
        return self.fc(y.transpose(1, 2).reshape(x.size(0), 5, 8)[:, -1])


def export(name, make, dynamo, fixed=False):
    torch.manual_seed(3)
    model = make().eval()
    for norm in model.modules():
        if isinstance(norm, nn.LayerNorm):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.5, 0.5)
    inputs = torch.randn(1 if fixed else 5, 5, 6, generator=torch.Generator().manual_seed(11))
    options = {"external_data": False} if dynamo else {}
    if not fixed and dynamo:
        options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
    elif not fixed:
        options["dynamic_axes"] = {"input": {0: "batch"}, "output": {0: "batch"}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        names = {"input_names": ["input"], "output_names": ["output"]}
        torch.onnx.export(model, (inputs,), path, dynamo=dynamo, **names, **options)
        file = onnx.load(path)
    for thing in [file, file.graph, *file.graph.node, *file.graph.value_info]:
        for entry in thing.metadata_props:
            entry.value = re.sub(r'File "[^"]*/', 'File "', entry.value)
    (FOLDER / f"{name}.onnx").write_bytes(file.SerializeToString())
    with torch.no_grad():
        outputs = model(inputs)
    write_golden(name, FRAMEWORK, {"input": inputs.numpy()}, {"output": outputs.numpy()})


export("pytorch-transformer", Transformer, dynamo=True)
export("pytorch-transformer-old", Transformer, dynamo=False)
export("pytorch-transformer-batch-1", Transformer, dynamo=True, fixed=True)
export("pytorch-causal", Causal, dynamo=True)
