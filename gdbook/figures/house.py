"""How the book's figures look: one set of colours, one type size, one way to start a figure.

Matplotlib is loaded when a figure is drawn: the build needs the colours alone.
"""

import functools
from typing import Any

# One colour for one thing, everywhere in the book. Distinct for colour-blind readers, and at
# least 4.5 : 1 against white. ``gdbook.site.build.svg`` turns each into a CSS variable, whose values
# for light and dark stand in docs/assets/book.css.
INK = "#1b1f24"  # text and the things measured
MUTED = "#5b6470"  # axes, notes
GRID = "#dde2e8"
PAPER = "#ffffff"
CURVE = "#4a5361"  # the loss itself
BLUE = "#0b62c4"  # gradient descent
ORANGE = "#b54a08"  # momentum
GREEN = "#0a7757"  # the minimum, what is best
PURPLE = "#7a3fb8"  # a third run
RED = "#bf2339"  # too large, diverging
# Further rules
OCHRE = "#8a6100"
TEAL = "#00707f"
PINK = "#ad2f8c"
OLIVE = "#5c6b00"

RULE_COLOURS = {
    "sgd": BLUE,
    "momentum": ORANGE,
    "nesterov": OCHRE,
    "adagrad": TEAL,
    "rmsprop": PINK,
    "adam": PURPLE,
    "lion": OLIVE,
}

NAMES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    CURVE: "curve",
    BLUE: "blue",
    ORANGE: "orange",
    GREEN: "green",
    PURPLE: "purple",
    RED: "red",
    OCHRE: "ochre",
    TEAL: "teal",
    PINK: "pink",
    OLIVE: "olive",
}

STYLE: Any = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.labelsize": 13,
    "figure.facecolor": "none",
    "font.size": 13,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "svg.fonttype": "none",
    "svg.hashsalt": "gdbook",
    "path.simplify_threshold": 0.2,
}

WIDTH = 7.2  # inches; 518 points, the width at which the type has its size


def figure(height=3.6, panels=1, **options):
    """A figure of the book's width with ``panels`` axes side by side: ``(figure, axes)``."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(WIDTH, height), layout="constrained")
    return fig, fig.subplots(1, panels, **options)


def words(text):
    """``(label, caption)``, which an empty line parts: what a figure shows, on one line, and its caption."""
    label, _, caption = (part.strip() for part in text.partition("\n\n"))
    return " ".join(label.split()), caption


def in_house_style(draw):
    """Decorate a function that draws a figure: the book's style holds while it runs.

    The figure has the name of the function for its gid.
    """

    @functools.wraps(draw)
    def styled(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(STYLE):
            fig = draw(*args, **kwargs)
            fig.set_gid(draw.__name__)
            return fig

    return styled
