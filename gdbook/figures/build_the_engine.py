"""Figures and numbers of the chapter *Build the engine*: a small graph, mistakes in it, and two moons."""

import functools
import json
import math
import random
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from gdbook.backprop.graph import program
from gdbook.data import moons
from gdbook.figures.colours import CLASSES, INK, MOMENTUM
from gdbook.figures.graph import graph, number
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.powers import power
from gdbook.figures.table import table
from gdbook.value import Value


class Expression(NamedTuple):
    """The values of the chapter's example."""

    a: Value
    b: Value
    p: Value
    square: Value
    y: Value


def expression(a=3.0, b=-1.0):
    """The chapter's example y = p + p·p with p = a·b, gone backward."""
    a, b = Value(a), Value(b)
    p = a * b
    square = p * p
    y = p + square
    y.backward()
    return Expression(a, b, p, square, y)


def backward_overwriting(result):
    """Backward in the right order but with ``=`` for ``+=``: the last use of a value wins."""
    _forget(result)
    result.grad = 1
    for value in reversed(program(result)):
        for child, local_grad in zip(value._children, value._local_grads, strict=True):
            child.grad = local_grad * value.grad


def backward_without_waiting(result):
    """Backward with each value once, in the order in which they are met: some pass on too little."""
    _forget(result)
    result.grad = 1
    met = [result]
    for value in met:
        for child, local_grad in zip(value._children, value._local_grads, strict=True):
            child.grad += local_grad * value.grad
            if child not in met:
                met.append(child)


def wrong_backwards():
    """The gradients of the example by the right way back and by two wrong ones, as a table."""
    ways = {
        "as above": Value.backward,
        "`=` in place of `+=`": backward_overwriting,
        "each value once, without waiting": backward_without_waiting,
    }
    rows = []
    for name, backward in ways.items():
        found = expression()
        _forget(found.y)
        backward(found.y)
        rows.append((name, *(number(value.grad) for value in (found.p, found.a, found.b))))
    columns = [rf"$\partial y/\partial {name}$" for name in "pab"]
    return table({"backward": "<", **dict.fromkeys(columns, ">")}, rows)


def called_twice():
    """The gradient of x·x + x at 3 after one call of ``backward``, and after two."""
    x = Value(3.0)
    y = x * x + x
    y.backward()
    once = x.grad
    y.backward()
    return once, x.grad


def overwritten():
    """The gradient of x·x + x at 3, with ``=`` in place of ``+=``."""
    x = Value(3.0)
    backward_overwriting(x * x + x)
    return x.grad


def tie():
    """The gradient of the larger of two values by the first, where both are 2."""
    a, b = Value(2.0), Value(2.0)
    a.max(b).backward()
    return a.grad


def visits_by_path(result):
    """How many visits a walk makes that follows each path from the result on its own."""
    return 1 + sum(visits_by_path(child) for child in result._children)


def difference_error(h, x=1.0):
    """How far the central difference of tanh with nudge ``h`` is from the slope that ``Value`` gives."""
    leaf = Value(x)
    leaf.tanh().backward()
    return abs((math.tanh(x + h) - math.tanh(x - h)) / (2 * h) - leaf.grad)


@functools.cache
def largest_error(h):
    """The largest ``difference_error`` with nudge ``h`` for x from 0.5 to 1.5."""
    return max(difference_error(h, x / 100) for x in range(50, 151))


def nudges():
    """The largest error of five nudges, as a table."""
    rows = [(power(h), power(largest_error(h))) for h in (1e-1, 1e-3, 5e-6, 1e-9, 1e-12)]
    return table({"nudge $h$": ">", "largest error, $x$ from 0.5 to 1.5": ">"}, rows)


def beside_micrograd():
    """Times by ``benchmarks/autodiff.py`` over micrograd's: ``(training step, Rosenbrock's gradient)``."""
    measured = json.loads(Path("benchmarks/autodiff.json").read_text(encoding="utf-8"))
    *_, point, net = measured["experiments"].values()
    return net["gdbook.value"]["ratio"][1], point["gdbook.value"]["ratio"][1]


@functools.cache
def trained(steps=60, units=6, lr=0.5, momentum=0.9):
    """The net of the chapter after training: the data, the losses, the weights, how many are right."""
    X, y = moons(40, noise=0.1)
    rng = random.Random(0)

    def neuron(n):
        return [Value(rng.gauss(0, n**-0.5)) for _ in range(n)] + [Value(0.0)]

    hidden, output = [neuron(2) for _ in range(units)], neuron(units)
    params = [w for part in [*hidden, output] for w in part]
    velocity, losses = [0.0] * len(params), []
    for step in range(steps + 1):
        scores = [_score(hidden, output, x) for x in X.tolist()]
        signs = [1 - 2 * label for label in y.tolist()]
        loss = sum((1 + (sign * s).exp()).log() for sign, s in zip(signs, scores, strict=True)) / len(y)
        losses.append(loss.data)
        if step == steps:
            break
        for p in params:
            p.grad = 0
        loss.backward()
        velocity = [momentum * v + p.grad for v, p in zip(velocity, params, strict=True)]
        for v, p in zip(velocity, params, strict=True):
            p.data -= lr * v
    right = sum((s.data > 0) == c for s, c in zip(scores, y.tolist(), strict=True))
    numbers = [[w.data for w in part] for part in hidden], [w.data for w in output]
    return SimpleNamespace(X=X, y=y, loss=losses, net=numbers, right=right)


def scores_at(net, x1, x2):
    """The scores of a trained net, of plain numbers, at points given by two arrays of one shape."""
    hidden, output = net
    bent = [np.tanh(w1 * x1 + w2 * x2 + b) for w1, w2, b in hidden]
    return sum((w * h for w, h in zip(output, bent, strict=False)), output[-1])


def expression_graph():
    """The graph of y = p + p·p with p = a·b, with the gradients in and the local derivatives."""
    a, b, p, square, y = expression()
    return graph(y, {"a": a, "b": b, "p": p, "p·p": square, "y": y})


@in_house_style
def two_moons():
    """Loss against step, and the points with the line on which the trained net's score is 0."""
    run = trained()
    fig, (left, right) = figure(height=3.4, panels=2, width_ratios=(2, 3))
    left.plot(run.loss, color=MOMENTUM)
    left.set_ylabel("loss")
    left.set(xlabel="step", xlim=(0, len(run.loss) - 1), ylim=(0, None))
    for label, colour, marker in ((0, CLASSES[0], "o"), (1, CLASSES[1], "^")):
        points = run.X[run.y == label]
        right.plot(points[:, 0], points[:, 1], marker, color=colour, markersize=5)
    x1, x2 = np.meshgrid(np.linspace(-1.4, 2.4, 60), np.linspace(-1.0, 1.5, 50))
    right.contour(x1, x2, scores_at(run.net, x1, x2), levels=[0], colors=[INK], linewidths=2)
    right.set(xlabel="x₁", ylabel="x₂", xticks=(-1, 0, 1, 2), yticks=(-1, 0, 1))
    right.grid(visible=False)
    return fig


def _score(hidden, output, x):
    bent = [_weigh(w, x).tanh() for w in hidden]
    return _weigh(output, bent)


def _weigh(w, x):
    return sum((wi * xi for wi, xi in zip(w, x, strict=False)), w[-1])


def _forget(result):
    for value in program(result):
        value.grad = 0
