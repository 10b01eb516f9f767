"""
Reference trajectories of the published algorithms, transcribed line by line from the papers (and from the
textbook's pseudo-code, convention "seed") into NumPy. Writes golden/paper.json and golden/seed.json.

Nothing here was made from the .rule files. Every function is one algorithm: it is called with the weights,
and called again with each gradient, and gives the weights after that step. h holds the hypers.
"""

import numpy as np

from problems import cases_of, write


def sgd(x, h):  # Robbins & Monro 1951
    def step(g, lr):
        nonlocal x
        x = x - lr * g
        return x
    return step


def momentum(theta, h):  # Sutskever et al. 2013, equations (1) and (2)
    v = np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, v
        v = h["momentum"] * v - lr * g
        theta = theta + v
        return theta
    return step


def nesterov(look_ahead, h):  # Sutskever et al. 2013, equations (3) and (4), seen from theta + mu v
    mu, v = h["momentum"], np.zeros_like(look_ahead)
    theta = look_ahead
    def step(g, lr):
        nonlocal theta, v
        v = mu * v - lr * g  # g was taken at theta + mu v
        theta = theta + v
        return theta + mu * v
    return step


def adagrad(x, h):  # Duchi et al. 2011, Figure 1: s = ||g_1:t||_2, H = delta I + diag(s)
    squares = np.zeros_like(x)
    def step(g, lr):
        nonlocal x, squares
        squares = squares + g * g
        H = h["eps"] + np.sqrt(squares)
        x = x - lr * g / H
        return x
    return step


def adadelta(x, h):  # Zeiler 2012, Algorithm 1
    rho, eps = h["rho"], h["eps"]
    Eg, Ex = np.zeros_like(x), np.zeros_like(x)
    def step(g, lr):
        nonlocal x, Eg, Ex
        Eg = rho * Eg + (1 - rho) * g**2
        dx = -(np.sqrt(Ex + eps) / np.sqrt(Eg + eps)) * g
        Ex = rho * Ex + (1 - rho) * dx**2
        x = x + lr * dx
        return x
    return step


def rmsprop(w, h):  # Hinton's lecture 6e, slide 29, with eps beside the root
    mean_square = np.zeros_like(w)
    def step(g, lr):
        nonlocal w, mean_square
        mean_square = h["rho"] * mean_square + (1 - h["rho"]) * g**2
        w = w - lr * g / (np.sqrt(mean_square) + h["eps"])
        return w
    return step


def adam(theta, h):  # Kingma & Ba 2014, Algorithm 1
    b1, b2, t = h["beta1"], h["beta2"], 0
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, v, t
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat = m / (1 - b1**t)
        v_hat = v / (1 - b2**t)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + h["eps"])
        return theta
    return step


def nadam(theta, h):  # Dozat 2016, Algorithm 2, with mu_t = mu (1 - 0.5 * 0.96^(t * psi))
    nu, eps, t = h["beta2"], h["eps"], 0
    mu = lambda t: h["beta1"] * (1 - 0.5 * 0.96 ** (t * h["momentum_decay"]))
    m, n = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, n, t
        t += 1
        m = mu(t) * m + (1 - mu(t)) * g
        n = nu * n + (1 - nu) * g**2
        product = np.prod([mu(i) for i in range(1, t + 1)])
        m_hat = mu(t + 1) * m / float(1 - product * mu(t + 1)) + (1 - mu(t)) * g / float(1 - product)
        n_hat = nu * n / (1 - nu**t)
        theta = theta - lr / (np.sqrt(n_hat) + eps) * m_hat
        return theta
    return step


def adamw(theta, h):  # Loshchilov & Hutter 2019, Algorithm 2; lr = eta * alpha
    b1, b2, alpha, decay, t = h["beta1"], h["beta2"], h["lr"], h["weight_decay"], 0
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, v, t
        t += 1
        eta = lr / alpha
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        theta = theta - eta * (alpha * m_hat / (np.sqrt(v_hat) + h["eps"]) + decay * theta)
        return theta
    return step


def amsgrad(x, h):  # Reddi et al. 2018, Algorithm 2, with eps beside the root
    b1, b2 = h["beta1"], h["beta2"]
    m, v, v_hat = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    def step(g, lr):
        nonlocal x, m, v, v_hat
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        v_hat = np.maximum(v_hat, v)
        x = x - lr * m / (np.sqrt(v_hat) + h["eps"])
        return x
    return step


def adamax(theta, h):  # Kingma & Ba 2014, Algorithm 2; 0 / 0 is 0
    b1, b2, t = h["beta1"], h["beta2"], 0
    m, u = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, u, t
        t += 1
        m = b1 * m + (1 - b1) * g
        u = np.maximum(b2 * u, np.abs(g))
        ratio = np.divide(m, u, out=np.zeros_like(m), where=u > 0)
        theta = theta - lr / (1 - b1**t) * ratio
        return theta
    return step


def radam(theta, h):  # Liu et al. 2020, Algorithm 2, with eps beside the root
    b1, b2, t = h["beta1"], h["beta2"], 0
    rho_inf = 2 / (1 - b2) - 1
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, v, t
        t += 1
        v = b2 * v + (1 - b2) * g**2
        m = b1 * m + (1 - b1) * g
        m_hat = m / (1 - b1**t)
        rho = rho_inf - 2 * t * b2**t / (1 - b2**t)
        if rho > 4:
            l = (1 - b2**t) ** 0.5 / (np.sqrt(v) + h["eps"])
            r = ((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5
            theta = theta - lr * r * m_hat * l
        else:
            theta = theta - lr * m_hat
        return theta
    return step


def lion(theta, h):  # Chen et al. 2023, Algorithm 2
    b1, b2, decay = h["beta1"], h["beta2"], h["weight_decay"]
    m = np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m
        c = b1 * m + (1 - b1) * g
        theta = theta - lr * (np.sign(c) + decay * theta)
        m = b2 * m + (1 - b2) * g
        return theta
    return step


def yogi(x, h):  # Zaheer et al. 2018, Algorithm 2
    b1, b2 = h["beta1"], h["beta2"]
    m, v = np.zeros_like(x), np.full_like(x, h["initial_accumulator"])
    def step(g, lr):
        nonlocal x, m, v
        m = b1 * m + (1 - b1) * g
        v = v - (1 - b2) * np.sign(v - g**2) * g**2
        x = x - lr * m / (np.sqrt(v) + h["eps"])
        return x
    return step


def adabelief(theta, h):  # Zhuang et al. 2020, Algorithm 2
    b1, b2, eps, t = h["beta1"], h["beta2"], h["eps"], 0
    m, s = np.zeros_like(theta), np.zeros_like(theta)
    def step(g, lr):
        nonlocal theta, m, s, t
        t += 1
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        m_hat, s_hat = m / (1 - b1**t), s / (1 - b2**t)
        theta = theta - lr * m_hat / (np.sqrt(s_hat) + eps)
        return theta
    return step


def length(x):
    return float(np.linalg.norm(x.astype(np.float64)))


def lamb(x, h):  # You et al. 2020, Algorithm 2, phi(x) = x
    b1, b2, decay, t = h["beta1"], h["beta2"], h["weight_decay"], 0
    m, v = np.zeros_like(x), np.zeros_like(x)
    def step(g, lr):
        nonlocal x, m, v, t
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        r = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + h["eps"])
        u = r + decay * x
        x = x - lr * (length(x) / length(u)) * u
        return x
    return step


def lars(w, h):  # You et al. 2017, Algorithm 1
    decay, v = h["weight_decay"], np.zeros_like(w)
    def step(g, lr):
        nonlocal w, v
        local_lr = h["trust_coefficient"] * length(w) / (length(g) + decay * length(w))
        v = h["momentum"] * v + lr * local_lr * (g + decay * w)
        w = w - v
        return w
    return step


def seed_adagrad(w, h):  # cache += dW ** 2; w += -lr * dW / (np.sqrt(cache) + eps)
    cache = np.zeros_like(w)
    def step(dW, lr):
        nonlocal w, cache
        cache = cache + dW**2
        w = w + -lr * dW / (np.sqrt(cache) + h["eps"])
        return w
    return step


def seed_adadelta(theta, h):  # n = v n + (1 - v) g^2; delta = -eta / sqrt(n + eps) * g
    n = np.zeros_like(theta)
    def step(g, eta):
        nonlocal theta, n
        n = h["rho"] * n + (1 - h["rho"]) * g**2
        theta = theta + -eta / np.sqrt(n + h["eps"]) * g
        return theta
    return step


def seed_adam(x, h):  # m = beta1*m + (1-beta1)*dW; v = ...; x += -lr*m/(np.sqrt(v)+eps)
    b1, b2 = h["beta1"], h["beta2"]
    m, v = np.zeros_like(x), np.zeros_like(x)
    def step(dW, lr):
        nonlocal x, m, v
        m = b1 * m + (1 - b1) * dW
        v = b2 * v + (1 - b2) * dW**2
        x = x + -lr * m / (np.sqrt(v) + h["eps"])
        return x
    return step


MOMENTS = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
FAST = {"lr": 0.03, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4}
ADAGRAD = [("", {"lr": 0.01, "eps": 1e-8}), ("fast", {"lr": 0.3, "eps": 1e-3})]
RMSPROP = [("", {"lr": 0.001, "rho": 0.9, "eps": 1e-8}), ("fast", {"lr": 0.02, "rho": 0.7, "eps": 1e-3})]
MOMENTUM = [("", {"lr": 0.01, "momentum": 0.9}), ("fast", {"lr": 0.1, "momentum": 0.5})]

# rule: its transcription, its source, and the settings, each with every hyper
PAPER = {
    "sgd": (sgd, "Robbins & Monro 1951", [("", {"lr": 0.01})]),
    "momentum": (momentum, "Sutskever et al. 2013", MOMENTUM),
    "nesterov": (nesterov, "Sutskever et al. 2013", MOMENTUM),
    "adagrad": (adagrad, "Duchi et al. 2011, Figure 1", ADAGRAD),
    "adadelta": (adadelta, "Zeiler 2012, Algorithm 1", [
        ("", {"lr": 1, "rho": 0.95, "eps": 1e-6}), ("fast", {"lr": 2, "rho": 0.8, "eps": 1e-3})]),
    "rmsprop": (rmsprop, "Tieleman & Hinton 2012, lecture 6e", RMSPROP),
    "adam": (adam, "Kingma & Ba 2014, Algorithm 1", [("", MOMENTS), ("fast", FAST)]),
    "nadam": (nadam, "Dozat 2016, Algorithm 2", [
        ("", {**MOMENTS, "lr": 0.002, "beta1": 0.99, "momentum_decay": 0.004}),
        ("fast", {**FAST, "momentum_decay": 0.1})]),
    "adamw": (adamw, "Loshchilov & Hutter 2019, Algorithm 2", [
        ("", {**MOMENTS, "weight_decay": 1e-5}), ("fast", {**FAST, "weight_decay": 0.02})]),
    "amsgrad": (amsgrad, "Reddi et al. 2018, Algorithm 2", [("", MOMENTS), ("fast", {**FAST, "beta2": 0.7})]),
    "adamax": (adamax, "Kingma & Ba 2014, Algorithm 2", [
        ("", {"lr": 0.002, "beta1": 0.9, "beta2": 0.999}), ("fast", {"lr": 0.03, "beta1": 0.8, "beta2": 0.9})]),
    "radam": (radam, "Liu et al. 2020, Algorithm 2", [("", MOMENTS), ("fast", FAST)]),
    "lion": (lion, "Chen et al. 2023, Algorithm 2", [
        ("", {"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0}),
        ("decay", {"lr": 0.01, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.1})]),
    "yogi": (yogi, "Zaheer et al. 2018, Algorithm 2", [
        ("", {**MOMENTS, "lr": 0.01, "eps": 1e-3, "initial_accumulator": 1e-6}),
        ("fast", {**FAST, "initial_accumulator": 0.1})]),
    "adabelief": (adabelief, "Zhuang et al. 2020, Algorithm 2", [("", MOMENTS), ("fast", FAST)]),
    "lamb": (lamb, "You et al. 2020, Algorithm 2", [
        ("", {**MOMENTS, "eps": 1e-6, "weight_decay": 0.01}), ("fast", {**FAST, "weight_decay": 0.1})]),
    "lars": (lars, "You et al. 2017, Algorithm 1", [
        ("", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0005, "trust_coefficient": 0.001}),
        ("fast", {"lr": 0.5, "momentum": 0.7, "weight_decay": 0.1, "trust_coefficient": 0.02})]),
}
SEED = {
    "sgd": (sgd, "the textbook's pseudo-code", [("", {"lr": 0.01})]),
    "adagrad": (seed_adagrad, "the textbook's pseudo-code", ADAGRAD),
    "adadelta": (seed_adadelta, "the textbook's formulas", RMSPROP),
    "rmsprop": (rmsprop, "the textbook's pseudo-code", RMSPROP),
    "adam": (seed_adam, "the textbook's pseudo-code", [("", MOMENTS), ("fast", FAST)]),
}
# Transcribed in another order of operations than the rules have.
INEXACT = ["nesterov", "nadam", "radam", "lamb", "lars"]
# Rates at which these do not diverge on the Rosenbrock function.
SLOW = {rule: {"lr": 0.0005} for rule in ["sgd", "momentum", "nesterov", "radam"]}


def runner_of(algorithm):
    def runner(hypers, start, shape, precision):
        run = algorithm(np.array(start, dtype=precision), hypers)
        return lambda gradient, factor: run(np.array(gradient, dtype=precision), hypers["lr"] * factor)

    return runner


for convention, rules in [("paper", PAPER), ("seed", SEED)]:
    cases = []
    for rule, (algorithm, paper, settings) in rules.items():
        source = f"{paper}, transcribed into numpy {np.__version__} (make-references/paper_cases.py)"
        for label, hypers in settings:
            cases += cases_of(
                convention, rule, paper, source, runner_of(algorithm), hypers, ["float64", "float32"], label,
                rosenbrock=SLOW.get(rule), exact=rule not in INEXACT)
    write(f"{convention}.json", "Weights after steps of the published algorithm.", cases)
