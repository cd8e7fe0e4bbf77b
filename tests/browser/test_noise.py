"""The noise is the generator of the literature, and a noisy run settles where theory says."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.browser.noise import gaussian, lehmer, measured_floor, noisy_descent
from gdbook.theory import momentum_limit, noise_floor, noise_variance

MODULUS = 2**31 - 1


def stream(seed, count):
    """The first ``count`` numbers of ``gaussian``."""
    zs = []
    for _ in range(count):
        z, seed = gaussian(seed)
        zs.append(z)
    return np.array(zs)


def test_the_generator_is_minstd_rand():
    """The C++ standard prints its 10,000th number from seed 1."""
    seed = 1
    for _ in range(10_000):
        seed = lehmer(seed)
    assert seed == 399268537


@given(st.integers(1, MODULUS - 1))
def test_the_generator_is_exact_on_floats(seed):
    """As JavaScript has only floats."""
    assert lehmer(float(seed)) == 48271 * seed % MODULUS
    assert 1 <= lehmer(seed) < MODULUS


def test_the_generator_does_not_repeat_soon():
    seeds = list(itertools.accumulate(range(100_000), lambda seed, _: lehmer(seed), initial=1))
    assert len(set(seeds)) == len(seeds)
    # 48271 is a primitive root: no power of it by a proper divisor of the period is 1
    period = MODULUS - 1
    for factor in (2, 3, 7, 11, 31, 151, 331):
        assert period % factor == 0
        assert pow(48271, period // factor, MODULUS) != 1


def test_the_numbers_are_close_to_standard_normal():
    z = stream(7, 40_000)
    error = 1 / math.sqrt(len(z))
    assert abs(z.mean()) < 4 * error
    assert abs(z.var() - 1) < 4 * math.sqrt(2) * error
    # twelve uniforms: the fourth moment is 3 − 0.1, a normal's 3
    assert np.mean(z**4) == pytest.approx(2.9, abs=4 * math.sqrt(96) * error)
    for size, share in ((1, 0.6827), (2, 0.9545)):
        assert np.mean(np.abs(z) < size) == pytest.approx(share, abs=0.01)
    for lag in range(1, 6):
        assert abs(np.mean(z[lag:] * z[:-lag])) < 4 * error


def test_without_noise_it_is_momentum():
    xs = noisy_descent(2.0, 0.1, 0.9, 0.0, 3.0, 50, 1)
    x, velocity = 3.0, 0.0
    for found in xs:
        assert found == x
        velocity = 0.9 * velocity + 2.0 * x
        x -= 0.1 * velocity
    assert len(xs) == 51


def test_a_run_that_overflows_is_shorter():
    xs = noisy_descent(1.0, 3.0, 0.0, 1.0, 3.0, 2000, 1)
    assert len(xs) < 2001
    assert all(map(math.isfinite, xs))


def test_the_second_half_is_what_is_measured():
    assert measured_floor([9.0, 9.0, 1.0, 2.0], 4.0) == (2 + 8) / 2
    assert measured_floor([1.0], 2.0) == 1.0


momenta = st.floats(0, 0.95)
shares = st.floats(0.01, 0.95)  # of the limit
scales = st.floats(0.1, 10)


@given(shares, momenta, scales, scales)
def test_the_variance_solves_the_lyapunov_equation(share, beta, curvature, variance):
    """The covariance C of (x_t, v_t) repeats itself: C = A C Aᵀ + Q, solved as it stands."""
    lr = share * momentum_limit(beta, curvature)
    # v ← βv + λx + σz, x ← x − ηv
    step = np.array([[1 - lr * curvature, -lr * beta], [curvature, beta]])
    kick = np.array([-lr, 1.0])
    vec = np.linalg.solve(np.eye(4) - np.kron(step, step), variance * np.outer(kick, kick).ravel())
    # the system loses digits towards either end of stability
    assert noise_variance(lr, beta, curvature, variance) == pytest.approx(vec[0], rel=1e-8)


@given(shares, scales, scales)
def test_without_momentum_the_floor_is_eta_over_two_minus_eta_lambda(share, curvature, variance):
    lr = share * 2 / curvature
    expected = lr * variance / (2 * (2 - lr * curvature))
    assert noise_floor(lr, 0.0, curvature, variance) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("lr", "beta"), [(0.1, 0.0), (1.5, 0.0), (0.1, 0.9), (0.05, 0.5), (2.5, 0.6)])
def test_a_long_run_has_the_floor_of_the_formula(lr, beta):
    curvature, noise, steps = 1.3, 0.7, 60_000
    xs = noisy_descent(curvature, lr / curvature, beta, noise, 0.0, steps, 12)
    # The slowest mode here forgets in about 20 steps: of 30,000, some 1,500 are independent, and
    # the mean of their squares is known to 4 %.
    assert measured_floor(xs, curvature) == pytest.approx(
        noise_floor(lr / curvature, beta, curvature, noise**2), rel=0.12
    )


def test_momentum_raises_the_floor_about_tenfold_at_the_same_rate():
    assert noise_floor(0.1, 0.9, 1, 1) / noise_floor(0.1, 0, 1, 1) == pytest.approx(9.76, abs=0.01)
    # and at a tenth of the rate the floor is that of no momentum
    assert noise_floor(0.01, 0.9, 1, 1) == pytest.approx(noise_floor(0.1, 0, 1, 1), rel=0.06)


@pytest.mark.parametrize(
    ("lr", "beta", "name"), [(2.0, 0, "lr"), (0, 0.5, "lr"), (3.9, 0.9, "lr"), (0.1, 1, "momentum")]
)
def test_there_is_no_floor_where_descent_diverges(lr, beta, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        noise_floor(lr, beta, 1.0, 1.0)
