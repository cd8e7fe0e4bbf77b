"""Figures of the chapter *Landscapes*: basins, saddles, plateaus, and many dimensions."""

import functools
from typing import Any

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import BEST, CURVE, INK, ramp
from gdbook.figures.contours import contours
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.functions import double_well, himmelblau, log_cosh, rastrigin, saddle, wavy
from gdbook.numeric import tanh
from gdbook.rules import momentum, sgd
from gdbook.theory import gd_limit, largest_curvature

# One colour for each minimum of Himmelblau's function, and how strong its basin is.
BASIN_COLOURS = ramp(4)
SHADE = 0.45
MAP = 7.0  # the map of starts goes from −7 to 7 on both axes
CALM_LR, RAGGED_LR = 0.002, 0.0145
FOUR_LR = 0.01
FOUR_STARTS = ((0.3, 0.3), (-0.7, 0.3), (-0.7, -1.2), (0.3, -1.2))


def starts(n, size=MAP):
    """The centres of ``n`` by ``n`` cells from −``size`` to ``size``: shape ``(2, n, n)``."""
    line = size * (2 * np.arange(n) + 1 - n) / n
    return np.array(np.meshgrid(line, line))


def ends(f, lr, w, steps, near=0.1):
    """Where gradient descent ends from each of many starts ``w`` of shape ``(2, …)``.

    The index in ``f.minima`` of the minimum within ``near`` of the end, −1 if there is none.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            w, _ = sgd(w, f.grad(w), lr=lr)
        distance = np.array([np.hypot(w[0] - x, w[1] - y) for x, y in f.minima])
    which = np.full(w.shape[1:], -1)
    for i, d in enumerate(distance):
        which[d < near] = i  # not where d is NaN: such a run overflowed
    return which


def jumps(f, lr, w, steps, wide=0.1):
    """Which of many runs jump for ever between two points at least ``wide`` apart, after so many steps."""
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            w, _ = sgd(w, f.grad(w), lr=lr)
        once, _ = sgd(w, f.grad(w), lr=lr)
        twice, _ = sgd(once, f.grad(once), lr=lr)
        return (np.hypot(*(twice - w)) < 1e-9) & (np.hypot(*(once - w)) > wide)


def edge_cells(which):
    """In how many cells of a map the end is not that of the cell to the left, or of the one below."""
    here = which[1:, 1:]
    return int(np.sum((here != which[:-1, 1:]) | (here != which[1:, :-1])))


@functools.cache
def edge_growth(lr, sizes=(64, 128, 256), steps=100):
    """By which factor the number of edge cells grows each time the map's cells are halved.

    A smooth edge has twice as many cells then, an area four times as many.
    """
    cells = np.array([edge_cells(ends(himmelblau, lr, starts(n), steps)) for n in sizes])
    return cells[1:] / cells[:-1]


def signed(number, places):
    """A number with so many places and a true minus sign."""
    return f"{number:.{places}f}".replace("-", "−")


def four_gaps():
    """How far each of the four starts of the first figure is from the one before."""
    return np.hypot(*np.diff(FOUR_STARTS, axis=0).T)


def four_apart():
    """How far apart the ends of the second and of the last of these runs are."""
    second, last = (
        descend(himmelblau.grad, list(FOUR_STARTS[i]), lr=FOUR_LR, steps=100).w[-1] for i in (1, 3)
    )
    return np.hypot(*(second - last))


def crossing_limit(x):
    """The η above which a step from x crosses the hump of the double well."""
    return 1 / (x**2 - 2)


def double_well_path(lr, start=2.6):
    """Gradient descent on the double well from a start."""
    return descend(double_well.grad, start, lr=lr, steps=400).w


def crossings():
    """The first step and the end of runs on the double well from 2.6, as a table."""
    paths = {lr: double_well_path(lr) for lr in (0.1, 0.2, 0.3, 0.4)}
    rows = [(lr, signed(w[1], 3), signed(w[-1], 4)) for lr, w in paths.items()]
    return table({"η": "<", "after one step": ">", "the end": ">"}, rows)


def lost():
    """Which share of the map's starts overflows at the larger rate."""
    return np.mean(ends(himmelblau, RAGGED_LR, starts(128), 400) < 0)


def minimum_limits():
    """The limit of η at each minimum of Himmelblau's function."""
    return [gd_limit(largest_curvature(himmelblau.hess(minimum))) for minimum in himmelblau.minima]


INNER = starts(64, size=4.0)  # where one would start
OVER, FAR_OVER = 0.0165, 0.0228  # above the limit of the narrowest minimum


@functools.cache
def inner_ends(lr):
    """Where gradient descent ends from each start within ±4."""
    return ends(himmelblau, lr, INNER, 400)


def moved():
    """Which share of the starts within ±4 changes its end between the two rates of the rim."""
    return np.mean(inner_ends(FOUR_LR) != inner_ends(RAGGED_LR))


def in_the_narrowest():
    """Which of the starts within ±4 end in the narrowest minimum."""
    return inner_ends(FOUR_LR) == np.argmin(minimum_limits())


def caught():
    """Which of these jump for ever across it when the rate is above its limit."""
    return in_the_narrowest() & jumps(himmelblau, OVER, INNER, 400)


def widest():
    """The widest minimum of Himmelblau's function."""
    return himmelblau.minima[np.argmax(minimum_limits())]


def thrown():
    """Which share of them ends in the widest minimum when the rate is far above the limit."""
    return np.mean(inner_ends(FAR_OVER)[in_the_narrowest()] == np.argmax(minimum_limits()))


def steps_to_leave(y0, lr, out=0.5, steps=1000):
    """How many steps gradient descent needs on the saddle until ``|y|`` exceeds ``out``."""
    y = descend(saddle.grad, [1.8, y0], lr=lr, steps=steps).w[:, 1]
    return int(np.argmax(np.abs(y) > out))


def leaving():
    """Steps to leave the saddle from four distances at two rates, counted and by formula, as a table."""
    rows = []
    for words, eps in (("10⁻²", 1e-2), ("10⁻⁴", 1e-4), ("10⁻⁸", 1e-8), ("10⁻¹⁶", 1e-16)):
        cells = [(steps_to_leave(eps, lr), f"{np.log(0.5 / eps) / np.log(1 + lr):.1f}") for lr in (0.1, 0.5)]
        rows.append((words, *cells[0], *cells[1]))
    # A title stands once in a dict: the blank tells two of them apart and does not show.
    return table({"ε": "<", "η = 0.1": ">", "formula": ">", "η = 0.5": ">", "formula ": ">"}, rows)


def saturated(w):
    r"""Loss of one tanh unit whose target is 1: $\tfrac12 (1 - \tanh w)^2$, flat for negative w."""
    return (1 - tanh(w)) ** 2 / 2


def saturated_grad(w):
    r"""Its gradient, $-(1 - \tanh w)(1 - \tanh^2 w)$, near $-8 e^{2w}$ for negative w."""
    return -(1 - tanh(w)) * (1 - tanh(w) ** 2)


def steps_across(grad, w0, lr):
    """How many steps take gradient descent from a negative ``w0`` to 0."""
    w, steps = w0, 0
    while w < 0:
        w, _ = sgd(w, grad(w), lr=lr)
        steps += 1
    return steps


def on_the_plain():
    """Steps of the saturated unit to 0 from four starts, and of log cosh to within ½, as a table."""
    rows = []
    for w0 in (-2.0, -3.0, -4.0, -5.0):
        straight = np.argmax(descend(log_cosh.grad, w0, lr=0.5, steps=50).w > -0.5)
        slope = signed(saturated_grad(w0), 5)
        steps = f"{steps_across(saturated_grad, w0, 0.5):,}", f"{np.exp(-2 * w0) / 8:,.0f}"
        rows.append((signed(w0, 0), slope, *steps, straight))
    columns = "slope there", "steps to 0", "formula", "steps on $\\log\\cosh w$"
    return table({"start": "<", **dict.fromkeys(columns, ">")}, rows)


RATES = 0.01 * 2.0 ** np.arange(8)  # of the wavy function


@functools.cache
def found(mu):
    """Which share of 241 starts on the wavy function ends in the global minimum, for each of the rates."""
    lr: Any = RATES[:, None]
    w = np.broadcast_to(np.linspace(-6, 6, 241), (len(RATES), 241))
    v = np.zeros_like(w)
    for _ in range(600):
        w, v = momentum(w, wavy.grad(w), v, lr=lr, momentum=mu)
    return np.mean(abs(w) < 0.01, axis=1)


def wavy_found():
    """These shares without momentum and with it, as a table."""
    shares = zip(RATES, found(0.0), found(0.9), strict=True)
    rows = [(f"{lr:g}", f"{plain:.0%}", f"{heavy:.0%}") for lr, plain, heavy in shares]
    return table({"η": "<", "μ = 0": ">", "μ = 0.9": ">"}, rows)


@functools.cache
def definite_share(n, count, seed):
    """Share of positive definite ones among ``count`` random symmetric matrices, ``n`` by ``n``.

    They are A + Aᵀ with standard normal A, the Gaussian orthogonal ensemble. A matrix is positive
    definite if and only if all its pivots are positive, so each step of the elimination drops those
    whose pivot is not.
    """
    a = np.random.default_rng(seed).normal(size=(count, n, n))
    a = a + a.transpose(0, 2, 1)
    for _ in range(n):
        a = a[a[:, 0, 0] > 0]
        a = a[:, 1:, 1:] - a[:, 1:, :1] * a[:, :1, 1:] / a[:, :1, :1]
    return len(a) / count


def share_with_equal_variances():
    """Share of positive definite ones, 2 by 2, if the three entries are independent and of one variance.

    With m and h half the sum and half the difference of the diagonal, and b beside it, both eigenvalues are
    positive if m > √(h² + b²). Scaled to one variance that is a cone, m² > h² + 2b², and the share is that of
    the sphere inside it.
    """
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    squared = 1 + np.sin(angle) ** 2  # cos² + 2 sin²
    return float(np.mean(1 - np.sqrt(squared / (1 + squared))) / 2)


@in_house_style
def four_ends():
    """Himmelblau's function, and gradient descent with η = 0.01 from four starts a unit or so apart."""
    fig, ax = figure(height=4.6)
    contours(ax, himmelblau, (15, 60, 150, 300), ((-5, 5), (-5, 5)))
    for start, colour in zip(FOUR_STARTS, BASIN_COLOURS, strict=True):
        w = descend(himmelblau.grad, list(start), lr=FOUR_LR, steps=16).w
        ax.plot(*w.T, "o-", color=colour, markersize=3.5, linewidth=1.4)
        ax.plot(*w[0], "o", color=INK, markersize=5)
    for minimum in himmelblau.minima:
        ax.plot(*minimum, "o", color=BEST, markersize=9)
    ax.set(xlabel="x", ylabel="y", xticks=(-4, -2, 0, 2, 4), yticks=(-4, -2, 0, 2, 4), aspect="equal")
    ax.grid(False)
    return fig


@in_house_style
def basin_maps():
    """Which of Himmelblau's minima each start leads to, for a small rate and for one near the limit."""
    fig, axes = figure(height=3.9, panels=2, stacked=False, sharey=True, narrow_height=3.4)
    for ax, lr, n in zip(axes, (CALM_LR, RAGGED_LR), (32, 52), strict=True):  # smooth edges need few cells
        w = starts(n)
        which = ends(himmelblau, lr, w, 400)
        for i, colour in enumerate(BASIN_COLOURS):
            ax.contourf(w[0, 0], w[1, :, 0], which == i, levels=[0.5, 1.5], colors=[(colour, SHADE)])
        for minimum in himmelblau.minima:
            ax.plot(*minimum, "o", color=INK, markersize=5)
        ax.set(title=f"η = {lr:g}", xlabel="start x", xlim=(-MAP, MAP), ylim=(-MAP, MAP), aspect="equal")
        ax.set(xticks=(-5, 0, 5), yticks=(-5, 0, 5))
        ax.grid(False)
    axes[0].set_ylabel("start y")
    return fig


PLATEAUS = tuple(zip((-2.0, -3.0, -4.0), reversed(ramp(3)), strict=True))


@in_house_style
def plateau(lr=0.5):
    """Loss of a saturated tanh unit against steps, from three starts, each further out on its plain."""
    fig, ax = figure(height=3.4)
    for w0, colour in PLATEAUS:
        loss = descend(saturated_grad, w0, lr=lr, steps=2500, loss=saturated).loss
        gone = steps_across(saturated_grad, w0, lr)
        shown = np.unique(np.geomspace(1, len(loss) - 1, 150).astype(int))  # the axis is logarithmic
        ax.plot(shown, loss[shown], color=colour)
        ax.annotate(
            f"w₀ = −{-w0:g}",
            (gone, 1),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    ax.set_ylabel("loss")
    ax.set(xlabel="step", xscale="log", xlim=(1, 3000), ylim=(0, 2.15), yticks=(0, 1, 2))
    decades(ax.xaxis, (0, 1, 2, 3))
    return fig


SIZES = (1, 2, 3, 4, 5)
SEEDS = 5
MATRICES = 40_000


@in_house_style
def definite_shares():
    """Share of positive definite matrices against size: random symmetric ones, and independent signs."""
    fig, ax = figure(height=3.6)
    shares = np.array([shares_of(n) for n in SIZES])
    ax.plot(SIZES, [0.5**n for n in SIZES], color=CURVE, linestyle="--", linewidth=1.2)
    ax.plot(SIZES, shares.mean(axis=1), "o-", color=INK)
    low, high = shares.min(axis=1), shares.max(axis=1)
    ax.vlines(SIZES, np.maximum(low, 1e-5), high, color=INK, linewidth=4, alpha=0.5)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("n coin tosses", (4, 0.5**4), (6, 13), color=CURVE, **beside)
    ax.annotate("random matrices", (3, shares[2].mean()), (-10, -16), ha="right", color=INK, **beside)
    ax.set_ylabel("share without\na way down")
    ax.set(xlabel="dimension n", yscale="log", xlim=(0.8, 5.3), ylim=(3e-5, 1.2), xticks=SIZES)
    decades(ax.yaxis, (-4, -3, -2, -1, 0))
    return fig


def shares_of(n):
    """The share of positive definite matrices of size n, for each seed."""
    return np.array([definite_share(n, MATRICES, seed) for seed in range(SEEDS)])


def mean_share(n):
    """The mean of these shares."""
    return shares_of(n).mean()


def definite():
    """These shares beside the exact ones that are known, as a table."""
    exact = {1: 1 / 2, 2: (2 - 2**0.5) / 4, 3: 1 / 4 - 1 / (2**0.5 * np.pi)}
    rows = []
    for n in SIZES:
        shares = shares_of(n)
        known = f"{exact[n]:.5f}" if n in exact else ""
        rows.append((n, f"{shares.mean():.5f}", f"{shares.min():.5f}", f"{shares.max():.5f}", known))
    columns = "share, mean of seeds", "lowest", "highest", "exact"
    return table({"n": "<", **dict.fromkeys(columns, ">")}, rows)


def turns():
    """How many points without slope Rastrigin's function has along an axis."""
    (low, high), _ = rastrigin.domain
    line = np.linspace(low, high, 1000)
    slope = rastrigin.grad(np.array([line, 0 * line]))[0]
    return int(np.sum(np.sign(slope[1:]) != np.sign(slope[:-1])))


def minima_along():
    """How many minima it has along an axis."""
    return round(len(rastrigin.minima) ** 0.5)
