"""Nesterov's momentum on a quadratic: each formula against the eigenvalues of the iteration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.rules import nesterov
from gdbook.theory import (
    gd_rate,
    nesterov_best,
    nesterov_factor,
    nesterov_limit,
    nesterov_rate,
    nesterov_standard,
)

curvatures = st.floats(1e-2, 1e2)
spectra = st.tuples(curvatures, curvatures).map(sorted)
momenta = st.floats(0, 0.99)


def radius(lr, beta, curvature):
    """Spectral radius of one step of the rule itself, a linear map of (w, v) where g = λw."""
    columns = [nesterov(w, curvature * w, v, lr=lr, momentum=beta) for w, v in ((1.0, 0.0), (0.0, 1.0))]
    return np.abs(np.linalg.eigvals(np.array(columns).T)).max()


@given(st.floats(0, 3), momenta, curvatures)
def test_nesterov_factor_is_the_spectral_radius_of_the_rule(step, beta, curvature):
    lr = step / curvature
    # near a double root half the digits go
    assert nesterov_factor(lr, beta, curvature) == pytest.approx(radius(lr, beta, curvature), abs=1e-7)


@given(st.floats(0.01, 0.99), curvatures)
def test_nesterov_is_stable_up_to_two_plus_two_beta_over_one_plus_two_beta(beta, L):
    assert radius(0.999 * nesterov_limit(beta, L), beta, L) < 1
    assert radius(1.001 * nesterov_limit(beta, L), beta, L) > 1


@given(spectra, momenta, st.floats(0.01, 1))
def test_nesterov_rate_is_the_slowest_of_all_curvatures(spectrum, beta, share):
    mu, L = spectrum
    lr = share * nesterov_limit(beta, L)
    slowest = max(radius(lr, beta, curvature) for curvature in np.linspace(mu, L, 30))
    assert nesterov_rate(lr, beta, mu, L) == pytest.approx(slowest, abs=1e-7)  # near double roots, as above


@given(spectra, st.floats(0.01, 1))
def test_without_momentum_it_is_gradient_descent(spectrum, share):
    mu, L = spectrum
    lr = share * nesterov_limit(0, L)
    assert nesterov_limit(0, L) == 2 / L
    assert nesterov_rate(lr, 0.0, mu, L) == pytest.approx(gd_rate(lr, mu, L), abs=1e-14)


@given(spectra)
def test_the_standard_setting_has_rate_one_minus_one_over_sqrt_kappa(spectrum):
    mu, L = spectrum
    lr, beta = nesterov_standard(mu, L)
    assert lr == 1 / L
    # the flat direction has a double root: half the digits
    assert radius(lr, beta, mu) == pytest.approx(1 - math.sqrt(mu / L), abs=1e-7)
    assert nesterov_rate(lr, beta, mu, L) == pytest.approx(1 - math.sqrt(mu / L), abs=1e-7)


@given(spectra)
def test_the_best_setting_has_rate_one_minus_two_over_sqrt_of_three_kappa_plus_one(spectrum):
    mu, L = spectrum
    rate = nesterov_rate(*nesterov_best(mu, L), mu, L)
    assert rate == pytest.approx(1 - 2 / math.sqrt(3 * L / mu + 1), abs=1e-7)  # a double root, as above


def test_nothing_on_a_grid_beats_the_best_setting():
    mu, L = 1.0, 25.0
    best = nesterov_rate(*nesterov_best(mu, L), mu, L)
    rates = [
        nesterov_rate(lr, beta, mu, L)
        for lr in np.linspace(0.01, 0.08, 40)
        for beta in np.linspace(0, 0.99, 60)
    ]
    assert min(rates) >= best - 1e-7
    assert min(rates) == pytest.approx(best, abs=0.02)  # the spacing of the grid
