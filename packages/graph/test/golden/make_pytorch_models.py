"""Writes what PyTorch (2.13) computes for small models that between them have every layer, in double precision:
the loss, its gradients, the running statistics after one step, and the outputs in inference after that.

    python make_pytorch_models.py > pytorch-models.json
"""
import json
import math
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(4)


def dense(units, activation=None, **more):
    return {"type": "dense", "units": units, **({"activation": activation} if activation else {}), **more}


def conv(filters, kernel, **more):
    return {"type": "conv2d", "filters": filters, "kernel": kernel, **more}


def layer(type, **more):
    return {"type": type, **more}


ACTIVATIONS = ["relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh"]
MODELS = [
    {
        "name": "activations as fields of dense",
        "input": [6],
        "layers": [dense(7, name, initialisation="he_normal") for name in ACTIVATIONS]
        + [dense(5, "softmax"), dense(3)],
    },
    {
        "name": "activations as layers",
        "input": [6],
        "layers": [
            dense(8), layer("leaky_relu", slope=0.2), dense(7), layer("elu", alpha=1.7), dense(7), layer("gelu"),
            dense(6), layer("silu"), dense(6), layer("softmax"), dense(8), layer("tanh"), dense(8),
            layer("sigmoid"), dense(8), layer("relu"), dense(3),
        ],
        "loss": "mse",
    },
    {
        "name": "convolutions: same with a stride, dilation, zeros in number, no bias; max pools that overlap",
        "input": [2, 11, 9],
        "layers": [
            conv(4, 4, stride=2, padding="same", activation="relu"),
            layer("max_pool2d", size=3, stride=2, padding=1),
            conv(5, 2, dilation=2, padding=1, bias=False, activation="tanh"),
            conv(3, 2, padding="same", dilation=2, activation="softmax"),
            layer("flatten"),
            dense(3),
        ],
    },
    {
        "name": "groups, strides and average pools",
        "input": [4, 9, 8],
        "layers": [
            conv(6, 3, groups=2, stride=2, padding=1, activation="gelu"),
            conv(6, 3, groups=6, padding="same"),
            layer("avg_pool2d", size=3, stride=2, padding=1),
            conv(5, 1, activation="silu"),
            layer("avg_pool2d", size=2, stride=1),
            layer("global_avg_pool2d"),
            dense(3),
        ],
    },
    {
        "name": "batch_norm of features, twice, one with its own momentum and eps",
        "input": [5],
        "layers": [
            dense(7, bias=False), layer("batch_norm", activation="relu"), dense(6),
            layer("batch_norm", momentum=0.3, eps=0.01), layer("tanh"), dense(3),
        ],
    },
    {
        "name": "batch_norm of channels",
        "input": [2, 6, 5],
        "layers": [
            layer("batch_norm"), conv(4, 3, padding=1), layer("batch_norm", activation="relu"),
            layer("max_pool2d", size=2), layer("flatten"), dense(3),
        ],
    },
    {
        "name": "dropout of features and channels",
        "input": [2, 6, 6],
        "layers": [
            conv(4, 3, activation="relu"), layer("dropout", rate=0.25), layer("flatten"),
            dense(10, "tanh"), layer("dropout", rate=0.5), dense(3),
        ],
    },
    {
        "name": "layer_norm of features and channels",
        "input": [3, 5, 4],
        "layers": [
            conv(4, 3, padding=1), layer("layer_norm", activation="gelu"), layer("flatten"), dense(9),
            layer("layer_norm", eps=0.001), dense(3),
        ],
    },
    {
        "name": "an embedding, normalised by columns",
        "input": [4],
        "layers": [
            layer("embedding", vocabulary=6, units=5), layer("layer_norm"), layer("softmax"),
            layer("flatten"), dense(3),
        ],
    },
    {
        "name": "a residual block with a projection",
        "input": [3, 7, 7],
        "layers": [
            conv(4, 3, padding=1, bias=False, name="stem"),
            layer("batch_norm", activation="relu", name="start"),
            conv(6, 3, stride=2, padding=1, bias=False),
            layer("batch_norm", activation="relu"),
            conv(6, 3, padding=1, bias=False),
            layer("batch_norm", name="main"),
            conv(6, 1, stride=2, bias=False, inputs=["start"]),
            layer("batch_norm", name="short"),
            layer("add", inputs=["main", "short"], activation="relu"),
            layer("global_avg_pool2d"),
            dense(3),
        ],
    },
    {
        "name": "an inception block",
        "input": [3, 6, 6],
        "layers": [
            conv(4, 3, padding="same", activation="relu", name="stem"),
            conv(2, 1, activation="relu", name="one"),
            conv(2, 1, activation="relu", inputs=["stem"]),
            conv(3, 3, padding="same", activation="relu", name="three"),
            conv(2, 1, activation="relu", inputs=["stem"]),
            conv(2, 5, padding="same", activation="relu", name="five"),
            layer("max_pool2d", size=3, stride=1, padding=1, inputs=["stem"]),
            conv(2, 1, activation="relu", name="pool"),
            layer("concat", inputs=["one", "three", "five", "pool"]),
            layer("flatten"),
            dense(3),
        ],
    },
    {
        "name": "a fire module",
        "input": [2, 8, 8],
        "layers": [
            conv(4, 3, stride=2, activation="relu"),
            conv(2, 1, activation="relu", name="squeeze"),
            conv(3, 1, activation="relu", name="expand1"),
            conv(3, 3, padding="same", activation="relu", name="expand3", inputs=["squeeze"]),
            layer("concat", inputs=["expand1", "expand3"]),
            layer("dropout", rate=0.5),
            conv(3, 1, activation="relu"),
            layer("global_avg_pool2d", name="last"),
        ],
    },
    {
        "name": "skips of features: the input and others added and joined",
        "input": [5],
        "layers": [
            dense(5, "relu", name="a"),
            dense(5, "tanh", name="b"),
            layer("add", inputs=["input", "a", "b"], name="sum"),
            layer("concat", inputs=["sum", "a", "input"]),
            dense(3),
        ],
        "loss": "mse",
    },
    {
        "name": "blocks of channels, and a batch of two chunks",
        "rows": 32,
        "input": [1, 12, 12],
        "layers": [
            conv(16, 5, padding="same", activation="relu"),
            layer("max_pool2d", size=2),
            conv(8, 3, padding="same", activation="leaky_relu"),
            conv(16, 3, padding="same", activation="relu"),
            layer("max_pool2d", size=2),
            layer("flatten"),
            dense(3),
        ],
    },
]
ROWS = 6
CLASSES = 3


def random(shape, scale=1.0):
    """Float32 numbers of four decimals, so that the file is short and exact."""
    return torch.tensor([round(v, 4) for v in (torch.randn(math.prod(shape)) * scale).tolist()]).reshape(shape).double()


def activate(kind, x, spec):
    axis = 1 if x.dim() != 3 else 2
    return {
        "relu": lambda: F.relu(x),
        "leaky_relu": lambda: F.leaky_relu(x, spec.get("slope", 0.01)),
        "elu": lambda: F.elu(x, spec.get("alpha", 1.0)),
        "gelu": lambda: F.gelu(x),
        "silu": lambda: F.silu(x),
        "sigmoid": lambda: torch.sigmoid(x),
        "tanh": lambda: torch.tanh(x),
        "softmax": lambda: F.softmax(x, axis),
    }[kind]()


def same_upper(x, span, stride):
    """ONNX's SAME_UPPER: ceil(length / stride) outputs, an odd zero at the end."""
    pads = []
    for length in reversed(x.shape[2:]):
        total = max((math.ceil(length / stride) - 1) * stride + span - length, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class Model:
    def __init__(self, spec):
        self.spec = spec
        self.parameters, self.buffers, self.masks = {}, {}, {}

    def parameter(self, name, shape, scale, mean=0.0):
        if name not in self.parameters:
            value = (random(shape, scale) + mean).float().double()
            self.parameters[name] = value.requires_grad_()
        return self.parameters[name]

    def forward(self, x, training):
        outputs = {"input": x}
        for index, spec in enumerate(self.spec["layers"]):
            xs = [outputs[name] for name in spec.get("inputs", [])] or [x]
            x = self.apply(spec, spec.get("name", f"layers.{index}"), xs, training)
            if "activation" in spec:
                x = activate(spec["activation"], x, {})
            outputs[spec.get("name", index)] = x
        return x

    def apply(self, spec, prefix, xs, training):
        x, kind = xs[0], spec["type"]
        if kind == "dense":
            shape = [x.shape[1], spec["units"]]
            weight = self.parameter(f"{prefix}.weight", shape, 1.2 / math.sqrt(shape[0]))
            bias = self.parameter(f"{prefix}.bias", shape[1:], 0.3) if spec.get("bias", True) else None
            return F.linear(x, weight.T, bias)
        if kind == "conv2d":
            kernel, stride, dilation = spec["kernel"], spec.get("stride", 1), spec.get("dilation", 1)
            groups, padding = spec.get("groups", 1), spec.get("padding", "valid")
            shape = [spec["filters"], x.shape[1] // groups, kernel, kernel]
            weight = self.parameter(f"{prefix}.weight", shape, 1.2 / math.sqrt(math.prod(shape[1:])))
            bias = self.parameter(f"{prefix}.bias", shape[:1], 0.3) if spec.get("bias", True) else None
            if padding == "same":
                x = same_upper(x, dilation * (kernel - 1) + 1, stride)
            zeros = padding if isinstance(padding, int) else 0
            return F.conv2d(x, weight, bias, stride, zeros, dilation, groups)
        if kind in ("max_pool2d", "avg_pool2d"):
            pool = F.max_pool2d if kind == "max_pool2d" else F.avg_pool2d
            return pool(x, spec["size"], spec.get("stride", spec["size"]), spec.get("padding", 0))
        if kind == "global_avg_pool2d":
            return F.adaptive_avg_pool2d(x, 1).flatten(1)
        if kind == "flatten":
            return x.flatten(1)
        if kind == "dropout":
            if not training:
                return x
            mask = F.dropout(torch.ones(x.shape), spec["rate"])
            self.masks[f"{prefix}.mask"] = mask
            return x * mask.double()
        if kind == "batch_norm":
            scale = self.parameter(f"{prefix}.weight", x.shape[1:2], 0.3, 1.0)
            bias = self.parameter(f"{prefix}.bias", x.shape[1:2], 0.3)
            mean = self.buffers.setdefault(f"{prefix}.running_mean", torch.zeros(x.shape[1]).double())
            var = self.buffers.setdefault(f"{prefix}.running_var", torch.ones(x.shape[1]).double())
            return F.batch_norm(x, mean, var, scale, bias, training, spec.get("momentum", 0.1), spec.get("eps", 1e-5))
        if kind == "layer_norm":
            channels = x.shape[2 if x.dim() == 3 else 1]
            scale = self.parameter(f"{prefix}.weight", [channels], 0.3, 1.0)
            bias = self.parameter(f"{prefix}.bias", [channels], 0.3)
            last = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
            y = F.layer_norm(last, [channels], scale, bias, spec.get("eps", 1e-5))
            return y.permute(0, 3, 1, 2) if x.dim() == 4 else y
        if kind == "embedding":
            weight = self.parameter(f"{prefix}.weight", [spec["vocabulary"], spec["units"]], 1.0)
            return F.embedding(x.long(), weight)
        if kind == "add":
            return sum(xs[1:], xs[0])
        if kind == "concat":
            return torch.cat(xs, 1)
        return activate(kind, x, spec)


def numbers(tensor, digits):
    return [float(f"%.{digits}g" % v) for v in tensor.detach().flatten().tolist()]


def run(spec):
    embeds = spec["layers"][0]["type"] == "embedding"
    rows = spec.get("rows", ROWS)
    shape = [rows, *spec["input"]]
    x = torch.randint(0, spec["layers"][0]["vocabulary"], shape).double() if embeds else random(shape)
    loss = spec.get("loss", "cross_entropy")
    targets = torch.randint(0, CLASSES, [rows]) if loss == "cross_entropy" else random([rows, CLASSES])
    model = Model(spec)
    output = model.forward(x, True)
    value = F.cross_entropy(output, targets) if loss == "cross_entropy" else F.mse_loss(output, targets)
    value.backward()
    return {
        "name": spec["name"],
        "input": spec["input"],
        "layers": spec["layers"],
        "loss": loss,
        "rows": rows,
        "outputs": CLASSES,
        "inputs": numbers(x, 9),
        "targets": numbers(targets.double(), 9),
        "parameters": {name: numbers(p, 9) for name, p in model.parameters.items()},
        "masks": {name: numbers(m, 9) for name, m in model.masks.items()},
        "expected": {
            "loss": float("%.9g" % value.item()),
            "gradients": {name: numbers(p.grad, 8) for name, p in model.parameters.items()},
            "buffers": {name: numbers(b, 8) for name, b in model.buffers.items()},
            "inference": numbers(model.forward(x, False), 8),
        },
    }


if __name__ == "__main__":
    models = ",\n".join(json.dumps(run(spec)) for spec in MODELS)
    sys.stdout.write(f"[\n{models}\n]\n")
