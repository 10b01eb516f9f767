"""Writes golden/optax.json: Optax's schedules in double precision, one factor per step.

python3 optax_schedules.py  (made with Optax 0.2.8, JAX 0.10.2)
"""

import json
import pathlib

import jax

jax.config.update("jax_enable_x64", True)

import optax  # noqa: E402  (after the precision is set)

NO_WARMUP = {"steps": 0, "from": 0}
cases = []


def add(source, schedule, make, count=60):
    schedule = {"warmup": NO_WARMUP, **schedule, "per": "step"}
    factors = [float(make(step)) for step in range(count)]
    cases.append({"source": source, "schedule": schedule, "factors": factors})


for start, steps, over, end in [(0.0, 10, 40, 0.0), (0.1, 7, 30, 0.05)]:
    add(
        "warmup_cosine_decay_schedule",
        {"type": "cosine", "floor": end, "over": over, "restarts": None, "warmup": {"steps": steps, "from": start}},
        optax.warmup_cosine_decay_schedule(start, 1.0, steps, steps + over, end),
    )
add("warmup_constant_schedule", {"type": "constant", "warmup": {"steps": 9, "from": 0}}, optax.warmup_constant_schedule(0.0, 1.0, 9))
add("cosine_decay_schedule", {"type": "cosine", "floor": 0.2, "over": 33, "restarts": None}, optax.cosine_decay_schedule(1.0, 33, 0.2))
for end, power, over in [(0.1, 2.0, 40), (0.0, 0.5, 11), (0.3, 3.5, 25)]:
    add(
        "polynomial_schedule",
        {"type": "polynomial", "power": power, "floor": end, "over": over},
        optax.polynomial_schedule(1.0, end, power, over),
    )
add("linear_schedule", {"type": "linear", "floor": 0.01, "over": 40}, optax.linear_schedule(1.0, 0.01, 40))
add("exponential_decay", {"type": "exponential", "factor": 0.93}, optax.exponential_decay(1.0, 1, 0.93))
add(
    "warmup_exponential_decay_schedule",
    {"type": "exponential", "factor": 0.9, "warmup": {"steps": 6, "from": 0.3}},
    optax.warmup_exponential_decay_schedule(0.3, 1.0, 6, 1, 0.9),
)
add("exponential_decay, staircase", {"type": "step", "every": 6, "factor": 0.4}, optax.exponential_decay(1.0, 6, 0.4, staircase=True))
at = [5, 6, 31]
add(
    "piecewise_constant_schedule",
    {"type": "multi_step", "at": at, "factor": 0.2},
    optax.piecewise_constant_schedule(1.0, {boundary: 0.2 for boundary in at}),
)
cycles = [dict(init_value=1.0, peak_value=1.0, warmup_steps=0, decay_steps=4 * 2**n, end_value=0.0) for n in range(4)]
add("sgdr_schedule", {"type": "cosine", "floor": 0, "over": 4, "restarts": {"growth": 2}}, optax.sgdr_schedule(cycles))

path = pathlib.Path(__file__).parent / "golden" / "optax.json"
path.write_text(json.dumps({"made_with": f"Optax {optax.__version__}, JAX {jax.__version__}", "cases": cases}) + "\n")
