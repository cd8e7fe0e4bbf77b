"""Figures of the home page."""

import numpy as np

from gdbook.descent import descend
from gdbook.figures.house import BLUE, CURVE, GREEN, INK, MUTED, ORANGE, figure, in_house_style
from gdbook.functions import parabola, shifted_parabola


@in_house_style
def ball_on_parabola():
    """Gradient descent on $x^2$ from 2.6 with η = 0.1: the path, and the tangent at the start."""
    trace = descend(parabola.grad, 2.6, lr=0.1, steps=20)
    fig, ax = figure(height=3.4)
    x = np.linspace(-3, 3, 121)
    ax.plot(x, parabola(x), color=CURVE)
    x0 = trace.w[0]
    near = np.array([x0 - 0.75, x0 + 0.3])
    ax.plot(near, parabola(x0) + parabola.grad(x0) * (near - x0), color=ORANGE, linewidth=1.5)
    ax.annotate("slope f′(x) = 5.2", (x0 - 0.75, parabola(x0) - 0.75 * parabola.grad(x0)),
                xytext=(-10, 4), textcoords="offset points", ha="right", color=ORANGE)
    ax.plot(trace.w, parabola(trace.w), "o", color=BLUE, markersize=6)
    ax.plot(0, 0, "o", color=GREEN, markersize=6)
    ax.set(xlabel="x", ylabel="f(x) = x²", ylim=(-0.5, 9))
    return fig
