"""Figures of the notebook *Train a net on real digits*: images, curves, confusions, mistakes, rules.

The label of each holds its words, computed from what it draws: what it shows, and the caption.
"""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from gdbook.figures.colours import ADAM, DIVERGES, GRID, INK, MUTED, OF_RULE
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades

SIDE = 8  # pixels of an image, across and down
LEVELS = 5  # shades of ink that are drawn, beside the paper


@in_house_style
def images(X, y, rows=2):
    """The first images of each digit in ``X``, a column for a digit."""
    fig, axes = _tiles(rows, 10, height=0.8)
    for row, digit in np.ndindex(rows, 10):
        ax = axes[10 * row + digit]
        _draw_image(ax, X[np.flatnonzero(y == digit)[row]])
        if row == 0:
            ax.set_title(str(digit), loc="center", fontweight="normal", pad=4)
    fig.set_label(
        f"The first {rows} images of each digit from 0 to 9, handwritten, of 8 by 8 grey pixels.\n\n"
        "All that the network sees of a digit: 64 numbers, one a pixel."
    )
    return fig


@in_house_style
def curves(run):
    """The loss of each batch and the accuracy after each epoch of a training, side by side."""
    epochs = len(run.accuracy) - 1
    per_epoch = len(run.loss) // epochs
    fig, (left, right) = figure(height=3.0, panels=2)
    left.semilogy(np.arange(len(run.loss)) / per_epoch, run.loss, color=GRID, lw=1)
    means = run.loss.reshape(epochs, per_epoch).mean(axis=1)
    left.semilogy(np.arange(epochs) + 0.5, means, color=ADAM)
    left.set(title="Loss of a batch", xlabel="epoch")
    decades(left.yaxis, _exponents(run.loss))
    for values, colour, name, up in (
        (run.accuracy, ADAM, "training", 9),
        (run.valid_accuracy, INK, "validation", -22),  # below the dips of its own curve
    ):
        right.plot(100 * values, color=colour)
        right.annotate(
            name,
            (epochs, 100 * values[-1]),
            (0, up),
            textcoords="offset points",
            color=colour,
            ha="right",
            va="bottom" if up > 0 else "top",
        )
    low = 100 * min(run.accuracy[1], run.valid_accuracy[1])
    right.set(title="Accuracy, %", xlabel="epoch", ylim=(np.floor(low / 5) * 5, 103), xlim=(0.7, epochs))
    fig.set_label(
        f"Left, the loss on a log axis against the epoch: from {run.loss[0]:.1f} it falls, with noise from "
        f"batch to batch, to a mean of {means[-1]:.3f} in the last epoch. Right, the accuracy: on the "
        f"training images it reaches {run.accuracy[-1]:.1%}, on the validation images "
        f"{run.valid_accuracy[-1]:.1%}.\n\n"
        "Left, the loss of each batch, pale, and its mean over each epoch. Right, the accuracy after "
        f"each epoch: at the end {run.accuracy[-1]:.1%} on the images that it trained on, "
        f"{run.valid_accuracy[-1]:.1%} on the validation images, which it did not train on."
    )
    return fig


@in_house_style
def confusion(y, guess):
    """How often each digit was taken for each: a table of counts, the mistakes in red."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (y, guess), 1)
    fig, ax = figure(height=4.6)
    for digit, taken in np.argwhere(counts):
        right = digit == taken
        ax.text(
            taken,
            digit,
            counts[digit, taken],
            ha="center",
            va="center",
            color=INK if right else DIVERGES,
            fontweight="normal" if right else "bold",
        )
    ax.set(
        xlim=(-0.5, 9.5),
        ylim=(9.5, -0.5),
        xticks=range(10),
        yticks=range(10),
        xlabel="the network says",
        ylabel="it is",
    )
    ax.grid(False)
    ax.tick_params(length=0)
    ax.set_xticks(np.arange(9) + 0.5, minor=True)
    ax.set_yticks(np.arange(9) + 0.5, minor=True)
    ax.grid(True, which="minor", color=GRID)
    ax.tick_params(which="minor", length=0)
    wrong = counts.sum() - np.trace(counts)
    fig.set_label(
        f"A table of ten digits by ten guesses. {np.trace(counts)} of {counts.sum()} images stand on the "
        f"diagonal, where the guess is right; {wrong} stand elsewhere, in red.\n\n"
        f"A row for each digit, a column for each guess. Black numbers are right, red ones wrong: {wrong} of "
        f"{counts.sum()} images."
    )
    return fig


@in_house_style
def mistakes(X, y, probabilities, columns=6):
    """The images with the wrong guess: what each is, the guess, and how sure the network was of it."""
    guess = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(guess != y)
    shown = wrong[: 2 * columns]
    rows = -(-max(len(shown), 1) // columns)
    fig, axes = _tiles(rows, columns, height=1.55)
    for ax in axes[len(shown) :]:
        ax.set_visible(False)
    told = []
    for ax, i in zip(axes, shown, strict=False):
        _draw_image(ax, X[i])
        sure = probabilities[i, guess[i]]
        ax.set_title(f"{y[i]}", loc="center", color=INK, pad=3)
        ax.set_xlabel(f"{guess[i]}? {sure:.0%}", color=DIVERGES)
        told.append(f"{_a(y[i])} taken for {_a(guess[i])} ({sure:.0%} sure)")
    fig.set_label(
        f"The images that the network gets wrong: {', '.join(told) or 'none'}.\n\n"
        "Above each image what it is; below it, red, what the network says, and how sure it is of that."
    )
    return fig


@in_house_style
def accuracy_by_rate(rates, tried):
    """Accuracy against the rate, for each rule: the mean over the seeds, and from the worst to the best.

    ``tried`` maps the name of a rule to its accuracies, of shape ``(len(rates), seeds)``; what diverged
    is NaN, and not drawn.
    """
    fig, ax = figure(height=3.6)
    best = []
    for name, accuracies in tried.items():
        colour = OF_RULE[name]
        mean = 100 * accuracies.mean(axis=1)
        ends = 100 * np.array([accuracies.min(axis=1), accuracies.max(axis=1)])
        ax.vlines(rates[name], *ends, color=colour, lw=1.2)
        ax.semilogx(rates[name], mean, "o-", color=colour, ms=5, label=name)
        top = int(np.nanargmax(mean))
        best.append(f"{name} {mean[top]:.1f}% at {rates[name][top]:g}")
    ax.set(xlabel="learning rate η", ylabel="accuracy, %")
    decades(ax.xaxis, _exponents(list(rates.values())))
    ax.legend(loc="lower center", ncols=len(tried))
    fig.set_label(
        "Validation accuracy against the learning rate on a log axis. Each rule has its hill; best are "
        f"{', '.join(best)}.\n\n"
        "Each rule at rates over several powers of ten: the mean of the seeds, and a line from the worst to "
        "the best. Every rule has its hill; where it stands differs from rule to rule."
    )
    return fig


@in_house_style
def by_shift(shifts, accuracies):
    """Accuracy against how far the images were moved sideways, in pixels."""
    fig, ax = figure(height=2.8)
    ax.plot(shifts, 100 * np.asarray(accuracies), "o-", color=ADAM)
    ax.axhline(10, color=MUTED, lw=1.2, ls="--")
    ax.text(shifts[0], 12, "chance", color=MUTED)
    ax.set(xlabel="moved right by, pixels", ylabel="accuracy, %", ylim=(0, 104), xticks=shifts)
    told = ", ".join(f"{a:.0%} at {s}" for s, a in zip(shifts, accuracies, strict=True))
    fig.set_label(
        f"Accuracy on the test images against how many pixels they were moved: {told}.\n\n"
        "The same test images, moved sideways. A guess without looking is right in one of ten."
    )
    return fig


def _exponents(values):
    """The powers of ten between the least and the largest value."""
    low, high = np.log10([np.min(values), np.max(values)])
    return range(int(np.ceil(low)), int(np.floor(high)) + 1)


def _a(digit):
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _tiles(rows, columns, height=1.1):
    """A figure of small square axes without frames, row by row."""
    fig, axes = figure(height=height * rows + 0.15, panels=1)
    axes.remove()
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set(xlim=(0, SIDE), ylim=(SIDE, 0), aspect="equal", xticks=[], yticks=[])
        ax.grid(False)
        for side in ax.spines.values():
            side.set_visible(True)
            side.set_color(GRID)
    return fig, axes


def _draw_image(ax, image):
    """Pixels as squares of ink, one path for each shade; so an image follows light and dark."""
    shades = np.rint(image.reshape(SIDE, SIDE) * LEVELS).astype(int)
    for shade in range(1, LEVELS + 1):
        squares = [_run(row, start, stop) for row, start, stop in _runs(shades == shade)]
        if squares:
            path = Path.make_compound_path(*squares)
            ax.add_patch(PathPatch(path, facecolor=INK, edgecolor="none", alpha=shade / LEVELS, lw=0))


def _runs(mask):
    """Neighbouring pixels of a row that are set, as ``(row, start, stop)``."""
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.r_[0, line, 0]))
        for start, stop in edges.reshape(-1, 2):
            yield row, start, stop


def _run(row, start, stop):
    corners = [(start, row), (stop, row), (stop, row + 1), (start, row + 1), (start, row)]
    return Path(corners, closed=True)
