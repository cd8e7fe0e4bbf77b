"""Small mistakes that hundreds of ordinary steps do not show."""

import numpy as np
import pytest

from gdbook.rules import adafactor


def test_adafactors_floor_is_squared():
    """A gradient of 1e-5 below ε₁ = 1e-3: v is held up to ε₁², so u = g/ε₁, and the step η·RMS(w)·u."""
    w, _ = adafactor(np.array([1.0, -1.0]), np.array([1e-5, 1e-5]), lr=0.1, eps1=1e-3)
    np.testing.assert_allclose(w, [1 - 0.1 * 0.01, -1 - 0.1 * 0.01], rtol=1e-14)
    # Of a matrix, the mean of the row sums is held up to ε₁, and V = r·c/ε₁ to ε₁²
    w, _ = adafactor(np.ones((2, 2)), np.full((2, 2), 1e-5), lr=0.1, eps1=1e-3)
    assert w == pytest.approx(np.full((2, 2), 1 - 0.1 * 0.01), rel=1e-14)
