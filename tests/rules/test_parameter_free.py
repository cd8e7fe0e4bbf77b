"""Prodigy: it finds the size of its steps itself."""

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.rules import adam, prodigy


@pytest.mark.parametrize("distance", [1.0, 1e3, 1e5])
def test_the_estimate_grows_to_the_scale_of_the_distance_and_not_beyond(distance):
    """|w| has slope ±1. d stays below the distance to the minimum: Mishchenko, Defazio 2024."""
    w, state, estimates = distance, None, []
    for _ in range(400):
        w, state = prodigy(w, float(np.sign(w)), state)
        estimates.append(state[-1])
    assert np.all(np.diff(estimates) >= 0)
    assert 0.01 * distance < estimates[-1] <= distance


def test_one_setting_reaches_minima_far_and_near():
    for goal in (0.1, 10.0, 1000.0):
        trace = descend(lambda w, goal=goal: w - goal, 0.0, prodigy, steps=2000, lr=1.0)
        assert abs(trace.w[-1] - goal) < 0.01 * goal


def test_with_a_known_distance_it_is_adam_without_bias_correction():
    """While d stays d₀, step by step: m and v both scale with d, so the ratio does not."""
    w = v = np.array([1.0, -2.0])
    state, m, s = None, 0.0, 0.0
    for g in (np.array([1.0, 3.0]), np.array([-2.0, 0.5]), np.array([0.1, -4.0])):
        w, state = prodigy(w, g, state, d0=0.01, d_coef=1e-9)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        v = v - 0.01 * m / (np.sqrt(s) + 1e-8)
        assert state[-1] == 0.01
        np.testing.assert_allclose(w, v, rtol=0, atol=1e-14)
    assert not np.allclose(v, adam(v, g)[0])


def test_no_gradient_no_step():
    w, state = prodigy(2.0, 0.0)
    assert (w, state[-1]) == (2.0, 1e-6)


@pytest.mark.parametrize("name", ["d0", "d_coef"])
def test_scales_are_positive(name):
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        prodigy(1.0, 1.0, **{name: 0.0})
