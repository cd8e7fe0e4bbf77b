"""Contours as smooth curves: few cubic pieces instead of many straight ones."""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from gdbook.figures.colours import MUTED

FINE = 161  # points of the grid, each way
PIXELS = (600, 400)  # about what a figure has, across and up
NEAR = 0.2  # pixels between a curve and the contour, at most
APART = 5  # pixels from a point of the contour to the next


def contours(ax, f, levels, domain):
    """Draw the lines of ``ax`` on which ``f``, of shape ``(2, …)`` to ``(…)``, has these values.

    ``domain``: the ranges of x and y, ``((low, high), (low, high))``.
    """
    from contourpy import contour_generator

    x, y = (np.linspace(low, high, FINE) for low, high in domain)
    found = contour_generator(x, y, f(np.array(np.meshgrid(x, y))))
    scale = PIXELS / np.ptp(domain, axis=1)
    pieces = [smooth(points * scale) for level in levels for points in found.lines(level)]
    vertices = np.concatenate([vertices for vertices, _ in pieces]) / scale
    path = Path(vertices, np.concatenate([codes for _, codes in pieces]))
    ax.add_patch(PathPatch(path, fill=False, edgecolor=MUTED, linewidth=1, alpha=0.5, zorder=0.9))
    ax.set(xlim=domain[0], ylim=domain[1])


def smooth(points):
    """``(vertices, codes)`` of cubic pieces that pass within ``NEAR`` of a fine line, ``(n, 2)``."""
    run = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    # The crossings of a grid are here close and there far apart.
    length = np.linspace(0, run[-1], max(9, int(run[-1] / APART)))
    points = np.stack([np.interp(length, run, along) for along in points.T], axis=1)
    closed = np.array_equal(points[0], points[-1])
    around = np.concatenate([points[-2:-1], points, points[1:2]]) if closed else points
    slopes = np.gradient(around, axis=0)[1:-1] if closed else np.gradient(points, axis=0)
    slopes /= np.hypot(*slopes.T)[:, None]

    def pieces(i, j):
        third = (length[j] - length[i]) / 3
        ends = points[i], points[i] + third * slopes[i], points[j] - third * slopes[j], points[j]
        u = ((length[i : j + 1] - length[i]) / (length[j] - length[i]))[:, None]
        weights = (1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3
        curve = sum(weight * end for weight, end in zip(weights, ends, strict=True))
        if j - i < 2 or np.hypot(*(curve - points[i : j + 1]).T).max() < NEAR:
            return list(ends[1:])
        middle = (i + j) // 2
        return pieces(i, middle) + pieces(middle, j)

    vertices = [points[0], *pieces(0, len(points) - 1)]
    return np.array(vertices), np.array([Path.MOVETO] + [Path.CURVE4] * (len(vertices) - 1))
