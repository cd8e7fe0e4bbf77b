"""What is drawn in a figure."""

import numpy as np


def line(ax, colour, style="-"):
    """``(x, y)`` of the one line of this colour and style that has more than two points."""
    (found,) = [
        drawn
        for drawn in ax.lines
        if drawn.get_color() == colour and drawn.get_linestyle() == style and len(drawn.get_xdata()) > 2
    ]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())
