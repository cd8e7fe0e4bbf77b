"""Figures of the race lab."""

from typing import Any

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import BEST, OF_RULE
from gdbook.figures.contours import contours
from gdbook.figures.house import figure, in_house_style
from gdbook.functions import quadratic
from gdbook.rules import RULES
from gdbook.theory import gd_best_lr, momentum_best

KAPPA = 100
ADAM_LR = 0.237  # of the rates that the lab tries the fastest here
START = (2.5, 0.4)  # from higher up the best momentum swings out of the picture
STEPS = 60


@in_house_style
def race():
    """Gradient descent, momentum and Adam on a quadratic of κ = 100, each with its best rates."""
    f = quadratic(KAPPA)
    lr, beta = momentum_best(1, KAPPA)
    best: dict[str, dict[str, Any]] = {
        "sgd": {"lr": gd_best_lr(1, KAPPA)},
        "momentum": {"lr": lr, "momentum": beta},
    }
    best["adam"] = {"lr": ADAM_LR}
    fig, ax = figure(height=3.825)  # the live picture's 640 : 340
    height = f(np.array(np.meshgrid(*(np.linspace(low, high, 121) for low, high in f.domain))))
    contours(ax, f, np.geomspace(np.quantile(height, 0.02), height.max(), 9)[:-1], f.domain)
    for (name, hyper), words, at in zip(
        best.items(), ("gradient descent", "momentum", "Adam"), (1.72, 1.2, 0.68), strict=True
    ):
        w = descend(f.grad, list(START), RULES[name], steps=STEPS, **hyper).w
        colour = OF_RULE[name]
        ax.plot(*w.T, "o-", color=colour, markersize=3, linewidth=1.2)
        ax.plot(*w[-1], "o", color=colour, markersize=9)
        ax.text(-2.9, at, words, color=colour, va="center")
    ax.plot(*f.minima[0], "o", color=BEST, markersize=5)
    ax.set(xlabel="x", ylabel="y", xlim=f.domain[0], ylim=f.domain[1], yticks=(-2, -1, 0, 1, 2))
    ax.grid(False)
    return fig
