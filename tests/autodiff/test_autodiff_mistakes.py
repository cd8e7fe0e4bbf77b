"""Small mistakes in the table that examples of one size do not show: every offset, every keyword."""

import numpy as np
import pytest

from gdbook.autodiff import binary, composed, constant, grad, jacobian, jvp, linear, rule, unary, vjp
from gdbook.autodiff.core import TABLE

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


@pytest.mark.parametrize(
    ("add", "error", "words"),
    [
        (lambda: rule("sin", lambda g, y, x: g), TypeError, "function must be a function, got 'sin'"),
        (lambda: rule(np.sinh), TypeError, "vjps must hold a derivative at least"),
        (lambda: rule(np.sinh, lambda g: g), TypeError, r"vjps\[0\] must take g, y, x"),
        (
            lambda: rule(np.sinh, int),
            ValueError,
            r"vjps\[0\] must be a function whose parameters can be read",
        ),
        (lambda: rule(np.sinh, None, lambda g, y, x: g, jvps=len), TypeError, "jvps must be a tuple"),
        (lambda: rule(np.sinh, lambda g, y, x: g, needs_y=1), TypeError, "needs_y must be True or False"),
        (lambda: linear(np.sinh, None), TypeError, "vjp must be a function, got None"),
        (
            lambda: unary(np.sinh, lambda g, y, x: g),
            TypeError,
            "derivative must take y, x, got .*lambda y, x: …",
        ),
        (lambda: binary(np.sinh, lambda y, a, b: a, 2), TypeError, "right must be a function, got 2"),
        (lambda: composed(np.sinh, max), ValueError, "by must be a function whose parameters can be read"),
        (lambda: constant(np.sinh, "sin"), TypeError, "each of functions must be a function, got 'sin'"),
    ],
)
def test_what_does_not_belong_into_the_table_is_named_and_left_out(add, error, words):
    before = dict(TABLE)
    with pytest.raises(error, match=words):
        add()
    assert before == TABLE


@pytest.mark.parametrize("take", [grad, jacobian, lambda f: vjp(f, 1.0), lambda f: jvp(f, (1.0,), (1.0,))])
def test_what_is_no_function_is_named_at_once(take):
    with pytest.raises(TypeError, match="f must be a function, got 3"):
        take(3)


@pytest.mark.parametrize("result", [None, "text", 1j, {"loss": None}], ids=repr)
def test_results_are_real_numbers(result):
    for call in (lambda: vjp(lambda x: result, 1.0), lambda: jvp(lambda x: result, (1.0,), (1.0,))):
        with pytest.raises(TypeError, match="f must return real numbers, arrays or containers of them, got"):
            call()


def test_places_of_arguments_are_whole_numbers_of_any_kind():
    assert grad(lambda a, b: a * b, np.int64(1))(2.0, 3.0) == 2.0
    for argnum in (True, 1.0, 2, "0"):
        with pytest.raises(ValueError, match="argnum must name one of the 2 positional arguments"):
            grad(lambda a, b: a * b, argnum)(2.0, 3.0)
    with pytest.raises(TypeError, match=r"argnum=\(\)"):
        jacobian(lambda a: a, ())(2.0)


def test_an_integer_beyond_all_floats_is_no_number_to_write():
    with pytest.raises(TypeError, match="beyond the largest float"):
        grad(lambda x: x)(10**400)
    with pytest.raises(ValueError, match=r"tangents\[0\] must be within the range of floats"):
        jvp(lambda x: x, (1.0,), (10**400,))
