"""Writes golden/keras.json: Keras's learning-rate schedules in double precision, one factor per step.

JAX_ENABLE_X64=1 KERAS_FLOATX=float64 KERAS_BACKEND=jax python3 keras_schedules.py  (made with Keras 3.15.1)
"""

import json
import pathlib

import keras
from keras.optimizers import schedules as S

NO_WARMUP = {"steps": 0, "from": 0}
cases = []


def add(source, schedule, make, count=60):
    """Keras takes the cosine in single precision all the same (ops.cos), so those factors are only that exact."""
    schedule = {"warmup": NO_WARMUP, **schedule, "per": "step"}
    values = [make(step) for step in range(count)]
    case = {"source": source, "schedule": schedule, "factors": [float(value) for value in values]}
    cases.append({**case, "single_precision": True} if schedule["type"] == "cosine" else case)


for rate in [0.5, 0.013]:
    add("InverseTimeDecay", {"type": "inverse_time", "rate": rate}, S.InverseTimeDecay(1.0, 1, rate))
add("ExponentialDecay", {"type": "exponential", "factor": 0.96}, S.ExponentialDecay(1.0, 1, 0.96))
add("ExponentialDecay, staircase", {"type": "step", "every": 9, "factor": 0.6}, S.ExponentialDecay(1.0, 9, 0.6, staircase=True))
for floor, power, over in [(0.1, 1.0, 40), (0.01, 2.0, 25)]:
    add(
        "PolynomialDecay",
        {"type": "polynomial", "power": power, "floor": floor, "over": over},
        S.PolynomialDecay(1.0, over, floor, power),
    )
add("CosineDecay", {"type": "cosine", "floor": 0.1, "over": 37, "restarts": None}, S.CosineDecay(1.0, 37, 0.1))
add(
    "CosineDecay with warm-up",
    {"type": "cosine", "floor": 0.05, "over": 30, "restarts": None, "warmup": {"steps": 12, "from": 0.125}},
    S.CosineDecay(0.125, 30, 0.05, warmup_target=1.0, warmup_steps=12),
)
for over, growth, floor in [(8, 2.0, 0.1), (6, 1.0, 0.1), (5, 1.5, 0.2)]:
    add(
        "CosineDecayRestarts",
        {"type": "cosine", "floor": floor, "over": over, "restarts": {"growth": growth}},
        S.CosineDecayRestarts(1.0, over, growth, 1.0, floor),
    )

path = pathlib.Path(__file__).parent / "golden" / "keras.json"
path.write_text(json.dumps({"made_with": f"Keras {keras.__version__}", "cases": cases}) + "\n")
