"""Gradient descent on a quadratic: each formula against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import (
    exact_line_search_factor,
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    momentum_limit,
    momentum_rate,
    steps_to,
)

curvatures = st.floats(1e-2, 1e2)
spectra = st.tuples(curvatures, curvatures).map(sorted)


@given(curvatures)
def test_gradient_descent_is_stable_up_to_two_over_L(L):
    assert abs(1 - 0.999 * gd_limit(L) * L) < 1
    assert abs(1 - 1.001 * gd_limit(L) * L) > 1


@given(curvatures, st.floats(0, 3), st.floats(-5, 5))
def test_a_step_multiplies_the_error_by_its_factor(curvature, share, error):
    lr = share / curvature
    assert error - lr * (curvature * error) == pytest.approx(gd_factor(lr, curvature) * error, abs=1e-14)


@given(spectra, st.floats(0, 1))
def test_gd_rate_is_the_slowest_of_all_curvatures(spectrum, share):
    mu, L = spectrum
    lr = share * gd_limit(L)
    slowest = max(abs(1 - lr * curvature) for curvature in np.linspace(mu, L, 50))
    assert gd_rate(lr, mu, L) == pytest.approx(slowest, abs=1e-14)  # linspace rounds its ends


@given(spectra)
def test_the_best_rate_of_gd_is_kappa_minus_one_over_kappa_plus_one(spectrum):
    mu, L = spectrum
    best = gd_rate(gd_best_lr(mu, L), mu, L)
    kappa = L / mu
    assert best == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-12)  # 1 − ημ loses digits for μ ≪ L
    assert gd_best_rate(mu, L) == pytest.approx(best, abs=1e-12)
    for share in np.linspace(0.01, 1.5, 40):
        assert gd_rate(share * gd_limit(L), mu, L) >= best - 1e-12


@given(spectra, st.floats(0.01, 1))
def test_without_momentum_the_rates_are_those_of_gd(spectrum, share):
    mu, L = spectrum
    lr = share * gd_limit(L)
    assert momentum_rate(lr, 0.0, mu, L) == pytest.approx(gd_rate(lr, mu, L), abs=1e-14)
    assert momentum_limit(0.0, L) == gd_limit(L)


def exact_step(w, kappa):
    """One step, with the η that minimises the parabola along −g, written out for two coordinates."""
    x, y = w
    gx, gy = x, kappa * y
    lr = (gx * gx + gy * gy) / (gx * gx + kappa * gy * gy)
    return np.array([x - lr * gx, y - lr * gy])


@given(st.floats(1.01, 1e4))
def test_from_kappa_one_each_step_is_the_factor_and_y_changes_sign(kappa):
    w, factor = np.array([kappa, 1.0]), exact_line_search_factor(kappa)
    for t in range(1, 6):
        w = exact_step(w, kappa)
        # The steep coordinate is what is left of a difference of numbers κ times as large.
        np.testing.assert_allclose(w, factor**t * np.array([kappa, (-1) ** t]), rtol=1e-11 * kappa)


@given(st.floats(1.01, 1e3), st.floats(-3, 3), st.floats(-3, 3))
def test_no_start_is_slower(kappa, log_x, log_y):
    """Kantorovich: the loss shrinks by at least the factor squared."""
    x, y = np.exp(log_x), np.exp(log_y)
    nx, ny = exact_step((x, y), kappa)
    before, after = x * x + kappa * y * y, nx * nx + kappa * ny * ny
    assert after <= before * (exact_line_search_factor(kappa) ** 2 + 1e-12)


@pytest.mark.parametrize("kappa", [0.5, -1, float("nan")])
def test_a_condition_number_is_at_least_one(kappa):
    with pytest.raises(ValueError, match="must be"):
        exact_line_search_factor(kappa)


@given(st.floats(1e-9, 0.99), st.floats(0.01, 0.99))
def test_steps_to_is_the_first_step_that_is_near_enough(fraction, rate):
    n = steps_to(fraction, rate)
    # logarithms are rounded: exactly at a power of the rate either step is right
    assert rate**n <= fraction * (1 + 1e-9)
    assert rate ** (n - 1) > fraction * (1 - 1e-9)


def test_steps_to_of_the_half_lives():
    assert [steps_to(0.5, rate) for rate in (0.9, 0.99, 0.999)] == [7, 69, 693]  # 6.58, 68.97, 692.8


@pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, math.nan])
def test_fractions_and_rates_are_between_zero_and_one(value):
    with pytest.raises(ValueError, match=f"rate must be .* got {value}"):
        steps_to(0.5, value)
    with pytest.raises(ValueError, match=f"fraction must be .* got {value}"):
        steps_to(value, 0.5)
