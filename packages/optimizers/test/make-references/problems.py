"""The problems that every reference runs, and how its answers are written down."""

import json
import pathlib

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
ROWS, COLUMNS, STEPS = 5, 3, 40
RECORDED = [1, 2, 3, 10, 20, 40]
ROSENBROCK_START = [-1.25, 1.5]
ROSENBROCK_STEPS = 60
ROSENBROCK_RECORDED = [1, 2, 5, 10, 20, 40, 60]


def integers(seed):
    """A linear congruential generator (Numerical Recipes): the same numbers on every machine."""
    state = seed
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield state >> 16


# Six weights, 12 steps: the problem of trajectories.json.
MIXED = {
    "start": [1.0, -2.0, 3.5, 0.25, 0.0, -0.7],
    "gradients": [
        [0.5, -1.0, 2.0, 0.001, 0.0, 10.0],
        [0.25, -1.0, -2.0, 0.002, 0.0, -5.0],
        [-0.5, 0.0, 1.5, -0.003, 0.0, 2.5],
        [0.75, -0.2, 0.0, 0.004, 0.0, -1.25],
        [0.1, 0.3, -0.7, 0.0, 0.0, 0.625],
        [-0.9, 0.6, 0.05, 0.005, 0.0, 20.0],
        [0.3, -1.2, 0.4, -0.006, 0.0, -0.01],
        [0.0, 0.8, -1.1, 0.007, 0.0, 0.02],
        [1.5, -0.4, 0.9, 0.0, 0.0, -3.0],
        [-0.6, 0.0, -0.3, 0.001, 0.0, 4.0],
        [0.2, 0.1, 2.2, -0.002, 0.0, -6.0],
        [0.05, -0.7, -1.6, 0.003, 0.0, 0.5],
    ],
}


def make_problems():
    """Every number is a small multiple of a power of two, so float32 holds it exactly."""
    draw = integers(2026)
    start = [((next(draw) % 97) - 48) / 16 for _ in range(ROWS * COLUMNS)]
    start[4] = 0.0
    gradients = []
    for _ in range(STEPS):
        row = [((next(draw) % 513) - 256) / 64 for _ in range(ROWS * COLUMNS)]
        row = [0.0 if next(draw) % 9 == 0 else value for value in row]
        row[3] /= 1024  # a weight with tiny gradients,
        row[7] = 0.0  # one that never has any,
        row[11] *= 16  # and one with large ones
        gradients.append(row)
    shape = [ROWS, COLUMNS]
    matrix = {"shape": shape, "start": start, "gradients": gradients}
    drops = [1] * 12 + [0.5] * 10 + [0.1] * 10 + [0.02] * 8
    rises = [0.1 * (step + 1) for step in range(9)] + [1] * (STEPS - 9)
    vector = {
        "start": start[:6],
        "gradients": [row[:6] for row in gradients],
    }
    return {
        "mixed": MIXED,
        "matrix": matrix,
        "matrix, rate drops": {**matrix, "lr_factors": drops},
        "matrix, rate rises": {**matrix, "lr_factors": rises},
        "vector": vector,
        "vector, rate drops": {**vector, "lr_factors": drops},
        "extremes": make_extremes(),
    }


def make_extremes():
    """Gradients between 2^-40 and 2^40: sums lose what is small, and squares stay normal in float32."""
    draw = integers(4)
    exponents = [40, -40, -38, -39, 0, -1, 20, -20, -22, -40, 3, 40, -36, -38, -1, 2]
    signs = [1, 1, -1, 1, -1]
    gradients = [
        [signs[(step + place) % 5] * (1 + next(draw) % 64 / 64) * 2.0 ** exponents[(step + 3 * place) % 16]
         for place in range(6)]
        for step in range(STEPS)
    ]
    return {"start": [0.0, 1.0, -0.001, 3.0, -2.0, 0.0], "gradients": gradients}


PROBLEMS = make_problems()


def rosenbrock_gradient(x, y):
    """Of (1 - x)^2 + 100 (y - x^2)^2."""
    return [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]


def cases_of(
    convention, rule, reference, source, runner, hypers, precisions, label="", vector=False, rosenbrock=None,
    exact=False, tolerance=None, only=None,
):
    """
    The trajectories of one rule with one setting of its hypers.

    runner(hypers, start, shape, precision) gives a function step(gradient, factor) -> weights, where
    factor is what lr is multiplied by in that step. rosenbrock: hypers that differ in that closed loop,
    where the rate of the other problems would diverge. exact: float32 is expected to agree in every bit.
    only: the one problem to run, instead of the usual ones.
    """
    cases = []
    name = f"{convention}/{rule}{' ' + label if label else ''}"
    kind = "vector" if vector else "matrix"
    common = {"reference": reference, "source": source, "rule": rule, "convention": convention, "hypers": hypers,
              **(tolerance or {})}
    for problem in [only] if only else [kind, f"{kind}, rate drops"]:
        given = PROBLEMS[problem]
        factors = given.get("lr_factors", [1] * STEPS)
        for precision in precisions:
            step = runner(hypers, given["start"], given.get("shape"), precision)
            points = [step(g, f) for g, f in zip(given["gradients"], factors)]
            cases.append({
                "name": f"{name}, {problem}, {precision}", **common, "precision": precision,
                **({"bits": "exact"} if exact and precision == "float32" else {}),
                "problem": problem, "recorded_steps": RECORDED,
                "expected": [written(points[s - 1], precision) for s in RECORDED],
            })
    if "float64" in precisions and not only:
        hypers = {**hypers, **(rosenbrock or {})}
        step = runner(hypers, ROSENBROCK_START, None, "float64")
        points, at = [], ROSENBROCK_START
        for _ in range(ROSENBROCK_STEPS):
            at = [float(x) for x in step(rosenbrock_gradient(*at), 1)]
            points.append(at)
        cases.append({
            "name": f"{name}, rosenbrock", **common, "hypers": hypers, "precision": "float64",
            "function": "rosenbrock", "start": ROSENBROCK_START, "steps": ROSENBROCK_STEPS,
            "recorded_steps": ROSENBROCK_RECORDED,
            "expected": [points[s - 1] for s in ROSENBROCK_RECORDED],
        })
    return cases


def written(values, precision):
    """The shortest decimals that give the same bits back when read in that precision."""
    flat = values.reshape(-1)
    return [float(str(x)) for x in flat] if precision == "float32" else [float(x) for x in flat]


def write(file, about, cases):
    """One case a line, so that a change of one number shows as one line."""
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    (GOLDEN / file).write_text(f'{{"about": {json.dumps(about)}, "cases": [\n{lines}\n]}}\n')


def write_problems():
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(given)}" for name, given in PROBLEMS.items())
    (GOLDEN / "problems.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    write_problems()
