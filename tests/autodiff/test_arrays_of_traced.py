"""What NumPy builds of traced numbers: np.array, np.r_, np.c_ and their like, and what is done with it."""

import math

import numpy as np
import pytest

from gdbook.autodiff import check_grads, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from gdbook.autodiff.core import TABLE, Rule

X = np.array([0.7, -0.3, 1.9])
M = np.arange(6.0).reshape(2, 3) / 5

BUILT = {
    "array": lambda x: np.array([x[0] ** 2, x[1]]),
    "array of one": lambda x: np.array([np.sum(x)]),
    "nested": lambda x: np.array([[x[0], x[1] * x[2]], [x[2], 1.0]]),
    "with numbers": lambda x: np.array([x[0], 2, 3.5, np.float64(1), x[1]]),
    "of vectors": lambda x: np.array([x, x**2, [1.0, 2.0, 3.0]]),
    "of a tuple": lambda x: np.array((x[0], x[1])),
    "of a generator": lambda x: np.array([np.sin(one) for one in x]),
    "asarray": lambda x: np.asarray(x * 2),
    "asarray of a list": lambda x: np.asarray([x[1], x[0]]),
    "array of an array": lambda x: np.array(x) ** 2,
    "ndmin": lambda x: np.array(x[0], ndmin=2),
    "r_": lambda x: np.r_[x[0], x[1:] ** 2, 3.0],
    "r_ of arrays": lambda x: np.r_[x, x],
    "r_ of rows": lambda x: np.r_["0,2", x, x * x],
    "c_": lambda x: np.c_[x, x**2],
    "c_ of numbers": lambda x: np.c_[x[0], x[1]],
    "item by item": lambda x: np.array([x[i] * x[j] for i in range(3) for j in range(3)]).reshape(3, 3),
    "reshape": lambda x: np.array([x[0], x[1], x[2], x[0]]).reshape(2, 2).T,
    "slice": lambda x: np.array([x[0], x[1], x[2]])[::-1],
    "diag": lambda x: np.diag(np.array([x[0], x[1] ** 2])),
    "matmul": lambda x: M @ np.array([x[0], x[1], x[2] ** 2]),
    "matmul from the right": lambda x: np.array([x[0], x[1]]) @ M,
    "with a traced array": lambda x: x * np.array([x[2], x[1], 1.0]),
    "dot": lambda x: np.dot(np.array([x[0], 2.0, x[1]]), x),
    "sine": lambda x: np.sin(np.array([x[0], x[1] * x[0]])),
    "power": lambda x: np.array([x[0], x[2]]) ** 1.5,
    "sum": lambda x: np.sum(np.array([x[0], x[1] ** 2])),
    "norm": lambda x: np.linalg.norm(np.array([x[0], x[1] ** 2])),
    "prod": lambda x: np.prod(np.array([x[0], x[1] ** 2, 2.0])),
    "concatenate": lambda x: np.concatenate([np.array([x[0], 1.0]), x]),
    "stack": lambda x: np.stack([np.array([x[0], 1.0]), np.array([2.0, x[1]])]),
    "where": lambda x: np.where(np.array([x[0], x[1]]) > 0, np.array([x[0], x[1]]), 0.5),
    "changed item": lambda x: changed(np.array([x[0], x[1], 2.0]), x[2] ** 2),
    "solve": lambda x: np.linalg.solve(np.array([[2.0, x[0]], [x[1], 3.0]]), x[:2]),
    "inverse": lambda x: np.linalg.inv(np.stack([x[:2], np.array([x[1], 3.0])])),
    "linspace": lambda x: np.linspace(x[0], x[1], 4),
    "linspace to a number": lambda x: np.linspace(x[0], 3.0, 4, endpoint=False),
    "linspace of arrays": lambda x: np.linspace(x, x**2, 3, axis=1),
    "gradient": lambda x: np.gradient(x**2),
    "gradient of rows": lambda x: np.gradient(np.outer(x, x), axis=1, edge_order=2),
    "gradient by places": lambda x: np.gradient(x**2, np.array([0.0, 1.0, 3.0])),
    "diag of a matrix": lambda x: np.diag(np.outer(x, x)),
    "diag above": lambda x: np.diag(x, 1),
    "diag below": lambda x: np.diag(x, -2),
    "diag of a matrix, below": lambda x: np.diag(np.outer(x, x), -1),
    "diagonal": lambda x: np.outer(x, x).diagonal(1),
    "diagflat": lambda x: np.diagflat(np.outer(x, x)),
    "trace": lambda x: np.trace(np.outer(x, x)),
}


def changed(a, value):
    a[1] = value
    return a


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_of_traced_numbers(name):
    f = BUILT[name]
    y, _ = jvp(f, (X,), (X,))
    expected = f(X)
    np.testing.assert_allclose(y, expected, rtol=1e-14)
    assert np.shape(y) == np.shape(expected)
    assert y.dtype == float
    J = jacobian(f)(X)
    for k, e in enumerate(1e-6 * np.eye(3)):
        np.testing.assert_allclose(J[..., k], (f(X + e) - f(X - e)) / 2e-6, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(vjp(f, X)[0], expected, rtol=1e-14)
    check_grads(f, X, order=2)


def test_the_result_of_a_function_may_be_such_an_array():
    f = lambda x: np.array([x[0] ** 2, x[0] * x[1]])  # noqa: E731
    assert np.array_equal(jacobian(f)(np.array([3.0, 4.0])), [[6, 0], [4, 3]])
    y, pull = vjp(lambda x: {"a": f(x), "b": (x[0],)}, np.array([3.0, 4.0]))
    assert y["a"].tolist() == [9, 12]
    assert pull({"a": np.ones(2), "b": (1.0,)})[0].tolist() == [11, 3]
    value, g = value_and_grad(lambda x: np.array([x[0] * x[1]]))(np.array([3.0, 4.0]))
    assert value.tolist() == [12]
    assert g.tolist() == [4, 3]
    assert hessian(lambda x: np.array([[x[0] * x[1]]]))(np.array([3.0, 4.0])).tolist() == [[0, 1], [1, 0]]
    assert hvp(lambda x: np.sum(f(x) * x), np.array([3.0, 4.0]), np.ones(2)).shape == (2,)


def test_an_array_of_what_two_traces_hold():
    f = lambda x: grad(lambda y: np.sum(np.array([x * y, y**2, x]) ** 2))(x)  # noqa: E731
    # d/dy (x²y² + y⁴ + x²) at y = x: 2x³ + 4x³
    assert f(1.5) == pytest.approx(6 * 1.5**3)
    assert grad(f)(1.5) == pytest.approx(18 * 1.5**2)
    assert jvp(f, (1.5,), (1.0,))[1] == pytest.approx(18 * 1.5**2)


UFUNCS = [key for key, entry in TABLE.items() if isinstance(key, np.ufunc) and isinstance(entry, Rule)]


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.signature is None], ids=lambda u: u.__name__)
def test_elementwise_functions_of_such_an_array_are_right_or_an_error(ufunc):
    x = np.array([0.3, 0.6]) + (ufunc is np.arccosh)

    def f(x, build):
        a = build([x[0], x[1] * x[0] + (ufunc is np.arccosh)])
        y = ufunc(a) if ufunc.nin == 1 else ufunc(a, a[::-1] ** 2)
        return np.sum(y * np.array([1.0, 3.0]))

    expected = grad(lambda x: f(x, np.stack))(x)
    try:
        found = grad(lambda x: f(x, np.array))(x)
    except TypeError:
        assert ufunc in (np.logaddexp, np.logaddexp2, np.copysign, np.heaviside)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.array([x[0], x[1]], dtype=float),
        lambda x: np.mean(np.array([x[0], x[1]])),
        lambda x: np.array([x[0], x[1]]).astype(float),
        lambda x: math.sqrt(np.array([x[0]])[0]),
        lambda x: np.linalg.inv(np.array([[x[0], x[1]], [x[1], 2.0]])),
        lambda x: np.fft.fft(np.array([x[0], x[1]])),
        lambda x: np.sin(np.array([x[0], 1.0])),
    ],
)
def test_what_is_impossible_says_what_to_do_instead(f):
    for call in (lambda: vjp(f, X), lambda: jvp(f, (X,), (X,)), lambda: grad(lambda x: np.sum(f(x)))(X)):
        with pytest.raises((TypeError, ValueError)) as error:
            call()
        assert "np.stack" in f"{error.value} {error.value.__cause__}"
