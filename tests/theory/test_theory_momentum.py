"""The heavy ball on a quadratic: each formula against the eigenvalues of the iteration, or against a run."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import (
    critical_momentum,
    heavy_ball_rate,
    heavy_ball_regime,
    heavy_ball_roots,
    momentum_best,
    momentum_limit,
    momentum_rate,
)

curvatures = st.floats(1e-2, 1e2)
spectra = st.tuples(curvatures, curvatures).map(sorted)
momenta = st.floats(0, 0.99)


def radius(lr, beta, curvature):
    """Spectral radius of one heavy-ball step on the pair (w_t, w_{t−1})."""
    step = np.array([[1 + beta - lr * curvature, -beta], [1.0, 0.0]])
    return np.abs(np.linalg.eigvals(step)).max()


@given(st.floats(0.01, 0.99), curvatures)
def test_heavy_ball_is_stable_up_to_two_plus_two_beta_over_L(beta, L):
    assert radius(0.999 * momentum_limit(beta, L), beta, L) < 1
    assert radius(1.001 * momentum_limit(beta, L), beta, L) > 1


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.999))
def test_heavy_ball_rate_is_sqrt_beta_where_roots_are_complex(beta, share):
    """Complex for (1 − √β)² < ηλ < (1 + √β)²."""
    low, high = (1 - math.sqrt(beta)) ** 2, (1 + math.sqrt(beta)) ** 2
    lr = low + share * (high - low)
    # near a double root half the digits go
    assert momentum_rate(lr, beta, 1.0, 1.0) == pytest.approx(math.sqrt(beta), abs=1e-7)


@given(spectra, momenta, st.floats(0.01, 1))
def test_heavy_ball_rate_is_the_slowest_of_all_curvatures(spectrum, beta, share):
    mu, L = spectrum
    lr = share * momentum_limit(beta, L)
    slowest = max(radius(lr, beta, curvature) for curvature in np.linspace(mu, L, 30))
    assert momentum_rate(lr, beta, mu, L) == pytest.approx(slowest, abs=1e-7)  # near double roots, as above


@given(spectra)
def test_heavy_ball_best_achieves_sqrt_beta(spectrum):
    mu, L = spectrum
    lr, beta = momentum_best(mu, L)
    root_kappa = math.sqrt(L / mu)
    assert math.sqrt(beta) == pytest.approx((root_kappa - 1) / (root_kappa + 1), abs=1e-14)
    # both ends of the spectrum are double roots: an error ε in the coefficients moves them by √ε
    assert momentum_rate(lr, beta, mu, L) == pytest.approx(math.sqrt(beta), abs=1e-7)


def test_nothing_on_a_grid_beats_the_best_heavy_ball():
    mu, L = 1.0, 25.0
    best = momentum_rate(*momentum_best(mu, L), mu, L)
    rates = [
        momentum_rate(lr, beta, mu, L)
        for lr in np.linspace(0.01, 0.16, 40)
        for beta in np.linspace(0, 0.99, 40)
    ]
    assert min(rates) >= best - 1e-7
    assert min(rates) == pytest.approx(best, abs=0.02)  # the spacing of the grid


@given(st.floats(0, 5), momenta, curvatures)
def test_heavy_ball_roots_are_those_of_numpy(step, beta, curvature):
    lr = step / curvature
    polynomial = [1, -(1 + beta - lr * curvature), beta]
    roots = [complex(*root) for root in heavy_ball_roots(lr, beta, curvature)]
    # near a double root half the digits go
    assert np.poly(roots) == pytest.approx(polynomial, abs=1e-14)
    assert heavy_ball_rate(lr, beta, curvature) == pytest.approx(np.abs(np.roots(polynomial)).max(), abs=1e-7)
    assert heavy_ball_rate(lr, beta, curvature) == pytest.approx(max(abs(root) for root in roots), abs=1e-15)


def errors(lr, beta, curvature, steps=60):
    """The errors of the heavy ball on ½ λ w² from 1, in Polyak's form."""
    e = [1.0, 1 - lr * curvature]
    for _ in range(steps):
        e.append(e[-1] - lr * curvature * e[-1] + beta * (e[-1] - e[-2]))
    return np.array(e)


@pytest.mark.parametrize(
    ("step", "beta", "regime"),
    [(0.01, 0.5, "glides"), (0.1, 0.81, "spirals"), (2.95, 0.5, "alternates"), (3.1, 0.5, "diverges")],
)
def test_a_regime_is_what_a_run_does(step, beta, regime):
    e = errors(step, beta, 1.0)
    changes = int(np.sum(e[1:] * e[:-1] < 0))
    seen = "diverges" if abs(e[-1]) > 1 else "glides" if changes == 0 else "spirals"
    seen = "alternates" if seen == "spirals" and changes > len(e) - 3 else seen
    assert heavy_ball_regime(step / 3, beta, 3.0) == seen == regime


def test_between_the_regimes():
    assert heavy_ball_regime(*momentum_best(1.0, 100.0), 1.0) == "critical"
    assert heavy_ball_regime(*momentum_best(1.0, 100.0), 100.0) == "critical"
    assert heavy_ball_regime(momentum_limit(0.9, 1.0), 0.9, 1.0) == "alternates"  # for ever


@given(st.floats(0.001, 3.9), curvatures)
def test_critical_momentum_is_the_fastest_of_all(step, curvature):
    lr = step / curvature
    rates = [heavy_ball_rate(lr, beta, curvature) for beta in np.linspace(0, 1, 201)]
    critical = heavy_ball_rate(lr, critical_momentum(lr, curvature), curvature)
    assert critical <= min(rates) + 1e-7  # a double root: half the digits
    assert critical == pytest.approx(abs(1 - math.sqrt(step)), abs=1e-7)


def test_critical_momentum_leaves_a_double_root():
    """β = (1 − √(ηλ))² is the least β whose roots are complex: a little less is slower."""
    lr = 0.09
    beta = critical_momentum(lr, 1)
    assert momentum_rate(lr, beta, 1, 1) == pytest.approx(math.sqrt(beta), abs=1e-7)
    assert momentum_rate(lr, beta - 0.01, 1, 1) > math.sqrt(beta)
    assert momentum_rate(lr, beta + 0.01, 1, 1) > math.sqrt(beta)
