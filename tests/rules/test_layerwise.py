"""LAMB: a step as long as its share of the parameters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.rules import adam, lamb

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.floats(1e-4, 1.0), st.floats(0, 0.5))
def test_a_step_is_as_long_as_the_rate_times_the_parameters(seed, lr, weight_decay):
    rng = np.random.default_rng(seed)
    w, state = rng.normal(size=(3, 2)), (0.0, 0.0, 0)
    for _ in range(4):
        after, state = lamb(w, rng.normal(size=(3, 2)), state, lr=lr, weight_decay=weight_decay)
        assert np.linalg.norm(after - w) == pytest.approx(lr * np.linalg.norm(w), rel=1e-9)  # of w's rounding
        w = after


@given(seeds)
def test_its_direction_is_adams(seed):
    w, g = np.random.default_rng(seed).normal(size=(2, 5))
    ours, adams = lamb(w, g, eps=1e-8)[0] - w, adam(w, g)[0] - w
    np.testing.assert_allclose(ours / np.linalg.norm(ours), adams / np.linalg.norm(adams), rtol=0, atol=1e-9)


def test_at_zero_the_step_is_adams():
    g = np.array([1.0, -2.0])
    np.testing.assert_allclose(lamb(np.zeros(2), g, eps=1e-8)[0], adam(np.zeros(2), g)[0], rtol=1e-12)


def test_without_a_gradient_it_stays():
    np.testing.assert_array_equal(lamb(np.ones(2), np.zeros(2))[0], [1, 1])
    np.testing.assert_array_equal(lamb(np.zeros(2), np.zeros(2))[0], [0, 0])
    assert lamb(1.0, 0.0)[0] == 1.0
