"""Figures of the chapter *The learning rate*: the toy line, and parabolas."""

import functools

import numpy as np
from matplotlib.ticker import NullLocator

from gdbook.data import toy_line
from gdbook.descent import descend, outcome
from gdbook.figures import colours
from gdbook.figures.colours import BEST, CURVE, DESCENT, DIVERGES, MUTED
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.powers import power, ten_to
from gdbook.figures.table import table
from gdbook.linear import closed_form, mse, mse_grad, mse_hess, standardize, with_intercept
from gdbook.theory import gd_best_lr, gd_best_rate, gd_limit, gd_rate


@functools.cache
def toy_run(lr, steps):
    """The ``Trace`` of ``steps`` epochs on the toy line from w = b = 0; ``lr`` a number or a schedule."""
    x, y = toy_line()
    X = with_intercept(x)
    return descend(
        lambda theta: mse_grad(theta, X, y),
        np.zeros(2),
        loss=lambda theta: mse(theta, X, y),
        lr=lr,
        steps=steps,
    )


def toy_curvatures():
    """The smallest and the largest curvature of the toy loss: the eigenvalues of its Hessian."""
    x, _ = toy_line()
    low, high = np.linalg.eigvalsh(mse_hess(with_intercept(x)))
    return float(low), float(high)


def toy_kappa():
    """The condition number of the toy loss."""
    low, high = toy_curvatures()
    return high / low


def toy_limit():
    """The limit for η on the toy loss."""
    return gd_limit(toy_curvatures()[1])


def toy_best():
    """Slope and height of the line that fits the toy data best."""
    x, y = toy_line()
    return closed_form(with_intercept(x), y)


def toy_least_loss():
    """The least loss that any line has on the toy data."""
    x, y = toy_line()
    return float(mse(toy_best(), with_intercept(x), y))


def toy_outcome(lr, epochs):
    """How so many epochs on the toy line end, in one word."""
    return outcome(toy_run(lr, epochs), minimum=toy_best())


def epochs_to_a_thousandth(lr):
    """Epochs on the toy line until the distance to the best line is 1,000 times smaller."""
    far = np.linalg.norm(toy_run(lr, 1000).w - toy_best(), axis=1)
    return int(np.argmax(far <= far[0] / 1000))


def ramp(steps, low=1e-3, high=10.0):
    """The learning rates of a range test: ``steps`` of them, each the same factor above the last."""
    return np.geomspace(low, high, steps)


def range_test_lowest(steps):
    """The η at which the loss of a range test of so many steps is lowest."""
    lrs = ramp(steps)
    return lrs[np.nanargmin(toy_run(lambda t: lrs[t], steps).loss[1:])]


def overflows():
    """Rates above the limit on the toy line: the loss after 10 epochs, and when it is not finite any more."""
    rows = []
    for lr in (0.8, 1.0, 2.0, 10.0):
        run = toy_run(lr, 20_000)
        loss = f"{run.loss[10]:.1f}" if run.loss[10] < 10 else power(run.loss[10], 1)
        rows.append((f"{lr:g}", loss, f"{run.diverged_at:,}"))
    return table({"η": ">", "loss after 10 epochs": ">", "`diverged_at`": ">"}, rows)


def curvatures_with(column):
    """The smallest and the largest curvature when this column stands in the place of the toy line's x."""
    return np.linalg.eigvalsh(mse_hess(with_intercept(column)))


def standardized():
    """The toy line's x with mean 0 and standard deviation 1."""
    return standardize(toy_line()[0][:, None])[0][:, 0]


def limit_with(factor):
    """The limit for η when the toy line's x is multiplied by a factor."""
    return gd_limit(curvatures_with(factor * toy_line()[0])[1])


def scales():
    """The limit for η and κ with the toy line's x in four scales."""
    x = toy_line()[0]
    columns = {"$x$": x, "$10x$": 10 * x, "$100x$": 100 * x, "$x$ standardized": standardized()}
    rows = []
    for name, column in columns.items():
        low, high = curvatures_with(column)
        rows.append((name, f"{gd_limit(high):.3g}", f"{high / low:,.2f}"))
    return table({"input": "<", "limit for η": ">", "κ": ">"}, rows)


def decades(axis, powers):
    """Ticks at these powers of ten on a log axis, in plain text: 0.01, 1, 10⁴."""
    axis.set_ticks([10.0**p for p in powers], [f"{10.0**p:g}" if -3 <= p <= 2 else ten_to(p) for p in powers])
    axis.set_minor_locator(NullLocator())


@in_house_style
def three_rates():
    """Loss against epoch on the toy line for η = 0.01, 0.1 and 0.5, and the least loss there is."""
    fig, ax = figure(height=3.9)
    for lr, colour, dashes in zip((0.01, 0.1, 0.5), colours.ramp(3), (":", "--", "-"), strict=True):
        ax.plot(toy_run(lr, 100).loss, color=colour, linestyle=dashes, label=f"η = {lr:g}")
    ax.axhline(toy_least_loss(), color=MUTED, linewidth=1, label="least loss")
    ax.set_ylabel("loss L")
    ax.grid(True, axis="both")
    ax.set(title="Loss against epoch", xlabel="epoch", yscale="log", xlim=(0, 100))
    decades(ax.yaxis, (-2, -1, 0))
    ax.legend(loc="upper right", bbox_to_anchor=(1, 1.04))
    return fig


@in_house_style
def four_regimes():
    """Five steps on a parabola from error 1: ηλ = 0.5 glides, 1 lands, 1.5 swings and settles, 2.1 leaves."""
    fig, first = figure(height=5.2)
    first.remove()
    cases = (
        (0.5, DESCENT, "ηλ = 0.5: glides"),
        (1.0, BEST, "ηλ = 1: lands"),
        (1.5, DESCENT, "ηλ = 1.5: swings"),
        (2.1, DIVERGES, "ηλ = 2.1: leaves"),
    )
    x = np.linspace(-1.75, 1.75, 71)
    for ax, (lr, colour, title) in zip(fig.subplots(2, 2, sharex=True, sharey=True).flat, cases, strict=True):
        path = descend(lambda x: x, 1.0, lr=lr, steps=5).w
        ax.plot(x, x**2 / 2, color=CURVE, linewidth=1.2)
        ax.plot(path, path**2 / 2, "o-", color=colour, markersize=5, linewidth=1.2)
        ax.set_title(title, color=colour)
        ax.set(xticks=(-1, 0, 1), yticks=(0, 1))
        if ax.get_subplotspec().is_last_row():
            ax.set_xlabel("error e")
        if ax.get_subplotspec().is_first_col():
            ax.set_ylabel("loss ÷ λ")
    return fig


@in_house_style
def either_side_of_the_limit():
    """Loss against epoch on the toy line just below the limit, 0.78, and just above it, 0.80."""
    fig, ax = figure(height=3.6)
    for lr, colour in ((0.78, DESCENT), (0.80, DIVERGES)):
        loss = toy_run(lr, 200).loss
        ax.plot(loss, color=colour)
        ax.annotate(
            f"η = {lr:.2f}",
            (90, loss[90]),
            xytext=(0, 14),
            textcoords="offset points",
            ha="left" if lr == 0.78 else "right",
            va="center",
            color=colour,
        )
    ax.axhline(toy_least_loss(), color=MUTED, linewidth=1)
    ax.annotate(
        "least loss",
        (2, toy_least_loss()),
        xytext=(0, 5),
        textcoords="offset points",
        color=MUTED,
    )
    ax.set_ylabel("loss L")
    ax.set(xlabel="epoch", yscale="log", xlim=(0, 200), ylim=(2e-3, 2e6))
    decades(ax.yaxis, (-2, 0, 2, 4, 6))
    return fig


@in_house_style
def rate_against_lr():
    """The factor of each direction, |1 − ηλ|, against η; the larger one decides; best η and limit."""
    low, high = toy_curvatures()
    best, limit = gd_best_lr(low, high), toy_limit()
    fig, ax = figure(height=4.0)
    # |1 − ηλ| is made of straight lines: their ends and corners draw it exactly.
    steep = np.array([0, 1 / high, 0.95])
    flat = np.array([0, 0.95])
    corners = np.array([0, best, 0.95])
    ax.plot(corners, [gd_rate(lr, low, high) for lr in corners], color=DESCENT, linewidth=4, alpha=0.6)
    ax.plot(steep, abs(1 - steep * high), color=CURVE, linewidth=1.2)
    ax.plot(flat, abs(1 - flat * low), color=CURVE, linewidth=1.2, linestyle="--")
    ax.axhline(1, color=MUTED, linewidth=1)
    ax.axvline(limit, color=DIVERGES, linewidth=1.5)
    ax.plot([best, best], [0, gd_best_rate(low, high)], color=BEST, linewidth=1.5)
    ax.plot(best, gd_best_rate(low, high), "o", color=BEST, markersize=9)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("flattest direction", (0.3, 1 - 0.3 * low), xytext=(0, -17), color=CURVE, **beside)
    ax.annotate("most curved", (0.2, 1 - 0.2 * high), xytext=(10, 0), color=CURVE, **beside)
    ax.annotate("best", (best, 0.25), xytext=(-8, 0), ha="right", color=BEST, **beside)
    ax.annotate("limit", (limit, 0.25), xytext=(8, 0), color=DIVERGES, **beside)
    ax.set(xlabel="learning rate η", xlim=(0, 0.95), ylim=(0, 1.45))
    ax.set_ylabel("factor per step")
    ax.set_xticks((0, 0.2, 0.4, 0.6, 0.8))
    ax.set_yticks((0, 0.5, 1), ("0", "0.5", "1"))
    return fig


@in_house_style
def range_test():
    """Loss against η: after 100 epochs at that η, and in one run of 100 epochs in which η grows."""
    fig, ax = figure(height=4.0)
    lrs = ramp(100)
    ax.plot(lrs, [toy_run(float(lr), 100).loss[-1] for lr in lrs], color=DESCENT)
    rising = toy_run(lambda t: lrs[t], 100)
    ax.plot(lrs, rising.loss[1:], color=DESCENT, linestyle="--")
    ax.axvline(toy_limit(), color=DIVERGES, linewidth=1.5)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("100 epochs\nat each η", (0.0014, 0.06), xytext=(0, 0), color=DESCENT, **beside)
    ax.annotate("one rising run", (lrs[40], rising.loss[41]), xytext=(-2, 14), color=DESCENT, **beside)
    ax.annotate("limit", (toy_limit(), 20), xytext=(-8, 0), ha="right", color=DIVERGES, **beside)
    ax.set_ylabel("loss L")
    ax.set(xlabel="learning rate η", xscale="log", yscale="log")
    ax.set(xlim=(1e-3, 10), ylim=(4e-3, 50))
    decades(ax.xaxis, (-3, -2, -1, 0, 1))
    decades(ax.yaxis, (-2, -1, 0, 1))
    return fig
