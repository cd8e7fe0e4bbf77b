"""What is drawn in a figure, what stands in a table, and the numbers that plates draw by chance."""

import math

import numpy as np


def line(ax, colour, style="-"):
    """``(x, y)`` of the one line of this colour and style that has more than two points."""
    (found,) = [
        drawn
        for drawn in ax.lines
        if drawn.get_color() == colour and drawn.get_linestyle() == style and len(drawn.get_xdata()) > 2
    ]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def rows(table):
    """The cells of each row of a table in Markdown, below its head."""
    return [line[2:-2].split(" | ") for line in table.split("\n")[2:]]


def draws(seed):
    """The numbers of a plate, from the generator of Park and Miller: around 0, of variance 1."""
    at = 1000 * seed
    while True:
        at = 48271 * at % (2**31 - 1)
        yield (at / (2**31 - 1) - 0.5) * math.sqrt(12)
