"""Curvatures and contour lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend
from gdbook.functions import beale, rosenbrock
from gdbook.theory import condition_number, gd_limit, half_axis, largest_curvature

curvatures = st.floats(1e-2, 1e2)


@given(curvatures, st.floats(1e-3, 1e3))
def test_a_half_axis_ends_on_the_contour_line(curvature, rise):
    at = half_axis(rise, curvature)
    assert curvature * at**2 / 2 == pytest.approx(rise, rel=1e-14)


@given(curvatures, st.floats(-10, 10), curvatures)
def test_the_largest_curvature_is_numpy_s(a, b, d):
    hess = np.array([[a, b], [b, d]])
    assert largest_curvature(hess) == pytest.approx(np.linalg.eigvalsh(hess)[-1], rel=1e-12)


def test_condition_numbers_of_two_valleys():
    """By the determinant and the trace: κ + 1/κ = trace²/det − 2."""
    for f, expected, digits in ((rosenbrock, 2508.0, 0.05), (beale, 162.5, 0.05)):
        hess = f.hess(f.minima[0])
        kappa = condition_number(hess)
        assert kappa == pytest.approx(expected, abs=digits)
        assert kappa + 1 / kappa == pytest.approx(np.trace(hess) ** 2 / np.linalg.det(hess) - 2, rel=1e-9)


def test_gradient_descent_on_rosenbrock_is_stable_below_0_0019968():
    L = largest_curvature(rosenbrock.hess(rosenbrock.minima[0]))
    assert gd_limit(L) == pytest.approx(0.0019968, abs=5e-8)
    # a billionth beside the minimum, along the steepest direction: a run of 400 steps on either side
    steep = np.linalg.eigh(rosenbrock.hess(rosenbrock.minima[0]))[1][:, -1]
    for factor, comes_near in ((0.99, True), (1.01, False)):
        run = descend(rosenbrock.grad, 1 + 1e-9 * steep, lr=factor * gd_limit(L), steps=400)
        assert (np.linalg.norm(run.w[-1] - 1) < 1e-9) == comes_near


def test_condition_number_of_a_quadratic_in_more_dimensions():
    assert condition_number(np.diag([4.0, 0.5, 2.0])) == pytest.approx(8)
    assert condition_number([[3.0]]) == 1


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_only_a_minimum_has_a_condition_number(low):
    with pytest.raises(ValueError, match="hess must have positive eigenvalues"):
        condition_number(np.diag([low, 1.0]))
