"""The loss of a line from five means, against the same loss from the points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.browser.line_loss import LineLoss
from gdbook.data import toy_line
from gdbook.descent import descend
from gdbook.linear import closed_form, mse, mse_grad, mse_hess, with_intercept

coordinate = st.floats(-10, 10)


@pytest.fixture(scope="module")
def line():
    x, y = toy_line()
    return LineLoss(x, y), with_intercept(x), y


@given(coordinate, coordinate)
def test_five_means_say_the_same_as_the_points(w, b):
    x, y = toy_line()
    X, loss, theta = with_intercept(x), LineLoss(x, y), np.array([w, b])
    # Rounding of terms that are at most about 250 in size, here and there.
    assert loss(theta) == pytest.approx(mse(theta, X, y), rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(loss.grad(theta), mse_grad(theta, X, y), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(loss.hess(theta), mse_hess(X), rtol=1e-14)


def test_the_minimum_is_least_squares(line):
    loss, X, y = line
    np.testing.assert_allclose(loss.minima[0], closed_form(X, y), rtol=1e-12)
    assert loss(loss.minima[0]) == pytest.approx(mse(closed_form(X, y), X, y), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_curvatures_and_directions_are_the_eigenvectors_of_the_hessian(seed):
    x = np.random.default_rng(seed).normal(1.0 - seed, 1 + seed, 20)
    loss = LineLoss(x, x)
    values, vectors = np.linalg.eigh(mse_hess(with_intercept(x)))
    np.testing.assert_allclose(loss.curvatures, values, rtol=1e-12, atol=1e-13)
    for mine, theirs in zip(loss.directions, vectors.T, strict=True):
        assert abs(np.dot(mine, theirs)) == pytest.approx(1, rel=1e-13)


def test_a_run_is_the_run_on_the_points(line):
    loss, X, y = line
    means = descend(loss.grad, np.zeros(2), lr=0.5, steps=200, loss=loss)
    points = descend(lambda t: mse_grad(t, X, y), np.zeros(2), lr=0.5, steps=200, loss=lambda t: mse(t, X, y))
    np.testing.assert_allclose(means.w, points.w, rtol=0, atol=1e-13)
    np.testing.assert_allclose(means.loss, points.loss, rtol=1e-12)


def test_it_takes_arrays_of_many_lines(line):
    loss, X, y = line
    grid = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    np.testing.assert_allclose(loss(grid), [mse(theta, X, y) for theta in grid.T], rtol=1e-12)
    assert loss.grad(grid).shape == (2, 3)
    assert loss.hess(grid).shape == (2, 2, 3)


def test_points_above_one_another_leave_the_line_undetermined():
    with pytest.raises(ValueError, match="two different numbers"):
        LineLoss([1.0, 1.0], [2.0, 3.0])
