"""Exports small PyTorch models by both of its exporters, and writes what PyTorch itself answers.

pip install torch==2.13.0 onnx onnxscript numpy, then: python make_pytorch.py
"""

import pathlib
import re
import tempfile

import onnx
import torch
from golden_files import FOLDER, write_golden
from torch import nn

FRAMEWORK = f"torch {torch.__version__.split('+')[0]}"


class Convolutional(nn.Module):
    """Batch norm behind both convolutions; flattens by view, as old tutorials do."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.25)
        self.conv2 = nn.Conv2d(4, 8, 3, stride=2, bias=False)
        self.bn2 = nn.BatchNorm2d(8, eps=1e-3, momentum=0.2)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.drop(self.pool(torch.relu(self.bn1(self.conv1(x)))))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc(x.view(x.size(0), -1))


class Residual(nn.Module):
    """One block of ResNet whose shortcut is a 1x1 convolution."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(4, 8, 1, stride=2, bias=False), nn.BatchNorm2d(8))
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.stem(x)
        x = torch.relu(self.body(x) + self.shortcut(x))
        return self.fc(torch.flatten(self.pool(x), 1))


class Words(nn.Module):
    """The mean of the words' vectors."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.fc = nn.Linear(6, 2)

    def forward(self, tokens):
        return self.fc(self.embedding(tokens).mean(dim=1))


class Mobile(nn.Module):
    """A depthwise convolution, the activations of small networks, two branches put side by side."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU6())
        self.depthwise = nn.Sequential(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=4), nn.SiLU())
        self.pointwise = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Hardswish())
        self.pool = nn.AvgPool2d(2)
        self.norm = nn.BatchNorm1d(32)
        self.end = nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(32, 6), nn.ELU(), nn.Linear(6, 1), nn.Sigmoid())

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([self.depthwise(x), self.pointwise(x)], dim=1)
        return self.end(self.norm(self.pool(x).reshape(-1, 32)))


class Attention(nn.Module):
    """One head of self-attention over the words, and log_softmax."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.query, self.key, self.value = nn.Linear(6, 4), nn.Linear(6, 4, bias=False), nn.Linear(6, 4)
        self.fc = nn.Linear(4, 3)

    def forward(self, tokens):
        x = self.embedding(tokens)
        scores = self.query(x) @ self.key(x).transpose(-2, -1) / 2.0
        x = torch.softmax(scores, dim=-1) @ self.value(x)
        return torch.log_softmax(self.fc(x[:, -1]), dim=-1)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, batch_first=True)
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def mlp(*end):
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3), *end)


def norm_gelu():
    return nn.Sequential(
        nn.Linear(4, 12), nn.LayerNorm(12), nn.GELU(), nn.Dropout(0.1), nn.Linear(12, 1)
    )


MODELS = {
    "mlp": (mlp, (4,)),
    "softmax": (lambda: mlp(nn.Softmax(dim=1)), (4,)),
    "norm-gelu": (norm_gelu, (4,)),
    "conv": (Convolutional, (1, 8, 8)),
    "residual": (Residual, (1, 8, 8)),
    "mobile": (Mobile, (1, 8, 8)),
    "words": (Words, None),
    "attention": (Attention, None),
}


def build(kind):
    """A model of random weights, as after some training: no statistic and no scale is that of the start."""
    torch.manual_seed(7)
    make, shape = MODELS[kind]
    model = make().eval()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    return model, shape


def rows(shape, count):
    generator = torch.Generator().manual_seed(11)
    if shape is None:
        return torch.randint(0, 20, (count, 5), generator=generator)
    return torch.randn(count, *shape, generator=generator)


def export(name, kind, dynamo, batch="batch", **options):
    """batch: the name of the batch axis, or the one length the file is made for."""
    model, shape = build(kind)
    # Two rows in the example: torch.export takes an axis of length one for a constant.
    example = rows(shape, 2 if isinstance(batch, str) else batch)
    if not isinstance(batch, str):
        dynamic = {}
    elif dynamo:
        dynamic = {"dynamic_shapes": ({0: torch.export.Dim(batch)},)}
    else:
        dynamic = {"dynamic_axes": {"input": {0: batch}, "output": {0: batch}}}
    if dynamo:
        options = {"external_data": False, **options}
    write_onnx(
        name,
        model,
        example,
        dynamo=dynamo,
        input_names=["input"],
        output_names=["output"],
        **dynamic,
        **options,
    )
    inputs = rows(shape, 5 if isinstance(batch, str) else batch)
    with torch.no_grad():
        outputs = model.eval()(inputs)
    write_golden(name, FRAMEWORK, {"input": inputs.numpy()}, {"output": outputs.numpy()})


def write_onnx(name, model, example, **options):
    """What the exporter wrote, but without the folders that its stack traces name."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        torch.onnx.export(model, (example,), path, **options)
        file = onnx.load(path, load_external_data=False)
    for thing in [file, file.graph, *file.graph.node, *file.graph.value_info]:
        for entry in thing.metadata_props:
            entry.value = re.sub(r'File "[^"]*/', 'File "', entry.value)
    (FOLDER / f"{name}.onnx").write_bytes(file.SerializeToString())


for kind in MODELS:
    export(f"pytorch-{kind}", kind, dynamo=True)
    export(f"pytorch-{kind}-old", kind, dynamo=False)
export("pytorch-mlp-batch-1", "mlp", dynamo=True, batch=1)
export("pytorch-conv-batch-1-old", "conv", dynamo=False, batch=1)
# Batch norm apart: as the graph was traced, unfolded. As for training: dropout is there too.
export("pytorch-conv-unfolded", "conv", dynamo=True, optimize=False)
export("pytorch-conv-preserve-old", "conv", dynamo=False, training=torch.onnx.TrainingMode.PRESERVE)
export(
    "pytorch-conv-training-old",
    "conv",
    dynamo=False,
    training=torch.onnx.TrainingMode.TRAINING,
    do_constant_folding=False,
)
export("pytorch-residual-opset-13-old", "residual", dynamo=False, opset_version=13)

# Files that cannot be accepted: the exporter's defaults for weights, another element type, another operator.
write_onnx("refused-external-data", build("mlp")[0], rows((4,), 2), dynamo=True)
write_onnx(
    "refused-float16", build("mlp")[0].half(), rows((4,), 2).half(), dynamo=True, external_data=False
)
write_onnx("refused-lstm", Recurrent().eval(), rows((5, 4), 2), dynamo=True, external_data=False)
