"""Limits and rates: each formula against the eigenvalues of the iteration, or against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import (
    critical_momentum,
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    half_axis,
    heavy_ball_rate,
    heavy_ball_regime,
    heavy_ball_roots,
    momentum_best,
    momentum_limit,
    momentum_rate,
    steps_to,
)

curvatures = st.floats(1e-2, 1e2)
spectra = st.tuples(curvatures, curvatures).map(sorted)
momenta = st.floats(0, 0.99)


def radius(lr, beta, curvature):
    """Spectral radius of one heavy-ball step on the pair (w_t, w_{t−1})."""
    step = np.array([[1 + beta - lr * curvature, -beta], [1.0, 0.0]])
    return np.abs(np.linalg.eigvals(step)).max()


@given(curvatures)
def test_gradient_descent_is_stable_up_to_two_over_L(L):
    assert abs(1 - 0.999 * gd_limit(L) * L) < 1
    assert abs(1 - 1.001 * gd_limit(L) * L) > 1


@given(curvatures, st.floats(0, 3), st.floats(-5, 5))
def test_a_step_multiplies_the_error_by_its_factor(curvature, share, error):
    lr = share / curvature
    assert error - lr * (curvature * error) == pytest.approx(gd_factor(lr, curvature) * error, abs=1e-14)


@given(curvatures, st.floats(1e-3, 1e3))
def test_a_half_axis_ends_on_the_contour_line(curvature, rise):
    at = half_axis(rise, curvature)
    assert curvature * at**2 / 2 == pytest.approx(rise, rel=1e-14)


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


@given(spectra, st.floats(0.01, 1))
def test_without_momentum_the_rates_are_those_of_gd(spectrum, share):
    mu, L = spectrum
    lr = share * gd_limit(L)
    assert momentum_rate(lr, 0.0, mu, L) == pytest.approx(gd_rate(lr, mu, L), abs=1e-14)
    assert momentum_limit(0.0, L) == gd_limit(L)


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


@given(st.floats(1e-9, 0.99), st.floats(0.01, 0.99))
def test_steps_to_is_the_first_step_that_is_near_enough(fraction, rate):
    n = steps_to(fraction, rate)
    # logarithms are rounded: exactly at a power of the rate either step is right
    assert rate**n <= fraction * (1 + 1e-9)
    assert rate ** (n - 1) > fraction * (1 - 1e-9)


def test_steps_to_of_the_half_lives():
    assert [steps_to(0.5, rate) for rate in (0.9, 0.99, 0.999)] == [7, 69, 693]  # 6.58, 68.97, 692.8


@pytest.mark.parametrize("L", [0, -1, math.nan, math.inf])
def test_curvatures_are_positive_and_finite(L):
    for call in (gd_limit, lambda L: momentum_limit(0.9, L)):
        with pytest.raises(ValueError, match=f"L must be .* got {L}"):
            call(L)
    for call in (gd_best_lr, gd_best_rate, momentum_best, lambda *s: gd_rate(0.1, *s)):
        with pytest.raises(ValueError, match=f"mu must be .* got {L}"):
            call(L, 1)


def test_curvatures_are_in_order():
    for call in (gd_best_lr, gd_best_rate, momentum_best, lambda *s: momentum_rate(0.1, 0.9, *s)):
        with pytest.raises(ValueError, match="L must be at least mu, 2, got 1"):
            call(2, 1)


def test_curvatures_are_numbers():
    with pytest.raises(TypeError, match="L must be a finite number, got '1'"):
        gd_limit("1")


@pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, math.nan])
def test_fractions_and_rates_are_between_zero_and_one(value):
    with pytest.raises(ValueError, match=f"rate must be .* got {value}"):
        steps_to(0.5, value)
    with pytest.raises(ValueError, match=f"fraction must be .* got {value}"):
        steps_to(value, 0.5)
