"""Writes golden/torch.json: what torch.optim.lr_scheduler makes of lr 1, one factor per step or epoch.

python3 torch_schedules.py  (made with PyTorch 2.13.0)
"""

import json
import math
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as L

warnings.simplefilter("ignore")
NO_WARMUP = {"steps": 0, "from": 0}
cases = []


def optimizer():
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0)


def run(scheduler, opt, count):
    factors = []
    for _ in range(count):
        factors.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return factors


def add(source, schedule, make, count, warmup=None):
    """With a warm-up: LinearLR first, then the schedule from its own beginning (SequentialLR)."""
    opt = optimizer()
    scheduler = make(opt)
    if warmup:
        opt = optimizer()
        rise = L.LinearLR(opt, start_factor=warmup["from"], end_factor=1.0, total_iters=warmup["steps"])
        scheduler = L.SequentialLR(opt, [rise, make(opt)], milestones=[warmup["steps"]])
        source = f"LinearLR, then {source}"
    if schedule["type"] != "one_cycle":
        schedule = {**schedule, "warmup": warmup or NO_WARMUP}
    cases.append({"source": source, "schedule": {**schedule, "per": "step"}, "factors": run(scheduler, opt, count)})


WARMUPS = [None, {"steps": 7, "from": 0.25}]
for warmup in WARMUPS:
    add("ConstantLR", {"type": "constant"}, lambda o: L.ConstantLR(o, factor=1.0), 20, warmup)
    for every, factor in [(1, 0.9), (4, 0.1), (7, 0.5)]:
        add("StepLR", {"type": "step", "every": every, "factor": factor}, lambda o: L.StepLR(o, every, factor), 40, warmup)
    for at, factor in [([1], 0.1), ([3, 4, 20], 0.3), ([10, 30], 0.5)]:
        add("MultiStepLR", {"type": "multi_step", "at": at, "factor": factor}, lambda o: L.MultiStepLR(o, at, factor), 40, warmup)
    for factor in [0.5, 0.97]:
        add("ExponentialLR", {"type": "exponential", "factor": factor}, lambda o: L.ExponentialLR(o, factor), 40, warmup)
    for power, over in [(1.0, 30), (2.0, 30), (0.5, 12)]:
        schedule = {"type": "polynomial", "power": power, "floor": 0, "over": over}
        add("PolynomialLR", schedule, lambda o: L.PolynomialLR(o, over, power), 40, warmup)
    for floor, over in [(0.01, 30), (0.5, 1), (0.0, 8)]:
        schedule = {"type": "linear", "floor": floor, "over": over}
        add("LinearLR", schedule, lambda o: L.LinearLR(o, 1.0, floor, over), 40, warmup)
    for floor, over in [(0.0, 40), (0.1, 25)]:
        # Only as far as `over`: CosineAnnealingLR would rise again.
        schedule = {"type": "cosine", "floor": floor, "over": over, "restarts": None}
        count = over + 1 + (warmup["steps"] if warmup else 0)
        add("CosineAnnealingLR", schedule, lambda o: L.CosineAnnealingLR(o, over, floor), count, warmup)
    for floor, over, growth in [(0.0, 10, 1), (0.1, 3, 2), (0.0, 1, 3)]:
        schedule = {"type": "cosine", "floor": floor, "over": over, "restarts": {"growth": growth}}
        add("CosineAnnealingWarmRestarts", schedule, lambda o: L.CosineAnnealingWarmRestarts(o, over, growth, floor), 140, warmup)

for over, rise, start, end in [(50, 0.3, 1 / 25, 1 / 25e4), (33, 0.25, 0.1, 0.001), (7, 0.5, 0.5, 0.25), (3, 0.2, 0.1, 0.0), (1, 0.3, 0.04, 0.01)]:
    schedule = {"type": "one_cycle", "rise": rise, "from": start, "floor": end, "over": over}
    div, final = 1 / start, (start / end if end else math.inf)
    make = lambda o: L.OneCycleLR(o, 1.0, total_steps=over, pct_start=rise, cycle_momentum=False, div_factor=div, final_div_factor=final)
    add("OneCycleLR", schedule, make, over)


def plateau(name, metrics, metric, **settings):
    """One factor per epoch, the first before any metric is known."""
    mode = "min" if metric == "val_loss" else "max"
    given = {"factor": 0.1, "patience": 10, "threshold": 1e-4, "cooldown": 0, "floor": 0.0, **settings}
    opt = optimizer()
    scheduler = L.ReduceLROnPlateau(
        opt, mode, given["factor"], given["patience"], given["threshold"], "rel", given["cooldown"], given["floor"], eps=0
    )
    factors = []
    for value in metrics:
        factors.append(opt.param_groups[0]["lr"])
        scheduler.step(value)
    factors.append(opt.param_groups[0]["lr"])
    schedule = {"type": "plateau", "metric": metric, **given}
    # JSON has no NaN.
    heard = [None if math.isnan(value) else value for value in metrics]
    cases.append({"source": f"ReduceLROnPlateau, {name}", "schedule": schedule, "metrics": heard, "factors": factors})


generator = torch.Generator().manual_seed(3)
noise = torch.rand(80, generator=generator, dtype=torch.float64).tolist()
falling = [1.0 / (1 + 0.2 * epoch) for epoch in range(15)]
plateau("flat", falling + [0.3] * 40, "val_loss")
plateau("noise", [max(0.1, 1 - 0.02 * i) + 0.2 * noise[i] for i in range(80)], "val_loss", factor=0.5, patience=3)
plateau("cooldown", [0.5] * 40, "val_loss", factor=0.5, patience=2, cooldown=3)
plateau("cooldown with progress", [0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.3] + [0.3] * 10, "val_loss", patience=1, cooldown=2)
plateau("floor", [0.5] * 40, "val_loss", factor=0.3, patience=0, floor=0.02)
plateau("progress below the threshold", [1.0 * 0.995**i for i in range(40)], "val_loss", patience=2, threshold=0.01)
plateau("progress over the threshold", [1.0 * 0.98**i for i in range(40)], "val_loss", patience=2, threshold=0.01)
plateau("accuracy", [0.5 + 0.4 * noise[i] for i in range(60)], "val_accuracy", factor=0.7, patience=4)
# Not a metric below zero: PyTorch's best * (1 + threshold) lies on the wrong side there, so that a plateau
# never acts; ours takes the part of the best value's size.
plateau("not a number", [0.5, 0.4, math.nan, math.nan, math.nan, 0.3, math.nan, 0.2], "val_loss", patience=1)

path = pathlib.Path(__file__).parent / "golden" / "torch.json"
path.write_text(json.dumps({"made_with": f"PyTorch {torch.__version__}", "cases": cases}) + "\n")
