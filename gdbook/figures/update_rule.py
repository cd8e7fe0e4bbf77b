"""Figures of the chapter *The update rule*."""

import numpy as np

from gdbook.descent import descend
from gdbook.figures.house import BLUE, CURVE, GREEN, MUTED, ORANGE, PURPLE, figure, in_house_style
from gdbook.functions import double_well, parabola, shifted_parabola, wavy
from gdbook.rules import momentum


@in_house_style
def cost_against_theta():
    """Ten steps on $(\\theta - 3)^2$ from 0 with η = 0.1, and the tangent whose slope gave the first."""
    f = shifted_parabola
    trace = descend(f.grad, f.start, lr=0.1, steps=10, loss=f)
    slope = trace.grad[0]
    fig, ax = figure(height=3.4)
    _curve(ax, f, -0.6, 6.4, 71)
    near = np.array([-0.35, 1.3])
    ax.plot(near, f(f.start) + slope * (near - f.start), color=ORANGE, linewidth=1.5)
    name = f"slope {slope:.0f}".replace("-", "−")
    _beside(ax, name, (near[1], f(f.start) + slope * near[1]), ORANGE, dx=-8, ha="right")
    ax.plot(trace.w, trace.loss, "o", color=BLUE, markersize=6)
    for t, name in enumerate(("θ₀", "θ₁", "θ₂")):
        _beside(ax, name, (trace.w[t], trace.loss[t]), BLUE, dx=-10, dy=-10, ha="right")
    ax.plot(*f.minima, f(f.minima[0]), "o", color=GREEN, markersize=6)
    _beside(ax, "minimum", (f.minima[0], 0), GREEN, dx=0, dy=-17, ha="center")
    ax.set(xlabel="θ", ylabel="Cost J(θ)", ylim=(-1.4, 11.5), xticks=range(7))
    return fig


@in_house_style
def one_step():
    """The cost after one step of any size η from $\\theta = 0$ on $(\\theta - 3)^2$, and Taylor's line."""
    f = shifted_parabola
    slope = f.grad(f.start)
    lr = np.linspace(-0.25, 1.1, 91)
    fig, ax = figure(height=3.4)
    ax.plot(lr, f(f.start - lr * slope), color=CURVE)
    near = np.array([-0.2, 0.29])
    ax.plot(near, f(f.start) - near * slope**2, color=ORANGE, linewidth=1.5)
    _beside(ax, "Taylor’s line", (near[1], f(f.start) - near[1] * slope**2), ORANGE, dx=-10, dy=4, ha="right")
    _beside(ax, "the cost after the step", (0.53, 5), CURVE, dx=0, ha="center")
    ax.plot(0, f(f.start), "o", color=BLUE, markersize=6)
    _beside(ax, "no step", (0, f(f.start)), BLUE, dx=10, dy=9)
    ax.axhline(f(f.start), color=MUTED, linewidth=0.8, zorder=0)
    ax.set(xlabel="step size η", ylabel="J(θ − η g)", ylim=(-2, 16.5))
    ax.set(xticks=(0, 0.25, 0.5, 0.75, 1), yticks=range(0, 16, 3))
    return fig


@in_house_style
def glide_and_swing():
    """Gradient descent on $x^2$ from 2.6: η = 0.1 stays on its side, η = 0.9 crosses at each step."""
    fig, axes = figure(height=3.0, panels=2, sharey=True)
    for ax, lr, colour in zip(axes, (0.1, 0.9), (BLUE, PURPLE), strict=True):
        trace = descend(parabola.grad, 2.6, lr=lr, steps=20, loss=parabola)
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
    for start, colour, ha in ((-2.6, PURPLE, "left"), (2.6, BLUE, "right")):
        trace = descend(f.grad, start, lr=0.1, steps=50, loss=f)
        ax.plot(trace.w, trace.loss, "o-", color=colour, markersize=6, linewidth=1)
        name = f"x₀ = {start}".replace("-", "−")
        _beside(ax, name, (start, f(start)), colour, dx=12 if ha == "left" else -12, ha=ha)
        ax.plot(trace.w[-1], trace.loss[-1], "o", color=GREEN, markersize=7)
    ax.set(xlabel="x", ylabel="f(x)", ylim=(-1.8, 5.6), xticks=(-2, -1, 0, 1, 2))
    return fig


@in_house_style
def through_the_ripples():
    """The wavy function from 5, η = 0.05, 400 steps: μ = 0 stops in a local minimum, μ = 0.9 does not."""
    fig, axes = figure(height=3.0, panels=2, sharey=True)
    for ax, mu, colour in zip(axes, (0.0, 0.9), (BLUE, ORANGE), strict=True):
        trace = descend(wavy.grad, 5.0, rule=momentum, lr=0.05, momentum=mu, steps=400, loss=wavy)
        _curve(ax, wavy, -2.6, 5.6, 121)
        # The last 360 steps stay where the first 40 lead; without them the drawing is small.
        ax.plot(trace.w[:41], trace.loss[:41], "o", color=colour, markersize=4)
        ax.plot(trace.w[-1], trace.loss[-1], "o", color=GREEN, markersize=7)
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
