"""Figures of the chapter *Three proofs*: what each of them promises, beside what is measured."""

import numpy as np

from gdbook.figures.colours import BEST, CURVE, GRADIENT, MUTED, ramp
from gdbook.figures.house import figure, in_house_style, is_narrow
from gdbook.figures.mathematics import PLACE, SMOOTH_AT
from gdbook.functions import log_cosh, quadratic
from gdbook.theory import heavy_ball_rate, momentum_best

KAPPA = 16  # of the proof about momentum: its root is whole


def slope_towards(degrees, kappa=4):
    """The slope of the quadratic at (2, 1) in the direction of an angle."""
    g = np.array(quadratic(kappa).grad(PLACE))
    return g[0] * np.cos(np.radians(degrees)) + g[1] * np.sin(np.radians(degrees))


def steepest(kappa=4):
    """``(angle in degrees, slope)`` of the gradient at (2, 1)."""
    g = np.array(quadratic(kappa).grad(PLACE))
    return np.degrees(np.arctan2(g[1], g[0])), np.hypot(*g)


@in_house_style
def slopes_around():
    """The slope at (2, 1) in each direction: largest in that of the gradient, least in the opposite one."""
    angles = np.linspace(-180, 180, 181)
    angle, most = steepest()
    fig, ax = figure(height=3.2)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(angles, slope_towards(angles), color=CURVE)
    ax.plot(angle, most, "o", color=GRADIENT, markersize=8)
    ax.plot(angle - 180, -most, "o", color=BEST, markersize=8)
    ax.text(angle, most + 0.35, "gradient", color=GRADIENT, ha="center", va="bottom")
    ax.text(angle - 180, -most - 0.35, "descent", color=BEST, ha="center", va="top")
    ax.set(xlim=(-180, 180), ylim=(-6.2, 6.2), xlabel="direction, degrees", xticks=(-180, -90, 0, 90, 180))
    ax.set_ylabel("slope")
    return fig


def falls(lr, x=SMOOTH_AT, L=1.0):
    """``(measured, promised)``: by how much a step on log cosh lowers it, and the lemma's least."""
    g = log_cosh.grad(x)
    return log_cosh(x) - log_cosh(x - lr * g), lr * (1 - lr * L / 2) * g**2


@in_house_style
def promise():
    """The decrease of one step against η: measured on log cosh, and what the descent lemma promises."""
    lr = np.linspace(0, 2.6, 120)
    measured, promised = falls(lr)
    fig, ax = figure(height=3.2)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(lr, measured, color=CURVE)
    ax.plot(lr, promised, color=ramp(1)[0], linestyle="--")
    ax.plot(1, falls(1.0)[1], "o", color=BEST, markersize=8)
    ax.text(1.0, falls(1.0)[1] - 0.08, "best promise, η = 1/L", color=BEST, ha="center", va="top")
    ax.text(1.5, falls(1.5)[0] + 0.07, "measured", color=CURVE, ha="right", va="bottom")
    ax.text(2.3, falls(2.3)[1] + 0.08, "promised", color=ramp(1)[0], ha="left", va="bottom")
    ax.set(xlim=(0, 2.75), xlabel="η, in units of 1/L", xticks=(0, 1, 2))
    ax.set_ylabel("fall of f")
    return fig


def rates(momentum, lr, kappa=KAPPA, n=200):
    """The factor a step of the heavy ball, for curvatures from 1 to κ: ``(curvatures, factors)``."""
    curvatures = np.linspace(1, kappa, n)
    return curvatures, [heavy_ball_rate(lr, momentum, curvature) for curvature in curvatures]


@in_house_style
def level():
    """The heavy ball's factor against curvature: level at its best, above that elsewhere for another μ."""
    lr, best = momentum_best(1, KAPPA)
    less, more = 0.6 * best, 1.7 * best
    fig, ax = figure(height=3.4)
    for momentum, colour, dashes in ((less, ramp(2)[0], ":"), (best, BEST, "-"), (more, ramp(2)[1], "--")):
        ax.plot(*rates(momentum, lr), color=colour, linestyle=dashes)
    ax.text(8.5, best**0.5 - 0.03, f"best μ = {best:.2f}", color=BEST, ha="center", va="top")
    ax.text(8.5, more**0.5 + 0.02, f"more: μ = {more:.2f}", color=ramp(2)[1], ha="center", va="bottom")
    ax.text(5 if is_narrow() else 3.2, 0.72, f"less: μ = {less:.2f}", color=ramp(2)[0], va="bottom")
    ax.set(xlim=(1, KAPPA), ylim=(0.3, 1.02), xlabel="curvature λ", xticks=(1, 4, 8, 12, 16))
    ax.set_ylabel("factor per step")
    return fig
