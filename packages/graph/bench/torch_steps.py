"""Trains one workload in PyTorch on random data; with --version only tells its version.

Reads a workload as one line of JSON (workloads.ts), answers "ready" when it is warm. Then every line
is a number of steps (forward, backward, update), and is answered by the milliseconds of each.
"""

import json
import sys
import time

import torch
from torch import nn

if "--version" in sys.argv:
    print(torch.__version__)
    sys.exit()
torch.manual_seed(1)


def read_layers(layers, shape, outputs):
    """The modules of a list of layers; `shape` is that of one sample."""
    sample = torch.zeros(1, *shape)
    modules = []

    def add(module):
        nonlocal sample
        sample = module(sample)
        modules.append(module)

    for layer in layers:
        kind = layer["type"]
        if kind == "dense":
            add(nn.Linear(sample.shape[1], layer.get("units", outputs)))
        elif kind == "conv2d":
            padding = layer["kernel"] // 2 if layer["padding"] == "same" else 0
            add(nn.Conv2d(sample.shape[1], layer["filters"], layer["kernel"], padding=padding))
        elif kind == "max_pool2d":
            add(nn.MaxPool2d(layer["size"]))
        elif kind == "flatten":
            add(nn.Flatten())
        else:
            sys.exit(f"torch_steps.py does not know the layer {kind}")
        if layer.get("activation", "none") == "relu":
            add(nn.ReLU())
    return nn.Sequential(*modules)


workload = json.loads(sys.stdin.readline())
torch.set_num_threads(workload["threads"])
batch, outputs = workload["batch"], workload["outputs"]
model = read_layers(workload["layers"], workload["input"], outputs)
inputs = torch.rand(batch, *workload["input"])
targets = torch.randint(0, outputs, (batch,))
loss_of = nn.CrossEntropyLoss()
optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
optimizer = optimizers[workload["optimizer"]](model.parameters(), lr=workload["lr"])


def step():
    optimizer.zero_grad()
    loss_of(model(inputs), targets).backward()
    optimizer.step()


for _ in range(5):
    step()
print("ready", flush=True)
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(times), flush=True)
