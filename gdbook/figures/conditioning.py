"""Figures of the chapter *Conditioning*: valleys, their directions, and how to make them round."""

import functools

import numpy as np
from matplotlib.patches import Ellipse

from gdbook.data import flats, toy_line
from gdbook.descent import descend
from gdbook.figures.colours import BEST, CURVE, DESCENT, DIVERGES, INK, MUTED, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades, toy_curvatures
from gdbook.figures.powers import power
from gdbook.figures.table import table
from gdbook.functions import beale, quadratic, rosenbrock
from gdbook.linear import closed_form, mse_grad, mse_hess, standardize, with_intercept
from gdbook.theory import (
    condition_number,
    gd_best_lr,
    gd_best_rate,
    gd_limit,
    half_axis,
    largest_curvature,
    steps_to,
)

FRACTION = 1 / 1000
KAPPAS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)


def steps_until(grad, start, goal, lr, most, fraction=FRACTION):
    """How many steps of gradient descent bring ``start`` to ``fraction`` of its distance from ``goal``."""
    far = np.linalg.norm(descend(grad, start, lr=lr, steps=most).w - goal, axis=1)
    if not np.any(far <= fraction * far[0]):
        raise ValueError(f"most must be at least the number of steps that it takes, got {most}")
    return int(np.argmax(far <= fraction * far[0]))


@functools.cache  # a page asks for the same ones several times
def steps_at_a_minimum(f, minimum, near=1e-4, fraction=FRACTION):
    """``(κ, steps)`` of gradient descent at its best rate, from ``near`` the minimum to a fraction of that.

    The start lies half in the most curved direction and half in the flattest.
    """
    minimum = np.array(minimum)
    curvatures, directions = np.linalg.eigh(f.hess(minimum))
    mu, L = curvatures[[0, -1]]
    start = minimum + near / 2**0.5 * directions.sum(axis=1)
    most = steps_to(fraction, gd_best_rate(mu, L)) * 11 // 10 + 1  # not quite a quadratic: some room
    return float(L / mu), steps_until(f.grad, start, minimum, gd_best_lr(mu, L), most, fraction)


def at_its_minimum(f):
    """``(κ, steps)`` at the first minimum of a function."""
    return steps_at_a_minimum(f, f.minima[0])


def second_factor(f):
    """How many steps the second factor of 1,000 takes, after the first of ``at_its_minimum``."""
    return steps_at_a_minimum(f, f.minima[0], fraction=FRACTION**2)[1] - at_its_minimum(f)[1]


def minimum_curvatures(f):
    """The smallest and the largest curvature at the first minimum of a function."""
    return tuple(np.linalg.eigvalsh(f.hess(np.array(f.minima[0])))[[0, -1]])


def rosenbrock_limit():
    """The limit for η at the minimum of Rosenbrock's valley."""
    return gd_limit(largest_curvature(rosenbrock.hess(rosenbrock.minima[0])))


def steps_with(mu, L):
    """Steps to 1/1000 of the distance on ½(μx² + Ly²) from (1, 1), at the best rate."""
    most = steps_to(FRACTION, gd_best_rate(mu, L))
    return steps_until(lambda w: w * [mu, L], [1.0, 1.0], np.zeros(2), gd_best_lr(mu, L), most)


def steps_for(kappas=KAPPAS):
    """Measured steps to 1/1000 on ½(x² + κy²) from (1, 1), at the best rate, for each κ."""
    return [steps_at_a_minimum(quadratic(kappa), (0.0, 0.0), near=2**0.5)[1] for kappa in kappas]


def _contours(ax, hess, centre, rises, **style):
    """Contour lines of a quadratic: the ellipses on which it has risen by each of ``rises``."""
    curvatures, directions = np.linalg.eigh(hess)
    angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
    for rise in rises:
        width, height = (2 * half_axis(rise, curvature) for curvature in curvatures)
        ax.add_patch(Ellipse(centre, width, height, angle=angle, fill=False, edgecolor=MUTED, **style))


def zigzag_path(kappa=20, steps=40):
    """Gradient descent in a valley of condition number κ, at the best rate."""
    return descend(quadratic(kappa).grad, [2.8, 0.7], lr=gd_best_lr(1, kappa), steps=steps).w


def across_over_along():
    """How many times further each of its steps goes across the valley than along it."""
    along, across = abs(np.diff(zigzag_path(), axis=0)).T
    return (across / along).mean()


def toy_components(lr, epochs):
    """The error of a run on the toy line in its flattest and most curved direction: shape (2, epochs + 1)."""
    x, y = toy_line()
    X = with_intercept(x)
    directions = np.linalg.eigh(mse_hess(X))[1]
    run = descend(lambda theta: mse_grad(theta, X, y), np.zeros(2), lr=lr, steps=epochs)
    return directions.T @ (run.w - closed_form(X, y)).T


def epochs_to_a_millionth():
    """Epochs with η = 0.5 until the error in the most curved direction is below a millionth."""
    return int(np.argmax(abs(toy_components(0.5, 80)[1]) < 1e-6))


def times_smaller():
    """How many times smaller 10 epochs with η = 0.5 make the error: in the flat, in the steep direction."""
    errors = abs(toy_components(0.5, 10))
    return errors[:, 0] / errors[:, 10]


def left_of_the_loss():
    """Which share of the loss above the least these 10 epochs leave."""
    losses = np.array(toy_curvatures()) @ toy_components(0.5, 10) ** 2
    return losses[10] / losses[0]


def left_of_the_distance():
    """Which share of the distance from the best line they leave."""
    far = np.hypot(*toy_components(0.5, 10))
    return far[10] / far[0]


@in_house_style
def two_directions(lr=0.5, epochs=80):
    """The error on the toy line in its two eigen-directions, against the epoch, on a log axis."""
    flat, steep = np.abs(toy_components(lr, epochs))
    fig, ax = figure(height=3.6)
    flattest, steepest = ramp(2)
    ax.plot(flat, color=flattest)
    shown = steep > 1e-8
    ax.plot(np.flatnonzero(shown), steep[shown], color=steepest, linestyle="--")
    ax.text(38, 4 * flat[38], "flattest direction", color=flattest)
    ax.text(9, steep[6], "most curved direction", color=steepest, va="center")
    ax.set(xlabel="epoch", yscale="log", xlim=(0, epochs), ylim=(1e-7, 5))
    ax.set_ylabel("size of the error")
    decades(ax.yaxis, (-6, -4, -2, 0))
    return fig


@in_house_style
def factor_against_curvature(mu=1.0, L=10.0):
    """The factor |1 − ηλ| against the curvature λ, for an η too small, the best one, and one too large."""
    fig, ax = figure(height=3.9)
    best = gd_best_lr(mu, L)
    ax.axvspan(mu, L, color=MUTED, alpha=0.1, linewidth=0)
    ax.axhline(1, color=MUTED, linewidth=1)
    for lr, colour, dashes in (
        (best / 3, CURVE, ":"),
        (best, BEST, "-"),
        (1.1 * gd_limit(L), DIVERGES, "--"),
    ):
        corners = np.array([0, 1 / lr, 12]) if 1 / lr < 12 else np.array([0, 12])
        ax.plot(corners, abs(1 - lr * corners), color=colour, linestyle=dashes)
        ends = np.array([mu, L])
        ax.plot(ends, abs(1 - lr * ends), "o", color=colour, markersize=6)
    ax.text(6.9, 0.12, "best η", color=BEST, va="center")
    ax.text(4.6, 0.78, "a third of it", color=CURVE, va="center")
    ax.text(9.6, 1.28, "too large", color=DIVERGES, ha="right", va="center")
    ax.set(xlabel="curvature λ", xlim=(0, 12), ylim=(0, 1.45))
    ax.set_ylabel("factor per step")
    ax.set_xticks((mu, L), (f"μ = {mu:g}", f"L = {L:g}"))
    ax.set_yticks((0, 0.5, 1), ("0", "0.5", "1"))
    return fig


@in_house_style
def steps_against_kappa():
    """Steps to 1/1000 of the distance against κ: measured on quadratics and at minima, and the theory."""
    fig, ax = figure(height=3.9)
    kappas = np.geomspace(2, 4000, 40)
    ax.plot(kappas, [np.log(FRACTION) / np.log(gd_best_rate(1, kappa)) for kappa in kappas], color=CURVE)
    ax.plot(KAPPAS, steps_for(), "o", color=DESCENT, markersize=6)
    for f, name in ((beale, "Beale"), (rosenbrock, "Rosenbrock")):
        kappa, steps = at_its_minimum(f)
        ax.plot(kappa, steps, "D", color=INK, markersize=8)
        ax.text(kappa * 0.8, steps * 1.25, name, color=INK, ha="right", va="center")
    ax.text(4, 9, "quadratics", color=DESCENT, va="center")
    ax.set(xscale="log", yscale="log", xlim=(1.5, 5000), ylim=(2, 20000))
    ax.set_xlabel("condition number κ")
    ax.set_ylabel("steps")
    decades(ax.xaxis, (1, 2, 3))
    decades(ax.yaxis, (1, 2, 3, 4))
    return fig


@in_house_style
def two_coordinates(epochs=30):
    """The toy line's loss for the input as it is and for the standardized one, each at its best rate."""
    x, y = toy_line()
    z = standardize(x[:, None])[0]
    fig, axes = figure(height=4.1, panels=2)
    for ax, column, title in ((axes[0], x, "input x"), (axes[1], z, "standardized")):
        X = with_intercept(column)
        hess, goal = mse_hess(X), closed_form(X, y)
        curvatures = np.linalg.eigvalsh(hess)
        lr = gd_best_lr(*curvatures)
        path = descend(functools.partial(mse_grad, X=X, y=y), np.zeros(2), lr=lr, steps=epochs).w
        rises = goal @ hess @ goal / 2 * np.array([0.01, 0.06, 0.25, 0.55, 1])
        _contours(ax, hess, goal, rises, linewidth=1, alpha=0.5)
        ax.plot(*path.T, "o-", color=DESCENT, markersize=3.5, linewidth=1.2)
        ax.plot(*goal, "o", color=BEST, markersize=8)
        ax.set_title(f"{title}: κ = {curvatures[1] / curvatures[0]:.3g}", fontweight="normal")
        ax.set(xlabel="slope", aspect="equal")
        ax.grid(False)
    axes[0].set(ylabel="height", xlim=(-0.7, 4.3), ylim=(-0.8, 3.7))
    axes[1].set(xlim=(-2.0, 3.0), ylim=(-0.3, 4.2))
    for ax in axes:
        ax.set_yticks((0, 2))
    return fig


def in_coordinates(X):
    """Four ways to scale the columns of a matrix, by name."""
    return {
        "as they are": X,
        "mean taken away only": X - X.mean(axis=0),
        "divided by their size only": X / np.sqrt(np.mean(X**2, axis=0)),
        "standardized": standardize(X)[0],
    }


def kappa_with(features):
    """κ of the mean squared error with these columns and one of ones."""
    return condition_number(mse_hess(with_intercept(features)))


def flats_kappa(scaling):
    """κ of the flats, scaled in one of the four ways."""
    return kappa_with(in_coordinates(flats()[0])[scaling])


def coordinates():
    """κ and theory's steps for the toy line and for the flats, scaled in four ways, as a table."""
    rows = []
    for name, X in (("toy line", toy_line()[0][:, None]), ("flats", flats()[0])):
        for scaling, features in in_coordinates(X).items():
            kappa = kappa_with(features)
            rate = gd_best_rate(1, kappa)
            steps = 1 if rate < 1e-12 else steps_to(FRACTION, rate)
            rows.append((name, scaling, compact(kappa), compact(steps)))
    return table({"data": "<", "columns": "<", "κ": ">", "steps to 1/1000": ">"}, rows)


def compact(number):
    """Three digits where that is enough, whole up to 10,000, and from there on a power of ten."""
    if number < 10_000:
        return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
    return power(number, 2)
