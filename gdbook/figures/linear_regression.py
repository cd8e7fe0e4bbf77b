"""Figures of the chapter on linear regression."""

import numpy as np

from gdbook.data import toy_line
from gdbook.figures.house import BLUE, CURVE, GREEN, INK, MUTED, PURPLE, figure, in_house_style
from gdbook.linear import closed_form, fit, half_mse, mse_hess, with_intercept

# One colour for one batch size, in both figures that compare them.
BATCH_COLOURS = {None: BLUE, 10: CURVE, 1: PURPLE}
BATCH_NAMES = {None: "batch: all 100", 10: "mini-batch: 10", 1: "single sample"}


@in_house_style
def lines_on_the_way(lr=0.01, shown=(10, 100, 1000)):
    """The toy data, the line after each of the ``shown`` numbers of steps, and least squares."""
    x, y = toy_line()
    X = with_intercept(x)
    trace = fit(X, y, lr=lr, epochs=max(shown))
    fig, ax = figure(height=3.9)
    ax.plot(x, y, "o", color=MUTED, markersize=3, alpha=0.6)
    ends = np.array([0.0, 1.0])
    for theta, name, colour in [
        *((trace.w[t], f"{t} steps", BLUE) for t in shown),
        (closed_form(X, y), "closed form", GREEN),
    ]:
        line = with_intercept(ends) @ theta
        ax.plot(ends, line, color=colour, label=name)
        ax.annotate(
            name, (1, line[1]), (6, 0), textcoords="offset points", va="center", color=colour, fontsize=12
        )
    ax.set(xlabel="x", ylabel="y", xlim=(0, 1.27), ylim=(0, 3.3), yticks=[0, 1, 2, 3])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    return fig


@in_house_style
def loss_by_batch_size(lr=0.2, epochs=20, seed=0):
    """J above its minimum against epoch, at most ten points an epoch.

    The dashed line is the noise floor of the single samples: the mean over the last quarter.
    """
    x, y = toy_line()
    X = with_intercept(x)
    least = half_mse(closed_form(X, y), X, y)
    fig, ax = figure(height=3.9)
    for size, colour in BATCH_COLOURS.items():
        loss = fit(X, y, lr=lr, epochs=epochs, batch_size=size, seed=seed).loss - least
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
    ax.set_ylabel("J(θ) − lowest J", labelpad=12)
    ax.legend(loc="upper right", bbox_to_anchor=(0.93, 1), borderaxespad=0, labelcolor="linecolor")
    return fig


@in_house_style
def paths_by_batch_size(lr=0.2, steps=200, seed=0):
    """Batch and single-sample gradient descent in the plane of w and b, over contours of J."""
    x, y = toy_line()
    X = with_intercept(x)
    best = closed_form(X, y)
    fig, ax = figure(height=4.6)
    # J is a quadratic: where it is c above its minimum is an ellipse of half axes √(2c/λ).
    curvature, axes = np.linalg.eigh(mse_hess(X) / 2)
    angle = np.linspace(0, 2 * np.pi, 91)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    for c in np.geomspace(0.003, 2, 9):
        ellipse = best[:, None] + axes @ (np.sqrt(2 * c / curvature)[:, None] * circle)
        ax.plot(*ellipse, color=MUTED, linewidth=0.6)
    for size in (1, None):
        epochs = steps if size is None else -(-steps * size // len(y))
        path = fit(X, y, lr=lr, epochs=epochs, batch_size=size, seed=seed).w[: steps + 1]
        ax.plot(
            *path.T, ".-", color=BATCH_COLOURS[size], linewidth=1.3, markevery=10, label=BATCH_NAMES[size]
        )
    ax.plot(*best, "o", color=GREEN, markersize=8)
    ax.annotate("closed form", best, (-6, -18), textcoords="offset points", color=GREEN, ha="center")
    ax.annotate("start", (0, 0), (8, -3), textcoords="offset points", color=INK)
    ax.set(xlim=(-0.15, 2.35), ylim=(-0.15, 1.95))
    ax.set(xlabel="w", ylabel="b", aspect="equal", xticks=[0, 0.5, 1, 1.5, 2], yticks=[0, 0.5, 1, 1.5])
    ax.grid(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), labelcolor="linecolor", ncols=2, columnspacing=5)
    return fig
