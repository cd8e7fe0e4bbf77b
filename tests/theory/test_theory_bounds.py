"""Bounds for convex losses: attained where they claim it, and crossed by no rule of the package."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend
from gdbook.functions import huber
from gdbook.rules import RULES, sgd
from gdbook.theory import (
    SteepHuber,
    WorstQuadratic,
    accelerated,
    gd_bound,
    least_rate,
    lower_bound,
    momentum_best,
    momentum_rate,
    nesterov_bound,
)

sizes = st.floats(0.1, 10)


@given(sizes, sizes, st.integers(1, 200))
def test_gradient_descent_attains_its_bound_on_the_steep_huber(L, R, steps):
    f = SteepHuber(L, R, steps)
    run = descend(f.grad, R, sgd, lr=1 / L, steps=steps)
    assert f(run.w[-1]) == pytest.approx(gd_bound(L, R, steps), rel=1e-9)  # rounding, once a step


@given(st.integers(1, 100), st.floats(0.01, 3))
def test_no_threshold_of_the_huber_is_worse(steps, factor):
    """Brute force: with another threshold the gap is at most that of the bound."""
    f = SteepHuber(1.0, 1.0, steps)
    bound = gd_bound(1.0, 1.0, steps)
    f.delta *= factor
    x = f.start
    for _ in range(steps):
        x -= f.grad(x)
    assert f(x) <= bound * (1 + 1e-9)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=5), st.integers(1, 40), st.integers(0, 999))
def test_gradient_descent_stays_below_its_bound_on_quadratics(curvatures, steps, seed):
    curvatures = np.array(curvatures)
    w0 = np.random.default_rng(seed).normal(size=len(curvatures))
    w = descend(lambda w: curvatures * w, w0, sgd, lr=1.0, steps=steps).w[-1]
    assert np.sum(curvatures * w * w) / 2 <= gd_bound(1.0, np.linalg.norm(w0), steps)


def test_the_steep_huber_is_a_huber_function():
    f = SteepHuber(3.0, 1.5, 1)  # threshold ½
    x = np.linspace(-2, 2, 81)
    np.testing.assert_allclose(f(x), 3 * 0.25 * huber(x / 0.5), rtol=1e-14)
    np.testing.assert_allclose(f.grad(x), 3 * 0.5 * huber.grad(x / 0.5), rtol=1e-14)
    np.testing.assert_allclose(f.hess(x), 3 * huber.hess(x / 0.5))


@pytest.mark.parametrize("n", [1, 2, 7, 41])
def test_the_worst_quadratic_is_what_it_says(n):
    f = WorstQuadratic(n, L=3.0)
    matrix = 3 / 4 * (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
    curvatures = np.linalg.eigvalsh(matrix)
    assert 0 < curvatures[0] <= curvatures[-1] < 3
    linear = np.zeros(n)
    linear[0] = 3 / 4
    x = np.random.default_rng(n).normal(size=n)
    np.testing.assert_array_equal(f.hess(x), matrix)
    np.testing.assert_allclose(f.grad(x), matrix @ x - linear, rtol=1e-12, atol=1e-14)
    assert f(x) == pytest.approx(x @ matrix @ x / 2 - linear @ x)
    np.testing.assert_allclose(f.minimum, np.linalg.solve(matrix, linear), rtol=1e-10)
    assert f(f.minimum) == pytest.approx(f.least, rel=1e-12)
    assert f.distance == pytest.approx(math.sqrt(sum((i / (n + 1)) ** 2 for i in range(1, n + 1))))


@pytest.mark.parametrize("k", [0, 1, 3, 10])
def test_the_floor_is_the_least_loss_on_the_first_coordinates(k):
    f = WorstQuadratic(21, L=2.0)
    matrix = 2 / 4 * (2 * np.eye(21) - np.eye(21, k=1) - np.eye(21, k=-1))
    x = np.zeros(21)
    if k:
        x[:k] = np.linalg.solve(matrix[:k, :k], np.eye(k)[0] * 2 / 4)
    assert f(x) - f.least == pytest.approx(f.floor(k), rel=1e-12)


@pytest.mark.parametrize("k", [1, 2, 5, 20, 100])
def test_the_floor_of_the_worst_quadratic_is_above_the_lower_bound(k):
    """The theorem: of dimension n = 2k + 1, at step k."""
    f = WorstQuadratic(2 * k + 1, L=5.0)
    assert f.floor(k) >= lower_bound(5.0, f.distance, k)


def test_the_lower_bound_wastes_little():
    """The theorem puts (n + 1)/3 for R²; the two differ by one part in n or so."""
    f = WorstQuadratic(1001)
    assert f.floor(500) == pytest.approx(lower_bound(1.0, f.distance, 500), rel=2 / 1001)


def test_each_step_has_its_own_worst_function():
    """For k well below (n − 1)/2 the loss of dimension n is not the worst: another one is."""
    f = WorstQuadratic(41)
    assert f.floor(20) >= lower_bound(1.0, f.distance, 20)
    assert f.floor(5) < lower_bound(1.0, f.distance, 5)


def takes_a_vector(rule):
    """Whether a step of the rule needs no more than w and g, and works on a vector."""
    required = [p for p in inspect.signature(rule).parameters.values() if p.default is p.empty]
    try:
        rule(np.ones(3), np.ones(3), lr=0.1)
    except (TypeError, ValueError):
        return False
    return len(required) == 2


FIRST_ORDER = [name for name, rule in RULES.items() if takes_a_vector(rule)]


def test_most_rules_are_held_against_the_bound():
    assert {"sgd", "momentum", "nesterov"} <= set(FIRST_ORDER)


@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("k", [4, 12])
def test_no_rule_goes_below_the_lower_bound(name, k):
    f = WorstQuadratic(2 * k + 1)
    bound = lower_bound(1.0, f.distance, k)
    for lr in np.geomspace(0.01, 8, 13):
        run = descend(f.grad, f.start, RULES[name], lr=float(lr), steps=k, loss=f)
        reached = np.nanmin(run.loss) - f.least
        assert reached >= f.floor(k) * (1 - 1e-12) >= bound


@pytest.mark.parametrize("k", [1, 4, 12, 60])
def test_the_accelerated_method_is_between_the_bounds(k):
    f = WorstQuadratic(2 * k + 1, L=3.0)
    gap = f(accelerated(f.grad, f.start, 3.0, k)[-1]) - f.least
    assert lower_bound(3.0, f.distance, k) <= f.floor(k) <= gap <= nesterov_bound(3.0, f.distance, k)


@given(st.lists(st.floats(0.001, 2), min_size=2, max_size=5), st.integers(1, 60), st.integers(0, 999))
def test_the_accelerated_method_keeps_its_bound_on_quadratics(curvatures, steps, seed):
    curvatures = np.array(curvatures)
    w0 = np.random.default_rng(seed).normal(size=len(curvatures))
    w = accelerated(lambda w: curvatures * w, w0, 2.0, steps)[-1]
    assert np.sum(curvatures * w * w) / 2 <= nesterov_bound(2.0, np.linalg.norm(w0), steps)


def test_the_accelerated_method_begins_with_a_step_of_gradient_descent():
    points = accelerated(lambda w: 0.5 * w, 2.0, 1.0, 2)
    assert points[:2] == [2.0, 1.0]
    golden = (1 + math.sqrt(5)) / 2  # t₁, from t₀ = 1: then no momentum yet
    t2 = (1 + math.sqrt(1 + 4 * golden**2)) / 2
    assert points[2] == pytest.approx(0.5)
    y = 0.5 + (golden - 1) / t2 * (0.5 - 1.0)
    assert accelerated(lambda w: 0.5 * w, 2.0, 1.0, 3)[3] == pytest.approx(y / 2)


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0])
def test_the_least_rate_is_that_of_the_best_polynomials(kappa):
    """After k steps the error is p(H) e₀, with p(0) = 1: Chebyshev's p has the least maximum on [1, κ]."""
    mu = 0.3
    rate = least_rate(mu, kappa * mu)
    for k in (1, 5, 50):
        least = 1 / np.polynomial.chebyshev.Chebyshev.basis(k)((kappa + 1) / (kappa - 1))
        assert rate**k <= least <= 2 * rate**k
    assert rate == pytest.approx(momentum_rate(*momentum_best(mu, kappa * mu), mu, kappa * mu), abs=1e-7)
