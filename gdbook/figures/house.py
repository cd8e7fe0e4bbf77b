"""How the book's figures look: one set of colours, one type size, one way to start a figure.

Matplotlib is loaded when a figure is drawn: the build needs the colours alone.
"""

import functools
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

# One colour for one thing, everywhere in the book: ``colours`` says which. Distinct for colour-blind
# readers, and at least 4.5 : 1 against paper. ``gdbook.site.build.svg`` turns each into a CSS variable, whose
# values for light and dark stand in docs/assets/book.css.
INK = "#1b1f24"  # text and the things measured
MUTED = "#5b626c"  # axes, notes
GRID = "#e6e3da"
PAPER = "#fffefb"
CURVE = "#4a5361"  # the loss itself
BLUE = "#0b62c4"  # gradient descent
ORANGE = "#b54a08"  # momentum
GREEN = "#0a7757"  # the minimum, what is best
PURPLE = "#7a3fb8"  # Adam
RED = "#bf2339"  # too large, diverging
# Further rules
OCHRE = "#8a6100"
TEAL = "#00707f"
PINK = "#ad2f8c"
OLIVE = "#5c6b00"
BROWN = "#7a4a21"
# Four steps of one quantity, from the smallest value to the largest
PALE = "#447a80"
LIGHT = "#216385"
MIDDLE = "#223f75"
DEEP = "#1f174a"

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
    BROWN: "brown",
    PALE: "pale",
    LIGHT: "light",
    MIDDLE: "middle",
    DEEP: "deep",
}

STYLE: Any = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 13.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 13.5,
    "figure.facecolor": "none",
    "font.size": 13.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 13,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "svg.fonttype": "none",
    "svg.hashsalt": "gdbook",
    "path.simplify_threshold": 0.2,
}

# Inches of 72 points, and on a page a point is a pixel: the text's width at a desk and on a phone.
WIDE = 660 / 72
NARROW = 350 / 72
DRAWN_AT = 7.2  # the width for which the heights of the figures are given

_narrow = ContextVar("narrow", default=False)
_again: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # how to draw a figure once more


@contextmanager
def narrow():
    """While this lasts figures are drawn for a phone."""
    token = _narrow.set(True)
    try:
        yield
    finally:
        _narrow.reset(token)


def is_narrow():
    """Whether figures are drawn for a phone just now."""
    return _narrow.get()


def width():
    """The width of figures just now, in inches."""
    return NARROW if is_narrow() else WIDE


def figure(height=3.6, panels=1, stacked=True, narrow_height=None, **options):
    """A figure of the book's width with ``panels`` axes: ``(figure, axes)``.

    Panels stand side by side; for a phone one below the other, unless they are not ``stacked``. ``height`` is
    in inches for a figure 7.2 inches wide, ``narrow_height`` in inches as it is on a phone.
    """
    from matplotlib.figure import Figure

    rows = panels if is_narrow() and stacked else 1
    if rows > 1:
        options.pop("width_ratios", None)
    if is_narrow():
        inches = narrow_height or (rows * height * 0.86 if rows > 1 else height * 0.92)
    else:
        inches = height * WIDE / DRAWN_AT
    fig = Figure(figsize=(width(), inches), layout="constrained")
    # Lines of words are higher in a browser.
    layout: Any = fig.get_layout_engine()
    layout.set(h_pad=8 / 72)
    return fig, fig.subplots(rows, panels // rows, **options)


def redrawn(fig):
    """``fig`` drawn anew, for a phone or a desk; itself if no function ``in_house_style`` drew it."""
    return _again[fig]() if fig in _again else fig


def _finish(fig):
    """What holds for the axes of all figures: few ticks, and the name of y above its axis, to be read."""
    from matplotlib.ticker import AutoLocator
    from matplotlib.transforms import ScaledTranslation

    named = {_row(ax) for ax in fig.axes if ax.get_ylabel()}
    for ax in fig.axes:
        for axis, ticks in ((ax.xaxis, 4 if is_narrow() else 6), (ax.yaxis, 4)):
            if isinstance(axis.get_major_locator(), AutoLocator):
                axis.get_major_locator().set_params(nbins=ticks)
        label = ax.yaxis.label
        if label.get_text() and label.get_rotation() == 90:
            label.set(rotation=0, ha="left", va="bottom", text=label.get_text().replace("\n", " "))
            up = ScaledTranslation(0, 7 / 72, fig.dpi_scale_trans)
            ax.yaxis.set_label_coords(0, 1, transform=ax.transAxes + up)
        if _row(ax) in named:
            ax._set_title_offset_trans(28)  # above the name of y; ``set_title`` would forget its colour


def _row(ax):
    """Which row of the figure's panels this is."""
    place = ax.get_subplotspec()
    return place and place.rowspan.start


def words(text):
    """``(label, caption)``, which an empty line parts: what a figure shows, on one line, and its caption."""
    label, _, caption = (part.strip() for part in text.partition("\n\n"))
    return " ".join(label.split()), caption


def in_house_style(draw):
    """Decorate a function that draws a figure: the book's style holds while it runs.

    The figure has the name of the function for its gid, and ``redrawn`` draws it once more.
    """

    @functools.wraps(draw)
    def styled(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(STYLE):
            fig = draw(*args, **kwargs)
            _finish(fig)
            fig.set_gid(draw.__name__)
            _again[fig] = functools.partial(styled, *args, **kwargs)
            return fig

    return styled
