"""SAM: a gradient from the worst point nearby."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend
from gdbook.functions import FUNCTIONS, parabola, quadratic, rosenbrock
from gdbook.rules import momentum, sam


# not so small that a square is 0
@given(st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-100), st.floats(0, 10))
def test_on_a_parabola_it_looks_further_out_by_rho(x, rho):
    outward = x + math.copysign(rho, x) if x else x
    assert sam(parabola.grad, rho)(x) == pytest.approx(2 * outward, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_rho_zero_is_the_gradient(f):
    start = np.array(f.start) if f.dim == 2 else f.start
    np.testing.assert_array_equal(sam(f.grad, 0.0)(start), f.grad(start))


def test_a_small_rho_adds_the_gradient_of_the_gradients_norm():
    """To first order the gradient of f + ρ‖∇f‖: ∇f + ρ H∇f/‖∇f‖."""
    w = np.array([-1.2, 1.0])
    g, h = rosenbrock.grad(w), np.array(rosenbrock.hess(w))
    for rho in (1e-4, 1e-5):
        found = (sam(rosenbrock.grad, rho)(w) - g) / rho
        # what is left out is ρ/2 times the third derivatives, below 3000 here
        np.testing.assert_allclose(found, h @ g / np.linalg.norm(g), rtol=0, atol=1500 * rho)


def test_it_looks_at_the_distance_rho_in_the_direction_of_the_gradient():
    asked = []

    def grad(w):
        asked.append(w)
        return np.array([[3.0, 0.0], [0.0, 4.0]])

    sam(grad, 0.5)(np.zeros((2, 2)))
    np.testing.assert_allclose(asked[1], [[0.3, 0], [0, 0.4]], rtol=1e-15)
    assert len(asked) == 2


def test_at_a_stationary_point_it_stays():
    assert sam(parabola.grad, 0.1)(0.0) == 0.0
    f = quadratic(10)
    np.testing.assert_array_equal(sam(f.grad)(np.zeros(2)), [0, 0])


def test_it_goes_with_any_rule():
    trace = descend(sam(parabola.grad, 0.01), 1.0, momentum, steps=300, lr=0.02, momentum=0.5)
    assert abs(trace.w[-1]) < 0.01


def test_what_cannot_be_wrapped_is_refused():
    with pytest.raises(TypeError, match="grad must be a function"):
        sam(np.ones(2))
    with pytest.raises(ValueError, match="rho must not be negative"):
        sam(parabola.grad, -0.1)
    with pytest.raises(ValueError, match="rho must be a finite number"):
        sam(parabola.grad, math.nan)
