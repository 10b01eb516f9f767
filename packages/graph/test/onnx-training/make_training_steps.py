"""What PyTorch's first training step is for files in ../onnx-files/golden: loss, gradients, running statistics.

The models are written out here by hand, with the tensors of the files, in float64.
pip install torch==2.13.0 onnx numpy, then: python make_training_steps.py
"""

import json
import pathlib

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

HERE = pathlib.Path(__file__).parent
FILES = HERE.parent / "onnx-files" / "golden"


def conv(x, t):
    x = F.conv2d(x, t["conv1.weight"], t["conv1.bias"], padding=1)
    x = F.max_pool2d(F.relu(norm(x, t, "bn1", 1e-5, 0.1)), 2)
    x = F.conv2d(x, t["conv2.weight"], stride=2)
    x = F.relu(norm(x, t, "bn2", 1e-3, 0.2))
    return F.linear(x.flatten(1), t["fc.weight"], t["fc.bias"])


def norm(x, t, name, eps, momentum):
    mean, var = t[f"{name}.running_mean"], t[f"{name}.running_var"]
    weight, bias = t[f"{name}.weight"], t[f"{name}.bias"]
    return F.batch_norm(x, mean, var, weight, bias, True, momentum, eps)


def residual(x, t):
    x = F.relu(F.conv2d(x, t["stem.0.weight"], t["stem.0.weight_bias"], padding=1))
    y = F.relu(F.conv2d(x, t["body.0.weight"], t["body.0.weight_bias"], stride=2, padding=1))
    y = F.conv2d(y, t["body.3.weight"], t["body.3.weight_bias"], padding=1)
    short = F.conv2d(x, t["shortcut.0.weight"], t["shortcut.0.weight_bias"], stride=2)
    return F.linear(F.relu(y + short).mean(dim=(2, 3)), t["fc.weight"], t["fc.bias"])


def mobile(x, t):
    x = F.relu6(F.conv2d(x, t["stem.0.weight"], t["stem.0.bias"], stride=2, padding=1))
    depth = F.conv2d(x, t["depthwise.0.weight"], t["depthwise.0.bias"], padding=2, dilation=2, groups=4)
    point = F.hardswish(F.conv2d(x, t["pointwise.0.weight"], t["pointwise.0.bias"]))
    x = F.avg_pool2d(torch.cat([F.silu(depth), point], dim=1), 2).reshape(-1, 32)
    x = F.leaky_relu(norm(x, t, "norm", 1e-5, 0.1), 0.2)
    x = F.elu(F.linear(x, t["end.1.weight"], t["end.1.bias"]))
    return F.linear(x, t["end.3.weight"], t["end.3.bias"])


def mlp(x, t):
    x = F.relu(F.linear(x, t["0.weight"], t["0.bias"]))
    x = torch.tanh(F.linear(x, t["2.weight"], t["2.bias"]))
    return F.linear(x, t["4.weight"], t["4.bias"])


def norm_gelu(x, t):
    x = F.linear(x, t["0.weight"], t["0.bias"])
    x = F.gelu(F.layer_norm(x, (12,), t["1.weight"], t["1.bias"]))
    return F.linear(x, t["4.weight"], t["4.bias"])


def words(x, t):
    return F.linear(F.embedding(x, t["embedding.weight"]).mean(dim=1), t["fc.weight"], t["fc.bias"])


def attention(x, t):
    x = F.embedding(x, t["embedding.weight"])
    query, key = x @ t["onnx::MatMul_28"] + t["query.bias"], x @ t["onnx::MatMul_29"]
    x = torch.softmax(query @ key.transpose(-2, -1) / 2, -1) @ (x @ t["onnx::MatMul_30"] + t["value.bias"])
    return F.log_softmax(F.linear(x[:, -1], t["fc.weight"], t["fc.bias"]), -1)


def two_classes(x, t):
    x = torch.tanh(x @ t["coefficient"] + t["intercepts"])
    x = torch.tanh(x @ t["coefficient1"] + t["intercepts1"])
    z = x @ t["coefficient2"] + t["intercepts2"]
    return torch.cat([torch.zeros_like(z), z], 1)


def by_class(outputs, targets):
    return F.cross_entropy(outputs, torch.tensor(targets))


def by_logit(outputs, targets):
    return F.binary_cross_entropy_with_logits(outputs[:, 0], torch.tensor(targets, dtype=outputs.dtype))


def by_number(outputs, targets):
    return F.mse_loss(outputs[:, 0], torch.tensor(targets, dtype=outputs.dtype))


STEPS = {
    "pytorch-conv-unfolded": (conv, "cross_entropy", by_class, [0, 2, 1, 1, 0]),
    "pytorch-conv-training-old": (conv, "cross_entropy", by_class, [0, 2, 1, 1, 0]),
    "pytorch-residual": (residual, "cross_entropy", by_class, [2, 1, 1, 0, 0]),
    "pytorch-mobile": (mobile, "binary_cross_entropy", by_logit, [1, 0, 0, 1, 1]),
    "pytorch-softmax": (mlp, "cross_entropy", by_class, [0, 2, 1, 1, 0]),
    "pytorch-norm-gelu": (norm_gelu, "mse", by_number, [0.5, -1.0, 2.0, 0.0, 1.0]),
    "pytorch-words": (words, "cross_entropy", by_class, [0, 1, 1, 0, 1]),
    "pytorch-attention-old": (attention, "cross_entropy", by_class, [2, 1, 1, 0, 2]),
    "sklearn-mlp-two-classes": (two_classes, "cross_entropy", by_class, [0, 1, 1, 0, 1, 0]),
}


def shortened(tensor):
    return [float(f"{number:.10g}") for number in tensor.flatten().tolist()]


def first_step(name):
    model, loss_name, loss_of, targets = STEPS[name]
    tensors = {}
    for stored in onnx.load(FILES / f"{name}.onnx").graph.initializer:
        array = numpy_helper.to_array(stored)
        if array.dtype == "float32" and array.ndim > 0:
            tensors[stored.name] = torch.tensor(array, dtype=torch.float64)
    running = {name: tensor for name, tensor in tensors.items() if "running_" in name}
    trained = {name: tensor.requires_grad_() for name, tensor in tensors.items() if name not in running}
    golden = json.loads((FILES / f"{name}.json").read_text())
    (given,) = golden["inputs"].values()
    dtype = torch.int64 if given["type"] == "int64" else torch.float64
    inputs = torch.tensor(given["data"], dtype=dtype).reshape(given["shape"])
    loss = loss_of(model(inputs, tensors), targets)
    loss.backward()
    return {
        "loss_type": loss_name,
        "targets": targets,
        "loss": float(f"{loss.item():.10g}"),
        "gradients": {name: shortened(tensor.grad) for name, tensor in trained.items()},
        "statistics": {name: shortened(tensor) for name, tensor in running.items()},
    }


(HERE / "training-steps.json").write_text(json.dumps({name: first_step(name) for name in STEPS}) + "\n")
