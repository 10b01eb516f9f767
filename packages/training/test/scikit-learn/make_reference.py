"""Metrics for metrics.test.ts, as scikit-learn 1.9.1 has them; losses as scikit-learn or by its formula.

python make_reference.py > metrics.json
"""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics

random = np.random.default_rng(11)
warnings.simplefilter("error")


def classes(name, logits, targets, binary=False):
    """`binary`: one logit, that of the second class."""
    logits = logits.astype(np.float32).astype(float)
    both = np.stack([np.zeros(len(logits)), logits], axis=1) if binary else logits
    count = both.shape[1]
    shifted = np.exp(both - both.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    predicted = both.argmax(axis=1)
    labels = np.arange(count)
    expected = {
        "val_loss": metrics.log_loss(targets, probabilities, labels=labels),
        "val_accuracy": metrics.accuracy_score(targets, predicted),
        "val_macro_f1": metrics.f1_score(targets, predicted, average="macro"),
    }
    if count >= 6:
        expected["val_top_5_accuracy"] = metrics.top_k_accuracy_score(
            targets, both, k=5, labels=labels
        )
    if count == 2:
        expected["val_auc"] = metrics.roc_auc_score(targets, both[:, 1] - both[:, 0])
    return {
        "name": name,
        "loss": "binary_cross_entropy" if binary else "cross_entropy",
        "classes": count,
        "outputs": logits.flatten().tolist(),
        "targets": targets.tolist(),
        "expected": expected,
    }


def numbers(name, loss, std, of_errors):
    """The model predicts (y - mean) / std; every metric is in the unit of y, and so is `of_errors`."""
    targets = random.normal(size=40).astype(np.float32).astype(float)
    outputs = (targets + 0.7 * random.normal(size=40)).astype(np.float32).astype(float)
    y, predicted = targets * std + 3, outputs * std + 3
    return {
        "name": name,
        "loss": loss,
        "std": std,
        "outputs": outputs.tolist(),
        "targets": targets.tolist(),
        "expected": {
            "val_loss": of_errors(y, predicted),
            "val_rmse": metrics.root_mean_squared_error(y, predicted),
            "val_mae": metrics.mean_absolute_error(y, predicted),
            "val_r2": metrics.r2_score(y, predicted),
        },
    }


def huber(delta):
    def loss(y, predicted):
        e = np.abs(y - predicted)
        return np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)).mean()

    return loss


def drawn(rows, count, skill, present=None):
    targets = random.choice(np.arange(count) if present is None else present, size=rows)
    logits = random.normal(size=(rows, count))
    logits[np.arange(rows), targets] += skill
    return logits, targets


tied = np.round(random.normal(size=60) + 0.5, 1)
cases = [
    classes("three classes", *drawn(50, 3, 1.0)),
    classes("six classes", *drawn(80, 6, 0.5)),
    classes("ten classes, no skill", *drawn(120, 10, 0.0)),
    # Classes 2 and 5 never occur, and class 5 is never predicted: it does not count.
    classes("classes that do not occur", *(lambda l, t: (l - 99 * (np.arange(7) == 5), t))(
        *drawn(60, 7, 0.8, present=[0, 1, 3, 4, 6])
    )),
    classes("two classes", *drawn(50, 2, 0.7)),
    classes("one logit", random.normal(size=40), random.integers(2, size=40), binary=True),
    classes("one logit, ties", tied, (tied + random.normal(size=60) > 0.6).astype(int), binary=True),
    numbers("mse", "mse", 1.0, metrics.mean_squared_error),
    numbers("mse of a standardized target", "mse", 12.5, metrics.mean_squared_error),
    numbers("mae", "mae", 1.0, metrics.mean_absolute_error),
    numbers("mae of a standardized target", "mae", 12.5, metrics.mean_absolute_error),
    numbers("huber", {"type": "huber", "delta": 0.5}, 1.0, huber(0.5)),
    # A delta of half a standard deviation.
    numbers("huber of a standardized target", {"type": "huber", "delta": 0.5}, 12.5, huber(6.25)),
]
source = f"make_reference.py, scikit-learn {sklearn.__version__}"
lines = ",\n".join(json.dumps(each) for each in cases)
sys.stdout.write(f'{{"source": {json.dumps(source)}, "cases": [\n{lines}\n]}}\n')
