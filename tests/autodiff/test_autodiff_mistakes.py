"""Small mistakes in the table that examples of one size do not show: every offset, every keyword."""

import numpy as np
import pytest

from gdbook.autodiff import grad, jvp

rng = np.random.default_rng(3)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_convolve_adds_up_where_numpy_does(n, m, mode):
    """Linear in each argument: its derivatives are its values at the unit vectors."""
    a, v = rng.normal(size=n), rng.normal(size=m)
    weights = rng.normal(size=np.convolve(a, v, mode).shape)

    def loss(a, v):
        return np.sum(weights * np.convolve(a, v, mode))

    value, tangent = jvp(lambda a: np.convolve(a, v, mode), (a,), (np.ones(n),))
    np.testing.assert_allclose(value, np.convolve(a, v, mode), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(tangent, np.convolve(np.ones(n), v, mode), rtol=1e-14, atol=1e-14)
    for argnum, (of, size) in enumerate([(lambda e: loss(e, v), n), (lambda e: loss(a, e), m)]):
        np.testing.assert_allclose(
            grad(loss, argnum)(a, v), [of(unit) for unit in np.eye(size)], rtol=1e-13, atol=1e-14
        )


@pytest.mark.parametrize("keywords", [{}, {"nan": 2.0}, {"posinf": 3.0}, {"neginf": -4.0}, {"neginf": 5.0}])
def test_nan_to_num_puts_each_number_where_it_belongs(keywords):
    x = np.array([1.0, np.nan, np.inf, -np.inf, -2.0])
    value, tangent = jvp(lambda x: np.nan_to_num(x, **keywords), (x,), (np.ones(5),))
    np.testing.assert_array_equal(value, np.nan_to_num(x, **keywords))
    np.testing.assert_array_equal(tangent, [1, 0, 0, 0, 1])
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(np.nan_to_num(x, **keywords) * [0.1, 0.2, 0.3, 0.4, 0.5]))(x),
        [0.1, 0, 0, 0, 0.5],
    )
    everything = {"nan": 2.0, "posinf": 3.0, "neginf": -4.0}
    value, _ = jvp(lambda x: np.nan_to_num(x, **everything), (x,), (np.ones(5),))
    np.testing.assert_array_equal(value, [1, 2, 3, -4, -2])
