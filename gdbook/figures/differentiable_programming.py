"""Figures and numbers of *Differentiable programming*: a throw, what derivatives cost, a rate by gradient."""

import functools
import json
import math
import tracemalloc
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
from matplotlib.ticker import NullLocator

from gdbook.autodiff import grad, hvp, jvp, value_and_grad, vjp
from gdbook.data import toy_line
from gdbook.figures.colours import BEST, CURVE, DESCENT, GRADIENT, INK, MUTED
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.powers import power
from gdbook.figures.table import table
from gdbook.linear import mse, with_intercept

BENCHMARK = Path("benchmarks/autodiff.json")

TARGET = np.array([30.0, 5.0])  # m
GRAVITY = np.array([0.0, -9.81])  # m/s²
DRAG = 0.02  # 1/m
DT, STEPS = 0.03, 100  # s
FIRST_THROW = np.array([5.0, 10.0])  # m/s


def flight(v):
    """Where a thrown ball is, step by step, from the velocity ``v``: a list of points, 3 s with drag."""
    p = np.zeros(2)
    path = [p]
    for _ in range(STEPS):
        a = GRAVITY - DRAG * np.sqrt(v @ v) * v
        p, v = p + DT * v, v + DT * a
        path.append(p)
    return path


def miss(v):
    """The square of the distance by which the throw misses the target, in m²."""
    d = flight(v)[-1] - TARGET
    return d @ d


@functools.cache
def aimed(steps=30, lr=0.05):
    """Gradient descent on ``miss``: the velocities and the losses of ``steps`` steps."""
    v, velocities, losses = FIRST_THROW, [], []
    for _ in range(steps + 1):
        loss, g = value_and_grad(miss)(v)
        velocities.append(v)
        losses.append(float(loss))
        v = v - lr * g
    return np.array(velocities), np.array(losses)


def first_end():
    """Where the first throw ends."""
    return flight(FIRST_THROW)[-1]


class Counted(np.ndarray):
    """An array that counts arithmetic: one for each number that an elementwise function gives or a sum takes.

    A product of matrices counts a multiplication and an addition for each of its terms. Moving numbers is
    free. The count is ``Counted.operations``, of all such arrays together.
    """

    operations = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if not all(isinstance(x, np.ndarray | np.generic | float | int) for x in inputs):
            return NotImplemented  # traced: the engine will come back with what it traces
        bare = [x.view(np.ndarray) if isinstance(x, Counted) else x for x in inputs]
        if out is not None:
            kwargs["out"] = tuple(x.view(np.ndarray) for x in out)
        y = np.asarray(getattr(ufunc, method)(*bare, **kwargs))
        if ufunc is np.matmul:
            Counted.operations += 2 * y.size * bare[0].shape[-1]
        else:
            Counted.operations += y.size if method == "__call__" else np.size(bare[0])
        return out[0] if out is not None else y.view(Counted)

    def __getitem__(self, index):  # else a single number would leave the count
        return np.asarray(super().__getitem__(index)).view(Counted)


def operations(f, x):
    """How many operations ``f(x)`` takes, by ``Counted``."""
    Counted.operations = 0
    f(x.view(Counted))
    return Counted.operations


def product(x):
    """All numbers of x multiplied, one after the other."""
    y = x[0]
    for i in range(1, len(x)):
        y = y * x[i]
    return y


def quotient(x):
    """The first number of x divided by all the others, one after the other."""
    y = x[0]
    for i in range(1, len(x)):
        y = y / x[i]
    return y


def rosenbrock(x):
    """The function of Rosenbrock for any number of inputs."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def springs(x):
    """Twenty time steps of a row of pendulums joined by springs, started at angles x: a sum of squares."""
    v = 0 * x
    for _ in range(20):
        pull = x[1:] - x[:-1]
        none = 0 * x[:1]
        force = np.concatenate([pull, none]) - np.concatenate([none, pull]) - np.sin(x)
        v = v + 0.1 * force
        x = x + 0.1 * v
    return np.sum(x**2)


def network(x):
    """Three tanh layers, as wide as x, with fixed weights: the sum of squares of the last."""
    W = np.random.default_rng(0).normal(size=(len(x), len(x))) / len(x) ** 0.5
    for _ in range(3):
        x = np.tanh(W @ x)
    return x @ x


PROGRAMS = {
    "product": product,
    "quotient": quotient,
    "Rosenbrock": rosenbrock,
    "springs, 20 steps": springs,
    "network, 3 layers": network,
}


@functools.cache
def costs(f, n):
    """Operations over those of f, for n inputs: ``(reverse, one pass forward, Hessian times vector)``."""
    x = np.linspace(0.5, 1.5, n)
    direction = np.eye(n)[0].view(Counted)
    once = operations(f, x)
    return (
        operations(grad(f), x) / once,
        operations(lambda x: jvp(f, (x,), (direction,))[1], x) / once,
        operations(lambda x: hvp(f, x, direction), x) / once,
    )


def cost_table():
    """What the derivatives of five programs of 32 inputs cost, as a table."""
    rows = [(name, *(f"{cost:.1f}" for cost in costs(f, 32))) for name, f in PROGRAMS.items()]
    head = {"program, $n = 32$": "<", "reverse, all inputs": ">", "forward, one direction": ">", "$Hv$": ">"}
    return table(head, rows)


def range_of_costs(column):
    """The least and the largest cost in a column of the table."""
    column = [costs(f, 32)[column] for f in PROGRAMS.values()]
    return min(column), max(column)


def moved_by_size():
    """By how much the cost of a gradient differs at most with 8 or 128 inputs from that with 32."""
    return max(abs(costs(f, n)[0] - costs(f, 32)[0]) for f in PROGRAMS.values() for n in (8, 128))


def peak_megabytes(run):
    """The largest memory that ``run()`` holds at a time beyond what was there, in MB."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def drift(x, steps):
    """A long loop over many numbers, as memory is measured on: ``steps`` times x ← x + sin(x)/10."""
    for _ in range(steps):
        x = x + 0.1 * np.sin(x)
    return x


def memory_of_modes(steps, n=2_000):
    """Peak memory in MB of one reverse and one forward pass through ``drift`` of n numbers."""
    x = np.linspace(0, 1, n)

    def reverse():
        _, pull = vjp(lambda x: drift(x, steps), x)
        pull(x)

    return peak_megabytes(reverse), peak_megabytes(lambda: jvp(lambda x: drift(x, steps), (x,), (x,)))


def memory_table():
    """The peak memory of both modes for three lengths of the loop, as a table."""
    rows = [
        (steps, *(f"{megabytes:.1f} MB" for megabytes in memory_of_modes(steps))) for steps in (50, 100, 200)
    ]
    return table({"steps of a loop over 2,000 numbers": ">", "reverse": ">", "forward": ">"}, rows)


@functools.cache
def benchmark():
    """What ``benchmarks/autodiff.py`` has measured."""
    return json.loads(BENCHMARK.read_text(encoding="utf-8"))


def benchmark_table():
    """Times of a gradient by each library, for a small and a large network, as a table."""
    small, large = list(benchmark()["experiments"].values())[:2]
    rows = []
    for library in small:
        cells = []
        for net in (small, large):
            seconds, ratio = net[library]["seconds"][1], net[library]["ratio"][1]
            time = f"{seconds * 1e6:.0f}&nbsp;µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f}&nbsp;ms"
            cells.append(f"{time}, ×&nbsp;{ratio:.2f}")
        rows.append((library, *cells))
    head = {
        "gradient by": "<",
        "64-64-10 units, 32 images": ">",
        "784-512-512-10 units, 128 images": ">",
    }
    return table(head, rows)


def seconds_an_operation():
    """What one operation costs the engine beyond NumPy's, forward and back, by the benchmark."""
    chain = benchmark()["experiments"]["gradient through 100 products of arrays of ten"]
    return (chain["gdbook.autodiff"]["seconds"][1] - chain["NumPy, by hand"]["seconds"][1]) / 100


def machine():
    """What the benchmark ran on: ``(processor, versions)``."""
    ran_on = benchmark()["machine"]
    return ran_on["processor"], ", ".join(f"{name} {version}" for name, version in ran_on["versions"].items())


def loss_after(lr, steps=20):
    """The loss of the toy line after descent from 0 with this rate."""
    x, y = toy_line()
    X = with_intercept(x)
    w = np.zeros(2)
    for _ in range(steps):
        w = w - lr * grad(mse)(w, X, y)
    return mse(w, X, y)


@functools.cache
def tuned(updates=30, lr=0.1, step=0.01):
    """Descent on the learning rate: the rates of ``updates`` steps on the logarithm of ``loss_after``."""
    rates = [lr]
    for _ in range(updates):
        rates.append(rates[-1] - step * float(grad(lambda rate: np.log(loss_after(rate)))(rates[-1])))
    return np.array(rates)


def logistic(x, steps):
    """The logistic map at its most chaotic, ``steps`` times x ← 4x(1 − x)."""
    for _ in range(steps):
        x = 4 * x * (1 - x)
    return x


def logistic_slope(x, steps):
    """The slope of ``logistic`` at x, in 100 digits: the product of the slopes along the way."""
    with localcontext() as context:
        context.prec = 100
        x, slope = Decimal(x), Decimal(1)
        for _ in range(steps):
            slope *= 4 - 8 * x
            x = 4 * x * (1 - x)
        return float(slope)


@in_house_style
def cost_against_inputs():
    """Operations for the whole gradient over those for the function, against the number of inputs."""
    sizes = np.array([2, 8, 32, 128, 512])
    reverse, forward, _ = np.array([costs(springs, n) for n in sizes]).T
    fig, ax = figure(height=3.7)
    ax.plot(sizes, reverse, "o-", color=GRADIENT)
    ax.plot(sizes, sizes * forward, "s--", color=INK)
    ax.plot(sizes, 2 * sizes, ":", color=MUTED)
    ax.set(xscale="log", yscale="log", xlabel="number of inputs n", ylim=(1, 3000))
    ax.set_ylabel("operations, in those of the function")
    ax.set_xticks([2, 8, 32, 128, 512], ["2", "8", "32", "128", "512"])
    ax.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    for at, text, colour, place in (
        ((32, reverse[2]), "reverse", GRADIENT, (0, 10)),
        ((32, 32 * forward[2]), "forward", INK, (-10, 8)),
        ((128, 256), "differences", MUTED, (0, -20)),
    ):
        ax.annotate(
            text, at, xytext=place, textcoords="offset points", color=colour,
            ha={GRADIENT: "center", INK: "right", MUTED: "left"}[colour],
        )  # fmt: skip
    return fig


@in_house_style
def rate_by_gradient():
    """Loss of the toy line after 20 steps against the rate, and the way of a descent on the rate."""
    rates = tuned()
    fig, ax = figure(height=3.5)
    bends = np.linspace(0, 0.1, 41), np.linspace(0.67, 0.77, 41)
    grid = np.concatenate([bends[0], np.linspace(0.12, 0.66, 19), bends[1]])
    ax.plot(grid, [loss_after(lr) for lr in grid], color=CURVE)
    shown = rates[::2]
    ax.plot(shown, [loss_after(lr) for lr in shown], "o", color=DESCENT, markersize=5)
    ax.plot(rates[-1], loss_after(rates[-1]), "o", color=BEST, markersize=9)
    ax.set(yscale="log", xlabel="learning rate η", xlim=(0, 0.8), ylim=(0.008, 0.4))
    ax.set_xticks([0, 0.2, 0.4, 0.6])
    ax.set_ylabel("loss after 20 steps")
    ax.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    ax.yaxis.set_minor_locator(NullLocator())
    ax.annotate(
        "start", (rates[0], loss_after(rates[0])), xytext=(10, 4), textcoords="offset points", color=DESCENT
    )
    ax.annotate(
        "end", (rates[-1], loss_after(rates[-1])), xytext=(0, 12), textcoords="offset points",
        color=BEST, ha="center",
    )  # fmt: skip
    return fig


def root(a, steps):
    """The square root of a by Newton's method from a itself: ``steps`` times y ← (y + a/y)/2."""
    y = a
    for _ in range(steps):
        y = (y + a / y) / 2
    return y


def root_errors(a, steps):
    """How far ``root`` and its derivative with respect to a are from √a and 1/(2√a)."""
    y, slope = value_and_grad(lambda a: root(a, steps))(a)
    return abs(y - math.sqrt(a)), abs(slope - 0.5 / math.sqrt(a))


def root_table():
    """The errors of √2 and of its derivative after one to four steps, as a table."""
    rows = [(steps, *map(power, root_errors(2.0, steps))) for steps in (1, 2, 3, 4)]
    return table({"steps": ">", r"error of $\sqrt 2$": ">", "error of its derivative": ">"}, rows)


def chaos_table():
    """The slope of the logistic map at 0.3 by the engine and in 100 digits, as a table."""
    rows = [
        (steps, power(grad(logistic)(0.3, steps), 3), power(logistic_slope(0.3, steps), 3))
        for steps in (10, 20, 40, 60)
    ]
    return table({"steps": ">", "gradient at 0.3": ">", "in 100 digits": ">"}, rows)


def squaring_slope():
    """The derivative at 3 of a program that squares a number until it is 100 or more."""

    def f(x):
        while x < 100:
            x = x * x
        return x

    return float(grad(f)(3.0))


def slope_after(rounds):
    """The slope at 3 of that many squarings: of x to the power of 2, 4, 8 or more."""
    exponent = 2**rounds
    return exponent * 3 ** (exponent - 1)
