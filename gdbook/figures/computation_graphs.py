"""Figures and numbers of *Computation graphs*: two programs, a derivative that swells, and differences."""

import functools
import math
import sys

import numpy as np

from gdbook.backprop.graph import edges, program
from gdbook.figures.colours import CURVE, DIVERGES, GRADIENT
from gdbook.figures.graph import graph
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.table import table
from gdbook.value import Value

FINEST, PER_DECADE = -20, 4
STEPS = 10.0 ** (FINEST + np.arange(-FINEST * PER_DECADE + 1) / PER_DECADE)
POINTS = np.linspace(0.3, 1.3, 21)


def squashed(a=0.8, b=-1.5, c=0.7):
    """The program tanh(a·b + c)·a, run: ``(result, values by name)``, each operation a line of its own."""
    a, b, c = Value(a), Value(b), Value(c)
    u = a * b
    v = u + c
    t = v.tanh()
    y = t * a
    return y, {"a": a, "b": b, "c": c, "u": u, "v": v, "t": t, "y": y}


def squashed_graph():
    """The graph of tanh(a·b + c)·a with its values and local derivatives."""
    result, names = squashed()
    return graph(result, names, gradients=False)


def regression(w=0.5, b=0.1):
    """The mean squared error of the line w·x + b on the points (1, 2) and (3, 1): ``(loss, w, b)``."""
    w, b = Value(w), Value(b)
    return ((w * 1 + b - 2) ** 2 + (w * 3 + b - 1) ** 2) / 2, w, b


def regression_graph():
    """The graph of the loss of a line on two points, with all values and gradients."""
    loss, w, b = regression()
    loss.backward()
    return graph(loss, {"w": w, "b": b, "L": loss})


@functools.cache
def regression_run():
    """The loss of the line and its derivatives by w and by b: three numbers."""
    loss, w, b = regression()
    loss.backward()
    return loss.data, w.grad, b.grad


def slope_without_an_edge():
    """∂y/∂a of the first picture, when the tanh is taken of the number of v and not of v: ``(y, slope)``."""
    _, names = squashed()
    a, b, c = (Value(names[name].data) for name in "abc")
    y = math.tanh((a * b + c).data) * a
    y.backward()
    return y.data, a.grad


def slope_by_a():
    """∂y/∂a of the first picture."""
    y, names = squashed()
    y.backward()
    return names["a"].grad


def local_derivatives(a=0.8, b=-1.5):
    """Eight operations, their local derivatives, what these need, and their values at a and b: a table."""
    known = (
        ("$a + b$", lambda a, b: a + b, "1, 1", "nothing"),
        ("$a - b$", lambda a, b: a - b, "1, −1", "nothing"),
        (r"$a\, b$", lambda a, b: a * b, "$b$, $a$", "both inputs"),
        ("$a / b$", lambda a, b: a / b, r"$\frac1b$, $-\frac{a}{b^2}$", r"the result and $\frac1b$"),
        ("$a^2$", lambda a, b: a**2, "$2a$", "the input"),
        (r"$\exp a$", lambda a, b: a.exp(), r"$\exp a$", "the result"),
        (r"$\tanh a$", lambda a, b: a.tanh(), r"$1 - \tanh^2 a$", "the result"),
        (r"$\operatorname{relu} a$", lambda a, b: a.relu(), "1 if $a > 0$, else 0", "one bit"),
    )
    rows = []
    for name, f, formula, kept in known:
        slopes = [f"{float(slope):.4g}".replace("-", "−") for _, _, slope in edges(f(Value(a), Value(b)))]
        rows.append((name, formula, kept, ", ".join(slopes)))
    head = ("operation", "local derivatives", "must be kept", f"at $a = {a}$, $b = {b}$")
    return table(dict.fromkeys(head, "<"), rows)


def price_of_a_gradient(weights=1000):
    """Operations of a linear model's squared error and of its backward pass, over those of the error."""
    w = [Value(0.1) for _ in range(weights)]
    runs, back = operations(sum((one * 2 for one in w), -1) ** 2)
    return (runs + back) / runs


def keeps_nothing():
    """The one of four operations whose local derivatives do not change with its inputs."""
    known = {
        "a * b": lambda a, b: a * b,
        "a - b": lambda a, b: a - b,
        "a.tanh()": lambda a, b: a.tanh(),
        "a / b": lambda a, b: a / b,
    }

    def slopes(f, s):
        return [slope for _, _, slope in edges(f(Value(s), Value(-2 * s)))]

    (free,) = [name for name, f in known.items() if slopes(f, 0.3) == slopes(f, 0.7)]
    return free


def square_and_itself(x=3.0):
    """How many nodes and edges the graph of x·x + x has."""
    x = Value(x)
    y = x * x + x
    return len(program(y)), len(edges(y))


def sine_digits(x=1.0):
    """Right digits of the slope of the sine: forward with h = 10⁻⁸, central with h = 5·10⁻⁶."""
    forward = (math.sin(x + 1e-8) - math.sin(x)) / 1e-8
    central = (math.sin(x + 5e-6) - math.sin(x - 5e-6)) / 1e-5
    return [round(-math.log10(abs(slope / math.cos(x) - 1))) for slope in (forward, central)]


def logistic(times, x=0.2):
    """The program x ← 4·x·(1 − x), run ``times`` times: ``(result, start)``."""
    start = y = Value(x)
    for _ in range(times):
        y = 4 * y * (1 - y)
    return y, start


def operations(result):
    """How many operations a traced program has, and its backward pass: a product and a sum for each edge."""
    return sum(1 for value in program(result) if value._children), 2 * len(edges(result))


def written_out(times):
    """Operations in the formula of the logistic program and in its derivative, when both are written out."""
    value = derivative = 0
    for _ in range(times):
        # 4·e·(1 − e), and by the product rule 4·e′·(1 − e) + 4·e·(0 − e′)
        value, derivative = 2 * value + 3, 2 * derivative + 2 * value + 7
    return value, derivative


@in_house_style
def swelling():
    """Operations against how often x ← 4x(1 − x) is repeated: the formula, its derivative, and the graph."""
    fig, ax = figure(height=3.8)
    times = range(1, 16)
    formulas = np.array([written_out(n) for n in times])
    graphs = [sum(operations(logistic(n)[0])) for n in times]
    ax.plot(times, formulas[:, 1], color=DIVERGES)
    ax.plot(times, formulas[:, 0], color=CURVE, linestyle="--")
    ax.plot(times, graphs, color=GRADIENT)
    beside = {"textcoords": "offset points"}
    ax.annotate(
        "derivative, written out", (10, formulas[9, 1]), xytext=(-8, 6), ha="right", color=DIVERGES, **beside
    )
    ax.annotate("formula", (12, formulas[11, 0]), xytext=(8, -14), color=CURVE, **beside)
    ax.annotate(
        "both on the graph", (14.8, graphs[13]), xytext=(0, -22), ha="right", color=GRADIENT, **beside
    )
    ax.set_ylabel("operations")
    ax.set(xlabel="repetitions n", yscale="log", xlim=(1, 15))
    ax.set_xticks((1, 5, 10, 15))
    ax.set_yticks((10, 1000, 100_000), ("10", "1,000", "100,000"))
    ax.minorticks_off()
    return fig


def squire_trapp(x):
    """eˣ / (cos³x + sin³x): of floats, complex numbers, or arrays of them."""
    return np.exp(x) / (np.cos(x) ** 3 + np.sin(x) ** 3)


def squire_trapp_slope(x):
    """Its derivative, by hand."""
    bottom = np.cos(x) ** 3 + np.sin(x) ** 3
    return np.exp(x) * (bottom + 3 * np.cos(x) * np.sin(x) * (np.cos(x) - np.sin(x))) / bottom**2


def differences(h):
    """The largest relative error at 21 points with step ``h``: ``(forward, central, complex step)``."""
    f, x = squire_trapp, POINTS
    ways = ((f(x + h) - f(x)) / h, (f(x + h) - f(x - h)) / (2 * h), f(x + 1j * h).imag / h)
    return [float(np.max(abs(way / squire_trapp_slope(x) - 1))) for way in ways]


@functools.cache
def best_steps():
    """The step with the smallest error for forward and for central differences: ``(h, error)`` each."""
    errors = np.array([differences(h) for h in STEPS])
    return [(float(STEPS[i]), float(errors[i, k])) for k, i in enumerate(errors[:, :2].argmin(axis=0))]


def bends():
    """The truncation of a central difference, over h²: a sixth of the third derivative over the first.

    It is that of the worst of the points.
    """
    x, e, slope = POINTS, 1e-3, squire_trapp_slope  # differences of fourth order: right to ten digits
    third = -slope(x + 2 * e) + 16 * slope(x + e) - 30 * slope(x) + 16 * slope(x - e) - slope(x - 2 * e)
    return float(np.max(abs(third / (12 * e * e) / slope(x)))) / 6


def amplified():
    """The rounding of a central difference, times h, if each value of f is wrong by a part ε of it.

    It is that of the worst of the points; ε is the distance from 1 to the next number.
    """
    return float(np.max(abs(squire_trapp(POINTS) / squire_trapp_slope(POINTS)))) * sys.float_info.epsilon
