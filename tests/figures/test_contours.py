"""Contours are smooth, where they should be, and small."""

import numpy as np
import pytest
from matplotlib.path import Path

from gdbook.figures.contours import NEAR, contours, smooth
from gdbook.figures.house import figure, in_house_style
from gdbook.functions import himmelblau, quadratic


@in_house_style
def drawn(f, levels, domain):
    fig, ax = figure()
    contours(ax, f, levels, domain)
    return fig


def points_of(fig):
    """Points on the curves, nine for each cubic piece, in the units of the axes."""
    (patch,) = fig.axes[0].patches
    return on_the_pieces(patch.get_path().vertices, patch.get_path().codes)


def on_the_pieces(vertices, codes):
    u = np.linspace(0, 1, 9)[:, None]
    weights = (1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3
    points = []
    for line in np.split(vertices, np.flatnonzero(codes == Path.MOVETO)[1:]):
        for i in range(0, len(line) - 1, 3):
            points.append(sum(weight * end for weight, end in zip(weights, line[i : i + 4], strict=True)))
    return np.concatenate(points)


@pytest.mark.parametrize("levels", [(15,), (60, 150, 300)])
def test_the_curves_are_where_the_function_has_the_levels(levels):
    f = himmelblau
    points = points_of(drawn(f, levels, ((-5, 5), (-5, 5))))
    slopes = np.hypot(*f.grad(points.T))
    off = np.abs(f(points.T)[:, None] - levels) / slopes[:, None]
    assert off.min(axis=1).max() < 0.01  # of 10 units that the picture is wide


def test_an_ellipse_is_a_few_cubic_pieces():
    fig = drawn(quadratic(20), (2.5,), ((-3, 3), (-1.2, 1.2)))
    path = fig.axes[0].patches[0].get_path()
    assert set(path.codes) == {Path.MOVETO, Path.CURVE4}
    assert len(path.vertices) < 80


def test_a_circle_stays_one():
    angle = np.linspace(0, 2 * np.pi, 400)
    circle = 100 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    circle[-1] = circle[0]
    vertices, codes = smooth(circle)
    points = on_the_pieces(vertices, codes)
    assert np.abs(np.hypot(*points.T) - 100).max() < NEAR
    assert len(vertices) <= 25
