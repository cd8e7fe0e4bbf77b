"""Measure the two engines beside others, and print Markdown tables: python benchmarks/autodiff.py

Needs PyTorch, JAX, HIPS autograd (its name on PyPI is autograd) and micrograd beside gdbook. Everything runs
on one core and one thread. In each round every library runs once, so that what slows the machine slows all
of them; reported are medians of processor time, and the quartiles of the ratios to the first library, round
by round.

--save writes the numbers to benchmarks/autodiff.json, from which the book's pages take them.
"""

import argparse
import gc
import random
import statistics

import one_core
from one_core import rounded, seconds

# ruff: isort: split
import autograd
import autograd.numpy as hips
import jax
import jax.numpy as jnp
import micrograd.engine
import micrograd.nn
import numpy as np
import torch

import gdbook.value
from gdbook import autodiff, mlp

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
jax.config.update("jax_enable_x64", True)

LR = 1e-3
SMALL, LARGE = ([64, 64, 10], 32), ([784, 512, 512, 10], 128)


def loss_in(xp):
    """The loss of a network, in plain NumPy or what has its names."""

    def loss(params, X, y):
        A = X
        for W, b in params[:-1]:
            A = xp.maximum(A @ W + b, 0)
        W, b = params[-1]
        Z = A @ W + b
        Z = Z - xp.max(Z, axis=1, keepdims=True)
        log_p = Z - xp.log(xp.sum(xp.exp(Z), axis=1, keepdims=True))
        return -xp.mean(log_p[np.arange(len(y)), y])

    return loss


def fused_loss(params, X, y):
    A = X
    for W, b in params[:-1]:
        A = np.maximum(autodiff.affine(A, W, b), 0)
    return autodiff.softmax_cross_entropy(autodiff.affine(A, *params[-1]), y)


def numpy_step(value_and_grad, params, X, y):
    def step():
        value, grads = value_and_grad(params, X, y)
        return value, [(W - LR * dW, b - LR * db) for (W, b), (dW, db) in zip(params, grads, strict=True)]

    return step


def torch_step(params, X, y):
    layers = [[torch.tensor(a, requires_grad=True) for a in layer] for layer in params]
    weights = [a for layer in layers for a in layer]
    X, y = torch.tensor(X), torch.tensor(y)

    def step():
        A = X
        for W, b in layers[:-1]:
            A = torch.relu(torch.addmm(b, A, W))
        W, b = layers[-1]
        loss = torch.nn.functional.cross_entropy(torch.addmm(b, A, W), y)
        grads = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            after = [w - LR * g for w, g in zip(weights, grads, strict=True)]
        return loss.item(), [(after[i], after[i + 1]) for i in range(0, len(after), 2)]

    return step


def jax_step(params, X, y):
    def update(params, X, y):
        value, grads = jax.value_and_grad(loss_in(jnp))(params, X, y)
        return value, jax.tree.map(lambda w, g: w - LR * g, params, grads)

    compiled = jax.jit(update)
    params, X, y = jax.device_put((params, X, y))
    return lambda: jax.block_until_ready(compiled(params, X, y))


def training_steps(sizes, batch):
    rng = np.random.default_rng(0)
    params = mlp.init(sizes, rng)
    X, y = rng.standard_normal((batch, sizes[0])), rng.integers(0, sizes[-1], batch)
    return {
        "NumPy, by hand (gdbook.mlp)": numpy_step(mlp.loss_and_grad, params, X, y),
        "gdbook.autodiff": numpy_step(autodiff.value_and_grad(loss_in(np)), params, X, y),
        "gdbook.autodiff, fused": numpy_step(autodiff.value_and_grad(fused_loss), params, X, y),
        "HIPS autograd": numpy_step(autograd.value_and_grad(loss_in(hips)), params, X, y),
        "PyTorch, eager": torch_step(params, X, y),
        "JAX, jitted": jax_step(params, X, y),
    }


def agree(steps):
    """Every library takes the same step."""
    results = [step() for step in steps.values()]
    value, params = results[0]
    for other, found in results[1:]:
        assert abs(float(other) - value) < 1e-12
        for layer, expected in zip(found, params, strict=True):
            for one, wanted in zip(layer, expected, strict=True):
                np.testing.assert_allclose(np.asarray(one), wanted, rtol=1e-11, atol=1e-13)


def rosenbrock(a, b):
    return (1 - a) ** 2 + 100 * (b - a**2) ** 2


def rosenbrock_gradients():
    """The gradient at a point, of two numbers."""
    a, b = 0.3, -0.7

    def scalar(kind):
        def run():
            x, y = kind(a), kind(b)
            rosenbrock(x, y).backward()
            return x.grad, y.grad

        return run

    def with_torch():
        x, y = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
        return torch.autograd.grad(rosenbrock(x, y), (x, y))

    compiled = jax.jit(jax.grad(rosenbrock, (0, 1)))
    ours, theirs = autodiff.grad(rosenbrock, (0, 1)), autograd.grad(rosenbrock, (0, 1))
    return {
        "micrograd": scalar(micrograd.engine.Value),
        "gdbook.value": scalar(gdbook.value.Value),
        "gdbook.autodiff": lambda: ours(a, b),
        "HIPS autograd": lambda: theirs(a, b),
        "PyTorch, eager": with_torch,
        "JAX, jitted": lambda: jax.block_until_ready(compiled(a, b)),
    }


def scalar_training():
    """A step of micrograd's own network of 2-16-16-1 on 20 points, with its Value and with ours."""
    draw = random.Random(0)
    points = [(draw.gauss(0, 1), draw.gauss(0, 1), draw.choice([-1, 1])) for _ in range(20)]

    def stepper(kind):
        micrograd.nn.Value = kind
        random.seed(0)
        model = micrograd.nn.MLP(2, [16, 16, 1])

        def step():
            micrograd.nn.Value = kind
            loss = sum((1 + -label * model([a, b])).relu() for a, b, label in points)
            loss = loss * (1 / len(points)) + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.01 * p.grad

        return step

    return {"micrograd": stepper(micrograd.engine.Value), "gdbook.value": stepper(gdbook.value.Value)}


CHAIN = 100


def chains():
    """Reverse mode through a hundred multiplications of arrays of ten: what one operation costs."""
    x = np.linspace(0.5, 1.5, 10)

    def chain(xp):
        def f(x):
            y = x
            for _ in range(CHAIN):
                y = y * x
            return xp.sum(y)

        return f

    def plain():
        y, kept = x, []
        for _ in range(CHAIN):
            kept.append(y)
            y = y * x
        g, total = np.ones(10), 0
        for y in reversed(kept):
            total = total + g * y
            g = g * x
        return total + g

    def with_torch():
        t = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad(chain(torch)(t), t)

    ours, theirs = autodiff.grad(chain(np)), autograd.grad(chain(hips))
    return {
        "NumPy, by hand": plain,
        "gdbook.autodiff": lambda: ours(x),
        "HIPS autograd": lambda: theirs(x),
        "PyTorch, eager": with_torch,
    }


def measure(runs, rounds, times):
    """``{library: quartiles of the seconds, and of the ratio to the first library in the same round}``."""
    taken = {key: [] for key in runs}
    for run in runs.values():
        seconds(run, 3)  # compiled, allocated
    gc.collect()
    gc.freeze()  # the libraries themselves need not be looked through each time
    for _ in range(rounds):
        for key, run in runs.items():
            run()  # into the caches: what ran before it is no part of it
            gc.collect()  # nor what the others left lying about
            taken[key].append(seconds(run, times))
    first = next(iter(taken.values()))
    return {
        key: {
            "seconds": statistics.quantiles(of, n=4),
            "ratio": statistics.quantiles([a / b for a, b in zip(of, first, strict=True)], n=4),
        }
        for key, of in taken.items()
    }


def table(title, found):
    yield f"\n{title}\n"
    yield "| library | microseconds | ratio to the first | quartiles |\n|---|---:|---:|---|"
    for key, of in found.items():
        low, middle, high = of["ratio"]
        yield f"| {key} | {of['seconds'][1] * 1e6:,.1f} | {middle:.2f} | {low:.2f}–{high:.2f} |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/autodiff.json")
    parser.add_argument("--rounds", type=int, default=100, help="rounds of each comparison (default: 100)")
    given = parser.parse_args()
    experiments = {
        "training step, 64-64-10, 32 samples, float64": (training_steps(*SMALL), 1, 20),
        "training step, 784-512-512-10, 128 samples, float64": (training_steps(*LARGE), 0.2, 1),
        f"gradient through {CHAIN} products of arrays of ten": (chains(), 1, 3),
        "gradient of Rosenbrock's function, two numbers": (rosenbrock_gradients(), 1, 20),
        "training step of a network of scalars, 2-16-16-1, 20 samples": (scalar_training(), 0.3, 1),
    }
    report = {}
    for title, (runs, share, times) in experiments.items():
        if title.startswith("training step") and len(runs) > 2:
            agree(runs)
        report[title] = rounded(measure(runs, max(5, int(share * given.rounds)), times))
        print("\n".join(table(title, report[title])), flush=True)
    if given.save:
        libraries = {"HIPS autograd": "autograd", "micrograd": "micrograd"}
        machine = one_core.machine(NumPy="numpy", PyTorch="torch", JAX="jax", **libraries)
        one_core.save(__file__, {"machine": machine, "experiments": report})


if __name__ == "__main__":
    main()
