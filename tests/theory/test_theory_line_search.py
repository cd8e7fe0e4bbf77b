"""Exact line search on a quadratic, against the run itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import exact_line_search_factor


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
