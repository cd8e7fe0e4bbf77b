"""Figures of the chapter on linear regression."""

import functools

import numpy as np

from gdbook.data import batches, flats, toy_line
from gdbook.descent import descend
from gdbook.figures.colours import BEST, INK, MUTED, ramp
from gdbook.figures.house import figure, in_house_style, is_narrow
from gdbook.figures.learning_rate import toy_best, toy_curvatures
from gdbook.figures.powers import short
from gdbook.figures.table import table
from gdbook.linear import (
    closed_form,
    fit,
    half_mse,
    half_mse_grad,
    mse,
    mse_grad,
    mse_hess,
    standardize,
    with_intercept,
)
from gdbook.rules import rmsprop
from gdbook.theory import condition_number, gd_best_rate, gd_limit, gd_rate, steps_to

# One colour for one batch size, in both figures that compare them.
BATCH_COLOURS = dict(zip((None, 10, 1), reversed(ramp(3)), strict=True))
BATCH_NAMES = {None: "batch: all 100", 10: "mini-batch: 10", 1: "single sample"}

SEEDS = 8  # of the table of batch sizes


@functools.cache
def toy_fit(lr, epochs, size=None, seed=0):
    """Descent on half the mean squared error of the toy line, from 0."""
    x, y = toy_line()
    return fit(with_intercept(x), y, lr=lr, epochs=epochs, batch_size=size, seed=seed)


def least():
    """The least J of the toy line."""
    x, y = toy_line()
    return half_mse(toy_best(), with_intercept(x), y)


def curvatures():
    """The smallest and the largest curvature of J, half of those of the mean squared error."""
    low, high = toy_curvatures()
    return low / 2, high / 2


def distance(lr, steps):
    """How far from the closed form the batch run is after so many steps."""
    return np.linalg.norm(toy_fit(lr, steps).w[-1] - toy_best())


def at_most(lr):
    """Steps in which the distance to the closed form becomes 1000 times smaller for certain."""
    return steps_to(1e-3, gd_rate(lr, *curvatures()))


def counted(lr):
    """Steps until the distance to the closed form is 1000 times smaller, from 0."""
    away = np.linalg.norm(toy_fit(lr, at_most(lr)).w - toy_best(), axis=1)
    return int(np.argmax(away <= away[0] / 1000))


def steps_for_a_solution(m, n):
    """How many steps of descent cost as much as one solution of the normal equations, in multiplications."""
    return (m * n**2 + n**3) / (2 * m * n)  # a step is two products with X


def above_least(size, lr=0.2, epochs=20, seed=0):
    """J above its minimum at each step of a run with this batch size."""
    return toy_fit(lr, epochs, size, seed).loss - least()


@in_house_style
def loss_by_batch_size(lr=0.2, epochs=20, seed=0):
    """J above its minimum against epoch, at most ten points an epoch.

    The dashed line is the noise floor of the single samples: the mean over the last quarter.
    """
    fig, ax = figure(height=3.9)
    for size, colour in BATCH_COLOURS.items():
        loss = above_least(size, lr, epochs, seed)
        steps = (len(loss) - 1) // epochs
        every = max(1, steps // 10)
        epoch = np.arange(0, len(loss), every) / steps
        marker = {"marker": "o", "markersize": 4} if size is None else {}
        width = 1.2 if size == 1 else 2.0
        ax.semilogy(
            epoch, loss[::every], color=colour, linewidth=width, label=BATCH_NAMES[size], zorder=3, **marker
        )
    floor = np.mean(loss[-len(loss) // 4 :])  # of the last curve drawn, the single samples
    ax.axhline(floor, color=INK, linestyle="--", linewidth=1.2, zorder=4, label="noise floor")
    ax.set(xlabel="epoch", xlim=(0, epochs), xticks=np.linspace(0, epochs, 5))
    ax.set(ylim=(3e-6, 20), yticks=[1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
    ax.set_yticklabels(["1", "0.1", "0.01", "0.001", "0.0001", "0.00001"])  # not as powers: plain text
    ax.minorticks_off()
    ax.set_ylabel("J(θ) − lowest J")
    ax.legend(loc="upper right", bbox_to_anchor=(0.93, 1), borderaxespad=0, labelcolor="linecolor")
    return fig


@in_house_style
def paths_by_batch_size(lr=0.2, steps=200, seed=0):
    """Batch and single-sample gradient descent in the plane of w and b, over contours of J."""
    x, y = toy_line()
    X = with_intercept(x)
    best = toy_best()
    fig, ax = figure(height=4.6)
    # J is a quadratic: where it is c above its minimum is an ellipse of half axes √(2c/λ).
    curvature, axes = np.linalg.eigh(mse_hess(X) / 2)
    angle = np.linspace(0, 2 * np.pi, 91)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    for c in np.geomspace(0.003, 2, 9):
        ellipse = best[:, None] + axes @ (np.sqrt(2 * c / curvature)[:, None] * circle)
        ax.plot(*ellipse, color=MUTED, linewidth=1, alpha=0.5)
    for size in (1, None):
        epochs = steps if size is None else -(-steps * size // len(y))
        path = toy_fit(lr, epochs, size, seed).w[: steps + 1]
        ax.plot(
            *path.T, ".-", color=BATCH_COLOURS[size], linewidth=1.3, markevery=10, label=BATCH_NAMES[size]
        )
    ax.plot(*best, "o", color=BEST, markersize=8)
    ax.annotate("closed form", best, (-6, -18), textcoords="offset points", color=BEST, ha="center")
    ax.annotate("start", (0, 0), (8, -3), textcoords="offset points", color=INK)
    ax.set(xlim=(-0.15, 2.35), ylim=(-0.15, 1.95))
    ax.set(xlabel="w", ylabel="b", aspect="equal", xticks=[0, 0.5, 1, 1.5, 2], yticks=[0, 0.5, 1, 1.5])
    ax.grid(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), labelcolor="linecolor", ncols=1 if is_narrow() else 2)
    return fig


def after_20_epochs():
    """How far the three batch sizes come in 20 epochs at 0.2: means over seeds, as a table."""
    rows = []
    for name, size in (("batch", None), ("mini-batch", 10), ("single", 1)):
        runs = [toy_fit(0.2, 20, size, seed) for seed in range(SEEDS if size else 1)]
        loss = np.mean([run.loss[-1] for run in runs]) - least()
        away = np.mean([np.linalg.norm(run.w[-1] - toy_best()) for run in runs])
        rows.append((name, len(runs[0].grad) // 20, size or 100, f"{loss:.5f}", f"{away:.3f}"))
    columns = (
        "gradient from",
        "steps an epoch",
        "samples a step",
        "$J$ − lowest $J$",
        "distance to closed form",
    )
    return table(dict.fromkeys(columns, "<"), rows)


def floor(lr):
    """The noise floor of single samples: J above its minimum in the last ten of 25 epochs, four seeds."""
    return np.mean([toy_fit(lr, 25, 1, seed).loss[-1000:] for seed in range(4)]) - least()


def flat_share():
    """Which part of the length of the mini-batch run's last error lies in the flat direction."""
    directions = np.linalg.eigh(mse_hess(with_intercept(toy_line()[0])))[1]
    error = toy_fit(0.2, 20, 10).w[-1] - toy_best()
    return abs(directions[:, 0] @ error) / np.linalg.norm(error)


def scalings():
    """What the unit of a feature does to κ, to the limit and to the steps: the flats, as a table."""
    X, _ = flats()
    scaled = {"distance in metres": X, "in kilometres": X / [1, 1000], "standardized": standardize(X)[0]}
    rows = []
    for name, features in scaled.items():
        hess = mse_hess(with_intercept(features)) / 2
        small, large = np.linalg.eigvalsh(hess)[[0, -1]]
        steps = steps_to(1e-3, gd_best_rate(small, large))
        rows.append((name, *(short(x, 1000, 2) for x in (condition_number(hess), gd_limit(large), steps))))
    columns = "features", "$\\kappa$", "limit of $\\eta$", "steps to 1/1000"
    return table(dict.fromkeys(columns, "<"), rows)


@functools.cache
def raw_flats():
    """Descent on the flats at 0.01, their features not scaled."""
    X, price = flats()
    return fit(with_intercept(X), price, lr=0.01, epochs=1000)


def rmsprop_off():
    """By how much the last two slopes of 1,000 steps of RMSProp are off, at 0.01."""
    x, y = toy_line()
    X = with_intercept(x)
    run = descend(lambda t: half_mse_grad(t, X, y), np.zeros(2), rmsprop, lr=0.01, rho=0.9, steps=1000)
    return run.w[-2:, 0] - toy_best()[0]


def without_intercept():
    """The slope of the best line through the origin, and its mean squared error."""
    x, y = toy_line()
    column = x[:, None]
    theta = closed_form(column, y)
    return theta[0], mse(theta, column, y)


def gradient_ratio():
    """The gradient of one convention over that of the other, at 0."""
    x, y = toy_line()
    X = with_intercept(x)
    return mse_grad(np.zeros(2), X, y) / half_mse_grad(np.zeros(2), X, y)


def doubled(lr, steps):
    """Descent by the gradient of the mean squared error, with the losses of half of it."""
    x, y = toy_line()
    X = with_intercept(x)
    grad, loss = (lambda t: mse_grad(t, X, y)), (lambda t: half_mse(t, X, y))
    return descend(grad, np.zeros(2), lr=lr, steps=steps, loss=loss)


def collinear():
    """The toy line's x given twice, as x and 2x, with an intercept."""
    x, _ = toy_line()
    return np.column_stack([x, 2 * x, np.ones(len(x))])


def collinear_solved():
    """The shortest of the best parameters for collinear columns."""
    return closed_form(collinear(), toy_line()[1])


def collinear_from(start):
    """Where descent with collinear columns ends, from a start."""
    return fit(collinear(), toy_line()[1], lr=0.2, epochs=3000, theta0=start).w[-1]


def mean_of_batches(size):
    """The plain mean of the gradients of an epoch's batches at θ = (1, 0), equally large or not."""
    x, y = toy_line()
    X, theta = with_intercept(x), np.array([1.0, 0.0])
    dealt = batches(len(x), size, np.random.default_rng(0))
    return np.mean([half_mse_grad(theta, X[i], y[i]) for i in dealt], axis=0)


def updates(samples, size):
    """How many updates an epoch makes."""
    x, y = toy_line()
    return len(fit(with_intercept(x[:samples]), y[:samples], epochs=1, batch_size=size).grad)
