"""Gradient descent on a quadratic: each formula against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import (
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    momentum_limit,
    momentum_rate,
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
