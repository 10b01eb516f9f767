"""
Reference trajectories of torch.optim (CPU, the default single-tensor path). Writes golden/torch.json.

float64 runs as PyTorch does by default. float32 runs without the fused multiply-add of its AVX kernels, and
with MKL's correctly rounded square root, so that every operation rounds once and results can be compared bit
by bit. Both are chosen by environment variables, so this runs itself once for each precision.
"""

import json
import os
import subprocess
import sys

import torch

from problems import cases_of, write

ONE_ROUNDING = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "AVX2"}
torch.set_num_threads(1)
OPTIM = torch.optim
BETAS = ("beta1", "beta2")
RENAMED = {"rho": "alpha", "initial_accumulator": "initial_accumulator_value", "clip_threshold": "d"}

# Rates at which these do not diverge on the Rosenbrock function.
SLOW = {"sgd": {"lr": 0.001, "maximize": False}, "momentum": {"lr": 0.0005}, "nesterov": {"lr": 0.0005}, "asgd": {"lr": 0.001},
        "radam": {"lr": 0.001}}

# rule: the optimizer, what is fixed in it, and the settings: (label, hypers in this project's names)
RULES = {
    "sgd": (OPTIM.SGD, {}, [
        ("", {"lr": 0.05}), ("decay", {"lr": 0.05, "weight_decay": 0.1}),
        ("maximize", {"lr": 0.01, "weight_decay": 0.1, "maximize": True})]),
    "momentum": (OPTIM.SGD, {}, [
        ("", {"lr": 0.02, "momentum": 0.9}),
        ("dampening, decay", {"lr": 0.02, "momentum": 0.8, "dampening": 0.25, "weight_decay": 0.05}),
        ("dampening without momentum", {"lr": 0.02, "momentum": 0.0, "dampening": 0.5})]),
    "nesterov": (OPTIM.SGD, {"nesterov": True}, [
        ("", {"lr": 0.02, "momentum": 0.9}), ("decay", {"lr": 0.02, "momentum": 0.7, "weight_decay": 0.05})]),
    "adagrad": (OPTIM.Adagrad, {}, [
        ("", {}), ("lr_decay", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator": 0.5, "eps": 1e-5}),
        ("decay", {"lr": 0.1, "weight_decay": 0.05})]),
    "adadelta": (OPTIM.Adadelta, {}, [
        ("", {}), ("decay", {"lr": 0.5, "rho": 0.95, "eps": 1e-4, "weight_decay": 0.05})]),
    "rmsprop": (OPTIM.RMSprop, {}, [
        ("", {}), ("centered", {"lr": 0.02, "rho": 0.9, "centered": True, "eps": 1e-5}),
        ("momentum", {"lr": 0.005, "rho": 0.95, "momentum": 0.9}),
        ("centered, momentum, decay", {
            "lr": 0.005, "rho": 0.9, "momentum": 0.5, "centered": True, "eps": 1e-4, "weight_decay": 0.02})]),
    "adam": (OPTIM.Adam, {}, [
        ("", {}), ("decay", {"lr": 0.03, "beta1": 0.8, "beta2": 0.98, "eps": 1e-4, "weight_decay": 0.05}),
        ("decoupled", {"lr": 0.03, "weight_decay": 0.05, "decoupled_weight_decay": True}),
        ("amsgrad", {"lr": 0.03, "beta2": 0.9, "amsgrad": True, "maximize": True})]),
    "nadam": (OPTIM.NAdam, {}, [
        ("", {}), ("decay", {"lr": 0.03, "beta1": 0.8, "momentum_decay": 0.1, "weight_decay": 0.05}),
        ("decoupled", {"lr": 0.03, "weight_decay": 0.05, "decoupled_weight_decay": True})]),
    "adamw": (OPTIM.AdamW, {}, [("", {}), ("amsgrad", {
        "lr": 0.03, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.2, "amsgrad": True})]),
    "amsgrad": (OPTIM.Adam, {"amsgrad": True}, [
        ("", {}), ("decay", {"lr": 0.03, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.05}),
        ("decoupled", {"lr": 0.03, "weight_decay": 0.05, "decoupled_weight_decay": True})]),
    "nadamw": (OPTIM.NAdam, {"decoupled_weight_decay": True}, [
        ("", {"weight_decay": 0.01}), ("maximize", {"lr": 0.02, "weight_decay": 0.1, "maximize": True})]),
    "adamax": (OPTIM.Adamax, {}, [
        ("", {}), ("decay", {"lr": 0.03, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.05})]),
    "radam": (OPTIM.RAdam, {}, [
        ("", {}), ("decay", {"lr": 0.03, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.05}),
        ("decoupled", {"lr": 0.03, "weight_decay": 0.05, "decoupled_weight_decay": True})]),
    "asgd": (OPTIM.ASGD, {}, [
        ("", {}), ("decay", {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "weight_decay": 0.05})]),
    "rprop": (OPTIM.Rprop, {}, [
        ("", {}), ("bounds", {"lr": 0.05, "eta_minus": 0.4, "eta_plus": 1.5, "min_step": 0.01, "max_step": 0.1})]),
    "adafactor_unfactored": (OPTIM.Adafactor, {}, [
        ("", {}), ("decay", {
            "lr": 0.1, "beta2_decay": -0.5, "eps1": 1e-4, "eps2": 0.01, "clip_threshold": 1.5, "weight_decay": 0.1})]),
}
# lerp has another formula for a first moment that keeps half of itself or less. beta2 is small so that v
# forgets large gradients, too: without that the steps after them would be too small to show anything.
LERPS = {
    rule: [("beta1 0", {"lr": 0.03, "beta1": 0.0, "beta2": 0.0, "eps": 0.0, **decay})] + [
        (f"beta1 {beta1}", {"lr": 0.03, "beta1": beta1, "beta2": 0.3, **decay}) for beta1 in [0.1, 0.3, 0.5]]
    for rule, decay in {
        "adam": {}, "adamw": {}, "amsgrad": {}, "nadam": {}, "nadamw": {"weight_decay": 0.01}, "adamax": {}}.items()
}
# RAdam with a beta2 under 2/3 never divides by v.
LERPS["radam"] = [
    (f"beta1 {beta1}", {"lr": 0.03, "beta1": beta1, "beta2": 0.8}) for beta1 in [0.0, 0.1, 0.3, 0.5]]
LERPS["rmsprop"] = [("rho 0.3", {"rho": 0.3, "centered": True, "eps": 1e-3})]
LERPS["adafactor_unfactored"] = [("forgetful", {"beta2_decay": 0.0, "eps1": 1e-15, "eps2": 0.01})]
# Settings that run one problem only.
SINGLE = {
    "extremes": {**LERPS, "adadelta": [("eps 0", {"eps": 0.0})]},
    "matrix": {
        "momentum": [("1, dampening 1", {"lr": 0.02, "momentum": 1.0, "dampening": 1.0})],
        "nesterov": [("momentum 1", {"lr": 0.02, "momentum": 1.0})],
        "rmsprop": [("momentum 1", {"momentum": 1.0})],
    },
    "matrix, rate rises": {rule: [("", {})] for rule in ["rprop", "asgd"]},
}
# Adafactor takes norms, whose order of summation is PyTorch's own.
INEXACT = ["adafactor_unfactored"]
DTYPE = {"float32": torch.float32, "float64": torch.float64}


def keywords(rule, hypers):
    """This project's hypers as the optimizer's own arguments; what is left out stays PyTorch's default."""
    renamed = {**RENAMED, "rho": "rho"} if rule == "adadelta" else RENAMED
    given = {renamed.get(name, name): value for name, value in hypers.items()}
    if any(name in given for name in BETAS):
        given["betas"] = (given.pop("beta1", 0.9), given.pop("beta2", 0.999))
    if rule == "rprop" and "eta_minus" in given:
        given["etas"] = (given.pop("eta_minus"), given.pop("eta_plus"))
        given["step_sizes"] = (given.pop("min_step"), given.pop("max_step"))
    if rule == "adafactor_unfactored" and "eps1" in given:
        given["eps"] = (given.pop("eps1"), given.pop("eps2"))
    return given


def runner_of(rule, optimizer, fixed):
    def runner(hypers, start, shape, precision):
        weights = torch.tensor(start, dtype=DTYPE[precision])
        weights = torch.nn.Parameter(weights.reshape(shape) if shape else weights)
        running = optimizer([weights], **fixed, **keywords(rule, hypers))
        base = running.param_groups[0]["lr"]

        def step(gradient, factor):
            weights.grad = torch.tensor(gradient, dtype=DTYPE[precision]).reshape(weights.shape)
            running.param_groups[0]["lr"] = base * factor
            running.step()
            return weights.detach().numpy().copy()

        return step

    return runner


def run(precision):
    """All cases of one precision, as JSON on the standard output."""
    how = "" if precision == "float64" else " without fused multiply-add"
    reference = f"PyTorch {torch.__version__.split('+')[0]}{how}"
    versions = f"torch {torch.__version__} on CPU{how} (make-references/torch_cases.py)"
    cases = []
    for rule, (optimizer, fixed, settings) in RULES.items():
        for label, hypers in settings:
            cases += cases_of(
                "torch", rule, reference, f"torch.optim.{optimizer.__name__}, {versions}",
                runner_of(rule, optimizer, fixed), hypers, [precision], label,
                vector=rule == "adafactor_unfactored", rosenbrock=SLOW.get(rule), exact=rule not in INEXACT)
    for problem, rules in SINGLE.items():
        for rule, settings in rules.items():
            optimizer, fixed, _ = RULES[rule]
            for label, hypers in settings:
                cases += cases_of(
                    "torch", rule, reference, f"torch.optim.{optimizer.__name__}, {versions}",
                    runner_of(rule, optimizer, fixed), hypers, [precision], label, only=problem,
                    exact=rule not in INEXACT)
    json.dump(cases, sys.stdout)


if len(sys.argv) > 1:
    run(sys.argv[1])
else:
    both = []
    for precision, environment in [("float64", {}), ("float32", ONE_ROUNDING)]:
        command = [sys.executable, __file__, precision]
        both += json.loads(subprocess.check_output(command, env={**os.environ, **environment}))
    write("torch.json", "Weights after steps of torch.optim.", sorted(both, key=lambda case: case["name"]))
