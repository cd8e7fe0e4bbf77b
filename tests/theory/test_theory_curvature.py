"""Curvatures and contour lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import half_axis

curvatures = st.floats(1e-2, 1e2)


@given(curvatures, st.floats(1e-3, 1e3))
def test_a_half_axis_ends_on_the_contour_line(curvature, rise):
    at = half_axis(rise, curvature)
    assert curvature * at**2 / 2 == pytest.approx(rise, rel=1e-14)
