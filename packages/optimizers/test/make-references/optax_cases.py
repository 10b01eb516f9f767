"""
Reference trajectories of Optax, CPU, eager (one operation at a time). Writes golden/optax.json.

The model has two arrays, of which one is recorded. With a single one XLA would make the division by a bias
correction a product with its reciprocal, which it does not in a model of several arrays.

float64 is a switch of the whole process in JAX, so this runs itself once for each precision.
"""

import json
import subprocess
import sys

from problems import cases_of, write

RENAMED = {
    "beta1": "b1", "beta2": "b2", "initial_accumulator": "initial_accumulator_value",
    "bias_correction_m": "bias_correction_mu", "bias_correction_v": "bias_correction_nu",
}
MOMENTS = {"lr": 0.03, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4}
ROOT = {**MOMENTS, "eps_root": 1e-5}

# Norms are summed in XLA's own order; its reciprocal root is not correctly rounded (rmsprop has it where eps
# stands inside); radam's scalars are rounded at every operation.
INEXACT = ["lamb", "lars", "adagrad", "rmsprop", "radam"]
# Rates at which these do not diverge on the Rosenbrock function.
SLOW = {"sgd": {"lr": 0.001}, "momentum": {"lr": 0.0005}, "nesterov": {"lr": 0.0005}, "radam": {"lr": 0.001}}

# rule: the function, what is fixed in it, and the settings: (label, hypers in this project's names)
RULES = {
    "sgd": ("sgd", {}, [("", {"lr": 0.05})]),
    "momentum": ("sgd", {}, [("", {"lr": 0.02, "momentum": 0.9}), ("0.5", {"lr": 0.1, "momentum": 0.5})]),
    "nesterov": ("sgd", {"nesterov": True}, [
        ("", {"lr": 0.02, "momentum": 0.9}), ("0.5", {"lr": 0.1, "momentum": 0.5})]),
    "adagrad": ("adagrad", {}, [
        ("", {"lr": 0.01}), ("from zero", {"lr": 0.1, "initial_accumulator": 0.0, "eps": 1e-4})]),
    "adadelta": ("adadelta", {}, [
        ("", {"lr": 1.0}), ("decay", {"lr": 0.5, "rho": 0.95, "eps": 1e-4, "weight_decay": 0.05})]),
    "rmsprop": ("rmsprop", {}, [
        ("", {"lr": 0.001}), ("eps outside", {"lr": 0.02, "eps": 1e-4, "eps_in_sqrt": False}),
        ("momentum, from one", {"lr": 0.005, "rho": 0.95, "momentum": 0.8, "initial_accumulator": 1.0}),
        ("centered, Nesterov, corrected", {
            "lr": 0.005, "centered": True, "momentum": 0.5, "nesterov": True, "bias_correction": True, "eps": 1e-3}),
        ("centered, eps outside", {"lr": 0.005, "centered": True, "eps": 1e-3, "eps_in_sqrt": False}),
        ("corrected, eps outside", {"lr": 0.005, "bias_correction": True, "eps": 1e-3, "eps_in_sqrt": False})]),
    "adam": ("adam", {}, [("", {"lr": 0.001}), ("eps_root", ROOT)]),
    "nadam": ("nadam", {}, [("", {"lr": 0.002}), ("eps_root", ROOT)]),
    "adamw": ("adamw", {}, [("", {"lr": 0.001}), ("decay", {**ROOT, "weight_decay": 0.1})]),
    "nadamw": ("nadamw", {}, [("", {"lr": 0.002}), ("decay", {**ROOT, "weight_decay": 0.1})]),
    "amsgrad": ("amsgrad", {}, [
        ("", {"lr": 0.001}), ("eps_root", {**ROOT, "beta2": 0.9}),
        ("uncorrected", {**MOMENTS, "beta2": 0.9, "bias_correction_m": False, "bias_correction_v": False})]),
    "adamax": ("adamax", {}, [("", {"lr": 0.002}), ("fast", MOMENTS)]),
    "radam": ("radam", {}, [
        ("", {"lr": 0.001}), ("eps_root", ROOT), ("Nesterov", {**MOMENTS, "threshold": 6.0, "nesterov": True})]),
    "lion": ("lion", {}, [("", {"lr": 0.0001}), ("decay", {"lr": 0.01, "beta1": 0.8, "weight_decay": 0.1})]),
    "yogi": ("yogi", {}, [("", {"lr": 0.01}), ("fast", MOMENTS)]),
    "adabelief": ("adabelief", {}, [
        ("", {"lr": 0.001}), ("eps_root", ROOT), ("Nesterov", {**ROOT, "nesterov": True})]),
    "lamb": ("lamb", {}, [("", {"lr": 0.001}), ("decay", {**ROOT, "weight_decay": 0.1})]),
    "lars": ("lars", {}, [
        ("", {"lr": 0.1}), ("decay, Nesterov", {
            "lr": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.02, "eps": 1e-3, "momentum": 0.7, "nesterov": True})]),
}


def run(precision):
    """All cases of one precision, as JSON on the standard output."""
    import jax

    jax.config.update("jax_enable_x64", precision == "float64")
    import jax.numpy as jnp
    import numpy as np
    import optax

    def runner_of(rule, function, fixed):
        def runner(hypers, start, shape, _):
            weights = jnp.array(start, dtype=precision)
            weights = weights.reshape(shape) if shape else weights
            model = {"weights": weights, "other": jnp.array([0.5, -2.0], dtype=precision)}
            given = {RENAMED.get(name, name): value for name, value in hypers.items() if name != "lr"}
            if rule == "rmsprop":
                named = {"rho": "decay", "initial_accumulator_value": "initial_scale"}
                given = {named.get(name, name): value for name, value in given.items()}
            factor = [1.0]
            # Read when the step runs: the count that Optax passes is not needed.
            rate = lambda _: np.asarray(hypers["lr"] * factor[0], dtype=precision)
            running = getattr(optax, function)(rate, **fixed, **given)
            state = [running.init(model), model]

            def step(gradient, by):
                factor[0] = by
                values = jnp.array(gradient, dtype=precision).reshape(weights.shape)
                gradients = {"weights": values, "other": 0.25 * state[1]["other"]}
                updates, state[0] = running.update(gradients, state[0], state[1])
                state[1] = optax.apply_updates(state[1], updates)
                return np.array(state[1]["weights"])

            return step

        return runner

    versions = f"optax {optax.__version__}, jax {jax.__version__} on CPU (make-references/optax_cases.py)"
    cases = []
    for rule, (function, fixed, settings) in RULES.items():
        for label, hypers in settings:
            cases += cases_of(
                "optax", rule, f"Optax {optax.__version__}", f"optax.{function}, {versions}",
                runner_of(rule, function, fixed), hypers, [precision], label, rosenbrock=SLOW.get(rule),
                exact=rule not in INEXACT or hypers.get("eps_in_sqrt") is False)
    json.dump(cases, sys.stdout)


if len(sys.argv) > 1:
    run(sys.argv[1])
else:
    both = [
        case
        for precision in ["float64", "float32"]
        for case in json.loads(subprocess.check_output([sys.executable, __file__, precision]))
    ]
    write("optax.json", "Weights after steps of Optax.", sorted(both, key=lambda case: case["name"]))
