"""The loop of pytorch.test.ts, written as a PyTorch user writes it. PyTorch 2.13.0, CPU, float32."""
import json
import math
import sys

import torch
from torch import nn

start = json.load(sys.stdin)


def part(name):
    inputs = torch.tensor(start[name]["inputs"], dtype=torch.float32).reshape(-1, 4)
    return inputs, torch.tensor(start[name]["targets"], dtype=torch.long)


x, y = part("training")
vx, vy = part("validation")
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
for layer, name in ((model[0], "layers.0"), (model[2], "layers.1")):
    weight, bias = start["weights"][f"{name}.weight"], start["weights"][f"{name}.bias"]
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight["values"]).reshape(weight["shape"]).T)
        layer.bias.copy_(torch.tensor(bias["values"]))

biases = [p for n, p in model.named_parameters() if n.endswith("bias")]
weights = [p for n, p in model.named_parameters() if not n.endswith("bias")]
optimizer = torch.optim.AdamW(
    [{"params": weights}, {"params": biases, "weight_decay": 0.0}], lr=0.05, weight_decay=0.1
)


def factor(k):
    if k < 5:
        return 0.2 + 0.8 * k / 5
    return 0.1 + 0.9 * (1 + math.cos(math.pi * min(k - 5, 45) / 45)) / 2


scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
epochs = []
for _ in range(50):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.3)
    lr = scheduler.get_last_lr()[0]
    optimizer.step()
    scheduler.step()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(model(vx), vy)
    epochs.append(
        {"train_loss": loss.item(), "val_loss": val_loss.item(), "grad_norm": norm.item(), "lr": lr}
    )
json.dump({"source": f"make_reference.py, PyTorch {torch.__version__}", "epochs": epochs}, sys.stdout, indent=1)
