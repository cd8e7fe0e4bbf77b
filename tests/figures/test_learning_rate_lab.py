"""What the figure of the lab *Learning rate* draws, against the loss from the points themselves."""

import numpy as np
import pytest
from matplotlib.patches import Ellipse

from gdbook.data import toy_line
from gdbook.figures.colours import DESCENT
from gdbook.figures.learning_rate_lab import plane
from gdbook.linear import closed_form, fit, mse, with_intercept

X, Y = with_intercept(toy_line()[0]), toy_line()[1]


@pytest.fixture(scope="module")
def ax():
    (ax,) = plane().axes
    return ax


def test_each_contour_line_has_twice_the_rise_of_the_one_inside(ax):
    least = mse(closed_form(X, Y), X, Y)
    lines = [patch for patch in ax.patches if isinstance(patch, Ellipse)]
    for rise, line in zip(2.0 ** np.arange(-4, 4), lines, strict=True):
        # The ends of both axes; an ellipse is turned by its angle.
        for end in ((0.5, 0), (0, 0.5)):
            theta = line.get_patch_transform().transform(np.multiply(end, 2))
            assert mse(theta, X, Y) - least == pytest.approx(rise, rel=1e-10)


def test_the_path_is_gradient_descent(ax):
    (path,) = [line for line in ax.lines if line.get_color() == DESCENT]
    # fit halves the loss, so twice the rate takes the same steps.
    np.testing.assert_allclose(path.get_xydata(), fit(X, Y, lr=1.0, epochs=100).w, rtol=0, atol=1e-13)


def test_a_unit_is_as_long_along_w_as_along_b(ax):
    assert ax.get_aspect() == 1
