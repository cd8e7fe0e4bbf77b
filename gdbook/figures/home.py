"""The figure of the home page."""

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import BEST, CURVE, DESCENT, INK, MOMENTUM, MUTED
from gdbook.figures.house import figure, in_house_style
from gdbook.functions import parabola


@in_house_style
def ball(start=2.6, lr=0.1, steps=12):
    """A ball on the parabola: where it is, the slope there, and the steps that it takes."""
    trace = descend(parabola.grad, start, lr=lr, steps=steps)
    fig, ax = figure(height=3.5)
    x = np.linspace(-3.1, 3.1, 125)
    ax.plot(x, parabola(x), color=CURVE)

    x0, slope = trace.w[0], trace.grad[0]
    tangent = np.array([x0 - 1.0, x0 + 0.35])
    ax.plot(tangent, parabola(x0) + slope * (tangent - x0), color=MOMENTUM, linewidth=1.6)
    ax.text(x0 - 0.22, parabola(x0) + 0.1, f"slope {slope:.1f}", color=MOMENTUM, ha="right", va="center")

    floor = -1.4
    for here, there in zip(trace.w[:5], trace.w[1:6], strict=True):
        ax.annotate(
            "",
            (there, floor),
            (here, floor),
            arrowprops={"arrowstyle": "-|>", "color": DESCENT, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.6},
        )
        ax.plot([here, here], [floor, parabola(here)], color=MUTED, linewidth=0.7, linestyle=(0, (2, 3)))
    ax.text(trace.w[5] - 0.12, floor, "steps", color=DESCENT, ha="right", va="center")

    ax.plot(trace.w[1:], parabola(trace.w[1:]), "o", color=DESCENT, markersize=5)
    ax.plot(x0, parabola(x0), "o", color=DESCENT, markersize=12)
    ax.plot(0, 0, "o", color=BEST, markersize=6)
    ax.text(-0.05, -0.3, "minimum", color=BEST, ha="right", va="top")
    ax.set(xlabel="x", ylabel="f(x)", xlim=(-3.2, 3.2), ylim=(-2.2, 9.4), yticks=[0, 2, 4, 6, 8])
    ax.yaxis.label.set_color(INK)
    return fig
