"""The figure of the lab *The momentum phase diagram*: the rate of the heavy ball over (η, μ)."""

import numpy as np
from matplotlib.path import Path

from gdbook.figures.colours import ADAM, BEST, DESCENT, DIVERGES, INK, MOMENTUM, PAPER
from gdbook.figures.house import figure, in_house_style
from gdbook.theory import critical_momentum, momentum_best, momentum_limit, momentum_rate

# Steps for one more digit, at the edges of the bands of colour, and how strong each is.
DIGIT_STEPS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
SHADES = (0.95, 0.84, 0.73, 0.62, 0.52, 0.42, 0.32, 0.23, 0.15, 0.08)
TOO_LARGE = 0.16


@in_house_style
def phase_diagram(kappa=100):
    """How fast the heavy ball converges on a quadratic of condition number κ, with L = 1."""
    fig, ax = figure(height=4.4)
    lr, momentum = np.linspace(0.01, 4, 73), np.linspace(0, 0.999, 61)
    rate = np.array([[momentum_rate(step, beta, 1 / kappa, 1.0) for step in lr] for beta in momentum])
    edges = [0, *(0.1 ** (1 / steps) for steps in DIGIT_STEPS), 1, 9]
    shades = [*((DESCENT, shade) for shade in SHADES), (DIVERGES, TOO_LARGE)]
    bands = ax.contourf(lr, momentum, rate, levels=edges, colors=shades)
    bands.set_paths([_few_points(band) for band in bands.get_paths()])

    best = momentum_best(1 / kappa, 1.0)
    steep, flat = np.linspace(0.01, 4, 100), np.linspace(0.01, best[0], 100)
    ax.plot(steep, [critical_momentum(step, 1.0) for step in steep], color=MOMENTUM, linestyle=(0, (5, 2)))
    ax.plot(flat, [critical_momentum(step, 1 / kappa) for step in flat], color=ADAM, linestyle=(0, (5, 2)))
    _say(ax, 0.3, critical_momentum(0.3, 1.0) + 0.02, "steep spirals", MOMENTUM)
    _say(ax, 1.6, critical_momentum(1.6, 1 / kappa) + 0.03, "flat spirals", ADAM)
    ax.plot([momentum_limit(beta, 1.0) for beta in (0, 1)], [0, 1], color=DIVERGES)
    _say(ax, 3.3, 0.3, "diverges", DIVERGES)
    ax.plot(*best, "D", color=BEST, markeredgecolor=PAPER, markersize=10)
    _say(ax, best[0] + 0.08, best[1] - 0.06, "best", BEST, va="top")
    ax.set(
        xlabel="learning rate η, in units of 1/L",
        ylabel="momentum μ",
        xlim=(0, 4),
        ylim=(0, 1),
        title=f"κ = {kappa:g}",
    )
    ax.grid(False)
    ax.yaxis.label.set_color(INK)
    return fig


def _few_points(band, scale=(100, 250)):
    """The same outline without the points on its straight parts: half of the bytes.

    ``scale``: about how many points of the page a unit is, each way.
    """
    pieces = [Path(piece * scale).cleaned(simplify=True) for piece in band.to_polygons()]
    corners = [np.asarray(piece.vertices)[np.asarray(piece.codes) <= Path.LINETO] / scale for piece in pieces]
    return Path.make_compound_path(*(Path(corner) for corner in corners))


def _say(ax, x, y, words, colour, va="bottom"):
    ax.text(x, y, words, color=colour, va=va)
