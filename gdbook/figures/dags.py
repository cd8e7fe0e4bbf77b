"""Figures and numbers of *DAGs*: a diamond, a shared weight, paths, memory against recomputing."""

import functools
import math
from typing import NamedTuple

from gdbook.backprop.chain import checkpointed
from gdbook.backprop.graph import edges, program
from gdbook.figures.build_the_engine import backward_overwriting
from gdbook.figures.colours import BEST, DIVERGES, GRADIENT, INK
from gdbook.figures.graph import graph
from gdbook.figures.house import figure, in_house_style
from gdbook.value import Value

STEPS = 1024


class Diamond(NamedTuple):
    """The values of the first picture."""

    L: Value
    x: Value
    u: Value
    v: Value


def diamond(x=2.0):
    """The program u = x², v = 3x, L = u·v, run backwards."""
    x = Value(x)
    u, v = x**2, 3 * x
    L = u * v
    L.backward()
    return Diamond(L, x, u, v)


def diamond_graph():
    """A diamond: x goes to u = x² and to v = 3x, and both to L = u·v."""
    L, x, u, v = diamond()
    return graph(L, {"x": x, "u": u, "v": v, "L": L})


def two_layers(first, second, x=0.8):
    """A network of two layers of one unit, second·tanh(first·x), run backwards; the weights are Values."""
    y = second * (first * x).tanh()
    y.backward()
    return y


def shared_graph():
    """The network w·tanh(w·x): one weight, used in two layers."""
    w = Value(1.3)
    y = two_layers(w, w)
    return graph(y, {"w": w, "y": y})


def shared_gradient():
    """The gradient of the weight that both layers use."""
    w = Value(1.3)
    two_layers(w, w)
    return w.grad


def doublings(times):
    """The program y ← y + y, run ``times`` times."""
    y = Value(1.0)
    for _ in range(times):
        y = y + y
    return y


def paths(result):
    """How many ways lead from the leaves of a program to its result."""
    count = {value: 0 for value in program(result)}
    count[result] = 1
    for child, user, _ in reversed(edges(result)):  # users before their children
        count[child] += count[user]
    return sum(count[value] for value in count if not value._children)


@in_house_style
def paths_and_edges():
    """Products against how often y = y + y runs: along each path by itself, and one for each edge."""
    fig, ax = figure(height=3.6)
    times = range(1, 21)
    programs = [doublings(n) for n in times]
    ax.plot(times, [paths(y) * n for n, y in zip(times, programs, strict=True)], color=DIVERGES)
    ax.plot(times, [len(edges(y)) for y in programs], color=GRADIENT)
    beside = {"textcoords": "offset points"}
    ax.annotate("path by path", (12, 12 * 2**12), xytext=(-8, 6), ha="right", color=DIVERGES, **beside)
    ax.annotate("edge by edge", (14, 28), xytext=(0, 10), ha="center", color=GRADIENT, **beside)
    ax.set_ylabel("products")
    ax.set(xlabel="times y = y + y", yscale="log", xlim=(1, 20))
    ax.set_xticks((1, 5, 10, 15, 20))
    ax.set_yticks((10, 1000, 1e5, 1e7), ("10", "1,000", "100,000", "10 million"))
    ax.minorticks_off()
    return fig


@functools.cache
def trade(every):
    """Evaluations and values stored for a chain of 1,024 sines with a mark each ``every`` steps."""
    _, evaluations, stored = checkpointed(math.sin, math.cos, 0.8, STEPS, every)
    return evaluations, stored


@in_house_style
def memory_against_work():
    """Values stored and evaluations made against the distance of the marks, for a chain of 1,024 steps."""
    fig, ax = figure(height=3.8)
    distances = [2**k for k in range(11)]
    evaluations, stored = zip(*map(trade, distances), strict=True)
    ax.plot(distances, evaluations, "o-", color=INK, markersize=4)
    ax.plot(distances, stored, "o-", color=GRADIENT, markersize=4)
    root = math.isqrt(STEPS)
    ax.plot(root, trade(root)[1], "o", color=BEST, markersize=9)
    beside = {"textcoords": "offset points"}
    ax.annotate("evaluations", (4, evaluations[2]), xytext=(0, 9), color=INK, **beside)
    ax.annotate("values stored", (4, stored[2]), xytext=(6, 6), color=GRADIENT, **beside)
    ax.annotate(
        f"{trade(root)[1]}", (root, trade(root)[1]), xytext=(0, -22), ha="center", color=BEST, **beside
    )
    ax.set_ylabel("how many")
    ax.set(xlabel="distance of the marks", xscale="log", yscale="log", ylim=(30, 4000))
    ax.set_xticks((1, 4, 32, 256, 1024), ("1", "4", "32", "256", "1,024"))
    ax.set_yticks((100, 1000), ("100", "1,000"))
    ax.minorticks_off()
    return fig


def cube_gradients():
    """The gradient of x·x·x at 2, with ``+=`` in the way back and with ``=``."""
    x, z = Value(2.0), Value(2.0)
    (x * x * x).backward()
    backward_overwriting(z * z * z)
    return x.grad, z.grad


def one_use_of_x():
    """The slope at 2 of u = x², L = 3u + u, which uses x once: with ``+=`` on the way back, with ``=``."""
    slopes = []
    for backward in Value.backward, backward_overwriting:
        x = Value(2.0)
        u = x**2
        backward(Value(3.0) * u + u)
        slopes.append(x.grad)
    return tuple(slopes)


def path_by_path(result, sum_so_far=False):
    """Backward in which each visit at once goes on to the children, with its part or the sum so far."""

    def visit(value, part):
        value.grad += part
        for child, slope in zip(value._children, value._local_grads, strict=True):
            visit(child, slope * (value.grad if sum_so_far else part))

    visit(result, 1)


def doubled_twice():
    """The slope of y = y + y, run twice: path by path, and if each visit hands on the sum so far."""
    slopes = []
    for sum_so_far in False, True:
        x = Value(1.0)
        y = x + x
        path_by_path(y + y, sum_so_far)
        slopes.append(x.grad)
    return tuple(slopes)
