"""Linear regression: the gradient as derived, and fits that go where least squares says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook import linear
from gdbook.data import toy_line
from gdbook.linear import (
    closed_form,
    fit,
    half_mse,
    half_mse_grad,
    mse,
    mse_grad,
    mse_hess,
    standardize,
    with_intercept,
)
from gdbook.rules import momentum
from gdbook.theory import gd_best_lr


def problem(seed, m=12, n=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)


@pytest.fixture(scope="module")
def line():
    x, y = toy_line()
    return with_intercept(x), y


seeds = st.integers(0, 1000)


def test_with_intercept_appends_ones():
    np.testing.assert_array_equal(with_intercept([2.0, 3.0]), [[2, 1], [3, 1]])
    np.testing.assert_array_equal(with_intercept(np.zeros((2, 3))), [[0, 0, 0, 1]] * 2)


@given(seeds)
def test_mse_is_the_mean_of_the_squared_errors(seed):
    theta, X, y = problem(seed)
    total = sum(
        (sum(a * b for a, b in zip(row, theta, strict=True)) - t) ** 2 for row, t in zip(X, y, strict=True)
    )
    assert mse(theta, X, y) == pytest.approx(total / 12, rel=1e-13)  # sums of 12 terms in another order
    assert half_mse(theta, X, y) == mse(theta, X, y) / 2


@given(seeds)
def test_gradients_are_complex_step_derivatives(seed):
    theta, X, y = problem(seed)
    h = 1e-30
    for loss, grad in ((mse, mse_grad), (half_mse, half_mse_grad)):
        slopes = [np.imag(loss(theta + 1j * h * e, X, y)) / h for e in np.eye(3)]
        np.testing.assert_allclose(grad(theta, X, y), slopes, rtol=1e-12, atol=1e-13)  # rounding of the sums


@given(seeds)
def test_hessian_is_the_change_of_the_gradient(seed):
    theta, X, y = problem(seed)
    columns = [mse_grad(theta + e, X, y) - mse_grad(theta, X, y) for e in np.eye(3)]  # exact: it is linear
    np.testing.assert_allclose(mse_hess(X), np.transpose(columns), rtol=0, atol=1e-13)


@given(seeds)
def test_closed_form_solves_the_normal_equations(seed):
    _, X, y = problem(seed)
    # 12 random rows are well conditioned, but seldom perfectly: some digits go in XᵀX
    np.testing.assert_allclose(closed_form(X, y), np.linalg.solve(X.T @ X, X.T @ y), rtol=1e-8, atol=1e-10)


def test_closed_form_of_many_solutions_is_the_shortest():
    X = np.array([[1.0, 1.0], [2.0, 2.0]])  # any θ with θ₁ + θ₂ = 2 fits
    np.testing.assert_allclose(closed_form(X, [2.0, 4.0]), [1.0, 1.0], rtol=1e-14)


def test_toy_line_has_the_facts_of_the_book(line):
    X, y = line
    low, high = np.linalg.eigvalsh(mse_hess(X))
    # as many digits as are printed
    assert (low, high) == pytest.approx((0.13410, 2.53593), abs=5e-6)
    assert high / low == pytest.approx(18.91, abs=5e-3)
    assert 2 / high == pytest.approx(0.78866, abs=5e-6)
    assert gd_best_lr(low, high) == pytest.approx(0.74905, abs=5e-6)
    assert closed_form(X, y) == pytest.approx((2.01379, 0.98272), abs=5e-6)
    assert mse(closed_form(X, y), X, y) == pytest.approx(0.0081490, abs=5e-8)


@given(seeds)
def test_batch_descent_follows_the_eigenvectors(seed):
    """On a quadratic, θ_t − θ* = (I − η H)ᵗ (θ_0 − θ*)."""
    theta, X, y = problem(seed)
    trace = fit(X, y, lr=0.05, epochs=20, theta0=theta)
    best = closed_form(X, y)
    step = np.eye(3) - 0.05 * mse_hess(X) / 2
    expected = best + np.linalg.matrix_power(step, 20) @ (theta - best)
    np.testing.assert_allclose(trace.w[-1], expected, rtol=0, atol=1e-10)  # the digits that closed_form has


@pytest.mark.parametrize("hyper", [{"lr": 1.0}, {"lr": 0.5, "rule": momentum, "momentum": 0.8}])
def test_descent_reaches_least_squares(line, hyper):
    X, y = line
    trace = fit(X, y, epochs=1000, **hyper)
    np.testing.assert_allclose(trace.w[-1], closed_form(X, y), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("share", "diverges"), [(0.99, False), (1.01, True)])
def test_fit_diverges_beyond_two_over_the_largest_curvature(line, share, diverges):
    X, y = line
    limit = 2 / np.linalg.eigvalsh(mse_hess(X) / 2)[-1]
    trace = fit(X, y, lr=share * limit, epochs=2000)
    assert (trace.loss[trace.last] > trace.loss[0]) == diverges


@pytest.mark.parametrize(("size", "steps"), [(None, 1), (100, 1), (30, 4), (1, 100)])
def test_an_epoch_takes_a_step_for_each_batch(line, size, steps):
    X, y = line
    trace = fit(X, y, epochs=3, batch_size=size)
    assert trace.w.shape == (3 * steps + 1, 2)
    assert trace.loss.shape == (3 * steps + 1,)
    assert trace.loss[-1] == half_mse(trace.w[-1], X, y)


def test_gradients_of_the_batches_of_an_epoch_average_to_the_whole(line):
    X, y = line
    trace = fit(X, y, lr=0.0, epochs=1, batch_size=20, theta0=[1.0, 1.0])
    # sums of 100 terms in another order
    np.testing.assert_allclose(trace.grad.mean(axis=0), half_mse_grad(np.ones(2), X, y), rtol=1e-13)


def test_the_seed_decides_the_order(line):
    X, y = line
    one, same, other = (fit(X, y, epochs=1, batch_size=10, seed=seed).w for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@given(seeds)
def test_standardize_gives_mean_zero_and_deviation_one(seed):
    X = problem(seed)[1] * [1, 100, 1e-3] + [0, 5, 7]
    Z, mean, std = standardize(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-10)  # 7 ± 1e-3: four digits cancel
    np.testing.assert_allclose(Z.std(axis=0), 1, rtol=1e-10)
    np.testing.assert_allclose(Z * std + mean, X, rtol=1e-13, atol=1e-12)


def test_standardize_names_the_constant_column():
    with pytest.raises(ValueError, match="X must not have a constant column, got one at index 1"):
        standardize([[1.0, 2.0], [3.0, 2.0]])


def test_nothing_is_changed():
    theta, X, y = problem(0)
    before = theta.copy(), X.copy(), y.copy()
    fit(X, y, epochs=2, batch_size=4, theta0=theta)
    closed_form(X, y)
    standardize(X)
    for now, then in zip((theta, X, y), before, strict=True):
        np.testing.assert_array_equal(now, then)


X, Y = np.ones((3, 2)), np.ones(3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": Y}, r"X must have shape \(m, n\), got \(3,\)"),
        ({"X": np.ones((0, 2)), "y": []}, r"X must have at least one row .* got shape \(0, 2\)"),
        ({"y": np.ones(4)}, r"y must have shape \(3,\), .* got \(4,\)"),
        ({"X": X * math.nan}, "X and y must be finite"),
        ({"y": Y * math.inf}, "X and y must be finite"),
        ({"batch_size": 4}, "batch_size must be at most the number of samples, 3, got 4"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"epochs": -1}, "epochs must be at least 0, got -1"),
        ({"lr": -1.0}, r"lr must not be negative, got -1\.0"),
        ({"theta0": [1.0]}, r"theta0 must have shape \(2,\), .* got \[1\.0\]"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit(**{"X": X, "y": Y, **arguments})


def test_epochs_are_whole():
    with pytest.raises(TypeError, match=r"epochs must be a whole number such as 100, got 1\.5"):
        fit(X, Y, epochs=1.5)


@pytest.mark.parametrize("value", [0.1, 1e-300, 1e300, -7.3, 0.0])
def test_a_column_that_is_constant_but_for_rounding_is_constant(value):
    X = np.column_stack([np.arange(7.0), np.full(7, value)])
    X[3, 1] = np.nextafter(value, 2 * value)
    with pytest.raises(ValueError, match="constant column, got one at index 1"):
        linear.standardize(X)


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e170, 1e300])
def test_the_scale_of_a_column_does_not_matter(scale):
    x = np.array([[1.0], [2.0], [4.0]])
    np.testing.assert_allclose(linear.standardize(scale * x)[0], linear.standardize(x)[0], rtol=1e-14)


@pytest.mark.parametrize("name", ["mse", "mse_grad", "half_mse", "half_mse_grad"])
def test_shapes_that_would_broadcast_are_named(name):
    theta, X, y = np.ones(2), np.ones((3, 2)), np.ones(3)
    for bad in ({"y": np.ones((3, 1))}, {"y": np.ones(1)}, {"theta": np.ones((2, 1))}, {"X": np.ones(3)}):
        (word,) = bad
        with pytest.raises(ValueError, match=f"{word} must have shape"):
            getattr(linear, name)(**{"theta": theta, "X": X, "y": y} | bad)


def test_single_precision_stays_single():
    X = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]], np.float32)
    assert linear.with_intercept(X).dtype == np.float32
    assert {part.dtype for part in linear.standardize(X)} == {np.dtype(np.float32)}
