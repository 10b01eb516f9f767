"""Losses and their derivatives for losses.test.ts, as PyTorch has them: 2.13.0, CPU, float64.

python make_reference.py > losses.json
"""
import json
import sys

import torch
from torch.nn import functional as F

random = torch.Generator().manual_seed(4)


def draw(*shape, scale=2.0):
    """Numbers that float32 holds exactly."""
    return (scale * torch.randn(*shape, generator=random)).to(torch.float32).double()


def case(name, loss, outputs, targets, criterion):
    outputs = outputs.clone().requires_grad_()
    value = criterion(outputs)
    value.backward()
    return {
        "name": name,
        "loss": loss,
        "shape": list(outputs.shape),
        "outputs": outputs.detach().flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "expected": {"loss": value.item(), "gradient": outputs.grad.flatten().tolist()},
    }


def cross_entropy(name, rows, classes, smoothing=0.0, weights=None, scale=2.0):
    outputs = draw(rows, classes, scale=scale)
    targets = torch.randint(classes, (rows,), generator=random)
    loss = {"type": "cross_entropy", "label_smoothing": smoothing, "class_weights": weights}
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    criterion = lambda x: F.cross_entropy(x, targets, weight=weight, label_smoothing=smoothing)
    return case(name, loss, outputs, targets, criterion)


def binary(name, outputs):
    targets = (torch.arange(len(outputs)) % 3 == 1).long()
    criterion = lambda x: F.binary_cross_entropy_with_logits(x[:, 0], targets.double())
    return case(name, "binary_cross_entropy", outputs, targets, criterion)


def numbers(name, loss, criterion):
    outputs, targets = draw(7, 1), draw(7, 1)
    outputs[3] = targets[3]  # an error of exactly 0
    return case(name, loss, outputs, targets, lambda x: criterion(x, targets))


weights = [0.5, 3.0, 1.25, 0.125]
huber = lambda delta: lambda x, y: F.huber_loss(x, y, delta=delta)
cases = [
    cross_entropy("cross_entropy", 6, 4),
    cross_entropy("label smoothing", 6, 4, smoothing=0.1),
    cross_entropy("all smoothed", 5, 3, smoothing=1.0),
    cross_entropy("class weights", 6, 4, weights=weights),
    cross_entropy("class weights, label smoothing", 9, 4, smoothing=0.2, weights=weights),
    cross_entropy("large logits, smoothed", 5, 4, smoothing=0.05, scale=60.0),
    binary("binary_cross_entropy", draw(8, 1)),
    binary("binary_cross_entropy of zeros", torch.zeros(5, 1, dtype=torch.float64)),
    binary(
        "binary_cross_entropy of large logits",
        torch.tensor([[-200.0], [-90.0], [-20.0], [20.0], [90.0], [200.0]], dtype=torch.float64),
    ),
    numbers("mse", "mse", F.mse_loss),
    numbers("mae", "mae", F.l1_loss),
    numbers("huber", {"type": "huber", "delta": 1.0}, huber(1.0)),
    numbers("huber, wide", {"type": "huber", "delta": 2.5}, huber(2.5)),
    numbers("huber, narrow", {"type": "huber", "delta": 0.01}, huber(0.01)),
]
source = f"make_reference.py, PyTorch {torch.__version__}"
lines = ",\n".join(json.dumps(each) for each in cases)
sys.stdout.write(f'{{"source": {json.dumps(source)}, "cases": [\n{lines}\n]}}\n')
