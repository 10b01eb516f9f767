"""
Reference trajectories of keras.optimizers on the JAX backend, CPU, eager. Writes golden/keras.json.

Keras has one floating type for a process, so this runs itself once for each precision.
"""

import json
import os
import subprocess
import sys

from problems import cases_of, write

RENAMED = {
    "lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon",
    "initial_accumulator": "initial_accumulator_value", "beta2_decay": "beta_2_decay",
    "eps1": "epsilon_1", "eps2": "epsilon_2",
}
DECAY = {"weight_decay": 0.05}
MOMENTS = {"lr": 0.03, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4, **DECAY}

# These take norms, whose order of summation is XLA's own.
INEXACT = ["adafactor_unfactored", "lamb"]
# keras.ops.mean computes in float32 even for float64.
MEANS_IN_FLOAT32 = {"rtol": 1e-6, "atol": 1e-8}
# Rates at which these do not diverge on the Rosenbrock function.
SLOW = {"sgd": {"lr": 0.001}, "momentum": {"lr": 0.0005}, "nesterov": {"lr": 0.0005}, "radam": {"lr": 0.001}}

# rule: the optimizer, what is fixed in it, and the settings: (label, hypers in this project's names)
RULES = {
    "sgd": ("SGD", {}, [("", {}), ("decay", {"lr": 0.05, **DECAY})]),
    "momentum": ("SGD", {}, [
        ("", {"momentum": 0.9}), ("decay", {"lr": 0.05, "momentum": 0.7, **DECAY})]),
    "nesterov": ("SGD", {"nesterov": True}, [
        ("", {"momentum": 0.9}), ("decay", {"lr": 0.05, "momentum": 0.7, **DECAY})]),
    "adagrad": ("Adagrad", {}, [
        ("", {}), ("decay", {"lr": 0.1, "initial_accumulator": 0.5, "eps": 1e-4, **DECAY})]),
    "adadelta": ("Adadelta", {}, [("", {}), ("decay", {"lr": 1.0, "rho": 0.9, "eps": 1e-5, **DECAY})]),
    "rmsprop": ("RMSprop", {}, [
        ("", {}), ("momentum", {"lr": 0.005, "rho": 0.95, "momentum": 0.8}),
        ("centered", {"lr": 0.02, "centered": True, "eps": 1e-4}),
        ("centered, momentum, decay", {
            "lr": 0.005, "rho": 0.8, "momentum": 0.5, "centered": True, "eps": 1e-3, **DECAY})]),
    "adam": ("Adam", {}, [
        ("", {}), ("decay", MOMENTS), ("amsgrad", {"lr": 0.03, "beta2": 0.9, "amsgrad": True})]),
    "nadam": ("Nadam", {}, [("", {}), ("decay", MOMENTS)]),
    "adamw": ("AdamW", {}, [("", {}), ("amsgrad", {**MOMENTS, "amsgrad": True})]),
    "amsgrad": ("Adam", {"amsgrad": True}, [("", {}), ("decay", MOMENTS)]),
    "adamax": ("Adamax", {}, [("", {}), ("decay", MOMENTS)]),
    "lion": ("Lion", {}, [("", {}), ("decay", {"lr": 0.01, "beta1": 0.8, "beta2": 0.9, **DECAY})]),
    "lamb": ("Lamb", {}, [("", {}), ("decay", MOMENTS)]),
    "adafactor_unfactored": ("Adafactor", {}, [
        ("", {}), ("decay", {
            "lr": 0.1, "beta2_decay": -0.5, "eps1": 1e-6, "eps2": 0.01, "clip_threshold": 1.5, **DECAY})]),
}


def run(precision):
    """All cases of one precision, as JSON on the standard output."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    jax.config.update("jax_enable_x64", precision == "float64")
    import keras
    import numpy as np

    keras.config.set_floatx(precision)

    def runner_of(optimizer, fixed):
        def runner(hypers, start, shape, _):
            values = np.array(start, dtype=precision)
            weights = keras.Variable(values.reshape(shape) if shape else values, dtype=precision)
            given = {RENAMED.get(name, name): value for name, value in hypers.items()}
            running = getattr(keras.optimizers, optimizer)(**fixed, **given)
            running.build([weights])
            base = hypers.get("lr", {"SGD": 0.01}.get(optimizer, 0.001))

            def step(gradient, factor):
                running.learning_rate = base * factor
                values = np.array(gradient, dtype=precision).reshape(weights.shape)
                running.apply([keras.ops.convert_to_tensor(values)], [weights])
                return np.array(weights.value)

            return step

        return runner

    versions = f"keras {keras.__version__}, jax {jax.__version__} on CPU (make-references/keras_cases.py)"
    cases = []
    for rule, (optimizer, fixed, settings) in RULES.items():
        for label, hypers in settings:
            cases += cases_of(
                "keras", rule, f"Keras {keras.__version__}", f"keras.optimizers.{optimizer}, {versions}",
                runner_of(optimizer, fixed), hypers, [precision], label, vector=rule == "adafactor_unfactored",
                rosenbrock=SLOW.get(rule), exact=rule not in INEXACT,
                tolerance=MEANS_IN_FLOAT32 if rule == "adafactor_unfactored" and precision == "float64" else None)
    json.dump(cases, sys.stdout)


if len(sys.argv) > 1:
    run(sys.argv[1])
else:
    both = [
        case
        for precision in ["float64", "float32"]
        for case in json.loads(subprocess.check_output([sys.executable, __file__, precision]))
    ]
    write("keras.json", "Weights after steps of keras.optimizers.", sorted(both, key=lambda case: case["name"]))
