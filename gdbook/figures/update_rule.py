"""Figures of the chapter *The update rule*."""

import contextlib
import functools
import io
import runpy
from pathlib import Path

import numpy as np

from gdbook.descent import descend, outcome
from gdbook.figures.colours import BEST, CURVE, DESCENT, GRADIENT, MOMENTUM, MUTED, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.table import table
from gdbook.functions import double_well, parabola, rosenbrock, shifted_parabola, wavy
from gdbook.rules import momentum

PROGRAM = Path(__file__).parents[2] / "docs" / "programs" / "descent_python.py"
SLOPE = shifted_parabola.grad(0.0)  # at the start


@functools.cache
def on_the_parabola(lr, steps):
    """Gradient descent on (θ − 3)² from 0."""
    return descend(shifted_parabola.grad, 0, lr=lr, steps=steps, loss=shifted_parabola)


def parabola_outcome(lr):
    """How 50 steps of it end, in one word."""
    return outcome(on_the_parabola(lr, 50), shifted_parabola.minima[0])


def three_numbers():
    """θ, the cost and the slope at the first five steps, as a table."""
    run = on_the_parabola(0.1, 5)
    rows = [
        (t, f"{run.w[t]:.4f}", f"{run.loss[t]:.4f}", f"−{-run.grad[t]:.4f}", f"+{-0.1 * run.grad[t]:.4f}")
        for t in range(5)
    ]
    columns = r"$t$", r"$\theta_t$", r"$J(\theta_t)$", r"$\nabla J(\theta_t)$", r"step $-\eta\,\nabla J$"
    return table(dict.fromkeys(columns, ">"), rows)


def after_one_step(lr):
    """The cost after one step from 0."""
    return shifted_parabola(-lr * SLOPE)


def fall(lr):
    """By how much this step lowers the cost."""
    return shifted_parabola(0) - after_one_step(lr)


def until_it_stands():
    """Steps with η = 0.1 until rounding lets θ change no more, and how far from 3 it then is."""
    theta, t = 0.0, 0
    while (after := theta - 0.1 * shifted_parabola.grad(theta)) != theta:
        theta, t = after, t + 1
    return t, 3 - theta


def lines_printed():
    """The lines that the program in plain Python prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(PROGRAM))
    return out.getvalue().splitlines()


def printed():
    """The first four of them and the last, as a fence of text."""
    lines = lines_printed()
    return "\n".join(["```text", *lines[:4], "…", lines[-1], "```"])


def lines_in(number):
    """θ and cost of 50 steps in a type of number, as the programs print them."""
    theta = number(0)
    for _ in range(50):
        yield f"{float(theta):.6f} {float((theta - number(3)) ** 2):.6f}"
        theta = theta - number(0.1) * (number(2) * (theta - number(3)))


def lines_that_differ():
    """How many of the lines single precision prints differently from double."""
    return sum(a != b for a, b in zip(lines_in(np.float64), lines_in(np.float32), strict=True))


def rosenbrock_step(y):
    """The first step in x on Rosenbrock's valley from x = −1.2 and this y, with η = 0.001."""
    return float(-0.001 * rosenbrock.grad([-1.2, y])[0])


@functools.cache
def on_x_squared(lr):
    """Gradient descent on x² from 2.6."""
    return descend(parabola.grad, 2.6, lr=lr, steps=20, loss=parabola)


@functools.cache
def in_the_wells(start, steps=50, lr=0.1):
    """Gradient descent on the double well."""
    return descend(double_well.grad, start, lr=lr, steps=steps, loss=double_well)


def steps_off_the_hump():
    """Steps from 10⁻⁶ on the double well until x is 0.1 away from the hump."""
    return int(np.argmax(abs(in_the_wells(1e-6, 1000).w) > 0.1))


@functools.cache
def on_the_ripples(mu, steps=400):
    """Descent with momentum on the wavy function from 5, with η = 0.05."""
    return descend(wavy.grad, 5, rule=momentum, lr=0.05, momentum=mu, steps=steps, loss=wavy)


def ripples_end(mu):
    """Where 1,000 steps of it end; 0 has no sign."""
    end = on_the_ripples(mu, 1000).w[-1]
    return abs(end) if abs(end) < 1e-4 else end


def next_step(theta):
    """The step from θ on (θ − 3)² with η = 0.1."""
    return -0.1 * shifted_parabola.grad(theta)


def in_thousands(number):
    """A whole number in LaTeX, with commas that make no space."""
    return f"{number:,.0f}".replace(",", "{,}")


@in_house_style
def one_step():
    """The cost after one step of any size η from $\\theta = 0$ on $(\\theta - 3)^2$, and Taylor's line."""
    f = shifted_parabola
    slope = f.grad(f.start)
    lr = np.linspace(-0.25, 1.1, 91)
    fig, ax = figure(height=3.4)
    ax.plot(lr, f(f.start - lr * slope), color=CURVE)
    near = np.array([-0.2, 0.29])
    ax.plot(near, f(f.start) - near * slope**2, color=GRADIENT, linewidth=1.5)
    _beside(
        ax, "Taylor’s line", (near[1], f(f.start) - near[1] * slope**2), GRADIENT, dx=-10, dy=4, ha="right"
    )
    _beside(ax, "the cost after the step", (0.53, 5), CURVE, dx=0, ha="center")
    ax.plot(0, f(f.start), "o", color=DESCENT, markersize=6)
    _beside(ax, "no step", (0, f(f.start)), DESCENT, dx=10, dy=9)
    ax.axhline(f(f.start), color=MUTED, linewidth=0.8, zorder=0)
    ax.set(xlabel="step size η", ylabel="J(θ − η g)", ylim=(-2, 16.5))
    ax.set(xticks=(0, 0.25, 0.5, 0.75, 1), yticks=range(0, 16, 3))
    return fig


@in_house_style
def glide_and_swing():
    """Gradient descent on $x^2$ from 2.6: η = 0.1 stays on its side, η = 0.9 crosses at each step."""
    fig, axes = figure(height=3.0, panels=2, sharey=True)
    for ax, lr, colour in zip(axes, (0.1, 0.9), (DESCENT, DESCENT), strict=True):
        trace = on_x_squared(lr)
        _curve(ax, parabola, -3, 3, 61)
        ax.plot(trace.w, trace.loss, "o-", color=colour, markersize=6, linewidth=1)
        ax.set(title=f"η = {lr}", xlabel="x", xticks=(-2, 0, 2))
    axes[0].set_ylabel("f(x)")
    return fig


@in_house_style
def two_basins():
    """Gradient descent on the double well, η = 0.1, from −2.6 and from 2.6."""
    f = double_well
    fig, ax = figure(height=3.4)
    _curve(ax, f, -2.75, 2.75, 111)
    for start, colour, ha in ((-2.6, ramp(2)[0], "left"), (2.6, ramp(2)[1], "right")):
        trace = in_the_wells(start)
        ax.plot(trace.w, trace.loss, "o-", color=colour, markersize=6, linewidth=1)
        name = f"x₀ = {start}".replace("-", "−")
        _beside(ax, name, (start, f(start)), colour, dx=12 if ha == "left" else -12, ha=ha)
        ax.plot(trace.w[-1], trace.loss[-1], "o", color=BEST, markersize=7)
    ax.set(xlabel="x", ylabel="f(x)", ylim=(-1.8, 5.6), xticks=(-2, -1, 0, 1, 2))
    return fig


@in_house_style
def through_the_ripples():
    """The wavy function from 5, η = 0.05, 400 steps: μ = 0 stops in a local minimum, μ = 0.9 does not."""
    fig, axes = figure(height=3.0, panels=2, sharey=True)
    for ax, mu, colour in zip(axes, (0.0, 0.9), (DESCENT, MOMENTUM), strict=True):
        trace = on_the_ripples(mu)
        _curve(ax, wavy, -2.6, 5.6, 121)
        # The last 360 steps stay where the first 40 lead; without them the drawing is small.
        ax.plot(trace.w[:41], trace.loss[:41], "o", color=colour, markersize=4)
        ax.plot(trace.w[-1], trace.loss[-1], "o", color=BEST, markersize=7)
        ax.set(title=f"μ = {mu:g}", xlabel="x", xticks=(-2, 0, 2, 4))
    axes[0].set_ylabel("f(x)")
    return fig


def _curve(ax, f, low, high, points):
    """The loss itself, from ``low`` to ``high``."""
    x = np.linspace(low, high, points)
    ax.plot(x, f(x), color=CURVE)


def _beside(ax, text, point, colour, dx=10, dy=0, ha="left"):
    """``text`` beside ``point``, ``dx`` and ``dy`` points away, in the colour of what it names."""
    ax.annotate(text, point, (dx, dy), textcoords="offset points", color=colour, ha=ha, va="center")
