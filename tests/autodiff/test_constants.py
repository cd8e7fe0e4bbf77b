"""What is taken for constant is constant: every such entry of the table, each of its arguments."""

import copy
import inspect

import numpy as np
import pytest

from gdbook.autodiff import grad, jvp
from gdbook.autodiff.core import TABLE, Constant, name_of

X = np.array([0.31, -1.62, 2.23])
TWO = np.array([0.12, -0.55, 1.94])
# Calls that NumPy takes, by entry; what is not here takes one array, or two.
CALLS = {
    np.lexsort: ((X, TWO),),
    np.searchsorted: (np.sort(X), TWO),
    np.digitize: (X, np.sort(TWO)),
    np.can_cast: None,
    np.result_type: (X, TWO),
    np.isin: (X, TWO),
    np.linalg.matrix_rank: (np.outer(X, TWO) + np.eye(3),),
}
CONSTANTS = [key for key, entry in TABLE.items() if isinstance(entry, Constant)]
# Values to try for each parameter of a signature, as numbers that may be traced.
NUMBERS = (np.float64(0.37), np.float64(2.41), 1.37 * X + 0.01, np.abs(X) + 0.1)


def calls(function):
    """Every way to give a constant function floats: by position, and by each of its parameters."""
    if function in CALLS and CALLS[function] is None:
        return []
    base = CALLS.get(function)
    found = []
    for args in (base,) if base else ((X,), (X, TWO), (X.reshape(3, 1),)):
        found.append((args, {}))
        try:
            names = list(inspect.signature(function).parameters)[len(args) :]
        except ValueError:  # a ufunc, before NumPy 2.4
            names = []
        found += [(args, {name: number}) for name in names if name != "out" for number in NUMBERS]
    return copy.deepcopy(found)  # the second of a ufunc of one argument is where it writes


def numbers(y):
    """A result as floats, whatever it is."""
    if isinstance(y, (tuple, list)):
        return [one for part in y for one in numbers(part)]
    if y is None:
        return []
    if isinstance(y, (str, np.dtype)):
        return [] if isinstance(y, np.dtype) else [0.0]
    return [float(one) for one in np.ravel(np.asarray(y)).astype(float)]


def is_floats(x):
    return getattr(x, "dtype", np.dtype(object)).kind == "f"


def floats(args, kwargs):
    """The places of floats: ``("args", k)`` and ``("kwargs", name)``."""
    places = [("args", k) for k, x in enumerate(args) if is_floats(x)]
    places += [("tuple", k) for k, x in enumerate(args) if isinstance(x, tuple)]
    return places + [("kwargs", name) for name, x in kwargs.items() if is_floats(x)]


def moved(args, kwargs, place, by):
    """The same call with the floats at a place replaced by ``by`` of them."""
    kind, key = place
    if kind == "tuple":
        return tuple(tuple(map(by, x)) if k == key else x for k, x in enumerate(args)), kwargs
    if kind == "args":
        return tuple(by(x) if k == key else x for k, x in enumerate(args)), kwargs
    return args, {**kwargs, key: by(kwargs[key])}


@pytest.mark.parametrize("function", CONSTANTS, ids=name_of)
def test_no_argument_of_a_constant_function_has_a_derivative(function):
    """Where the result does change with an argument, a traced one is refused or differentiated."""
    tried, leaving = 0, False
    for args, kwargs in calls(function):
        try:
            y = function(*args, **kwargs)
        except DeprecationWarning:  # an error in these tests: np.fix, from NumPy 2.5 on
            leaving = True
            continue
        except Exception:
            continue
        if function in (np.empty_like, np.array_repr, np.array_str):
            continue  # whatever was there; a text
        for place in floats(args, kwargs):
            a, k = moved(args, kwargs, place, lambda x: x * (1 + 1e-6))
            same = numbers(function(*a, **k)) == numbers(y)

            def f(t, args=args, kwargs=kwargs, place=place):
                a, k = moved(args, kwargs, place, lambda x: x * (1 + t))
                y = function(*a, **k)
                return sum(np.sum(part) for part in y) if isinstance(y, tuple) else np.sum(y * 1.0)

            tried += 1
            if same:
                continue
            with pytest.raises(TypeError):
                grad(f)(0.0)
            with pytest.raises(TypeError):
                jvp(f, (0.0,), (1.0,))
    assert (
        tried
        or leaving
        or function in (np.empty_like, np.array_repr, np.array_str, np.can_cast, np.result_type)
    )


def test_numpy_functions_that_were_once_taken_for_constant():
    """Found by calling every function of NumPy on a traced array: right, by differences, or refused."""
    names = [name for name in dir(np) if callable(getattr(np, name)) and not name.startswith("_")]
    seen = 0
    step = 1e-6
    for name in names:
        function = getattr(np, name)
        if isinstance(function, type) or name in ("shares_memory", "may_share_memory", "save", "savetxt"):
            continue
        for args in ((), (1.7,), (TWO,), (np.array([0, 2, 1]),)):

            def f(x, function=function, args=args):
                y = function(x, *args)
                parts = y if isinstance(y, (tuple, list)) else [y]
                return sum(
                    np.sum(part * np.cos(1 + np.arange(np.size(part))).reshape(np.shape(part)))
                    for part in parts
                )

            try:
                with np.errstate(all="ignore"):
                    found = grad(f)(X)
                    expected = [(f(X + step * e) - f(X - step * e)) / (2 * step) for e in np.eye(3)]
            except Exception:
                continue
            if not np.all(np.isfinite(np.asarray(expected, float))) or not np.all(np.isfinite(found)):
                continue
            seen += 1
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=name)
    assert seen > 120


def test_a_filled_array_has_the_derivative_of_what_it_is_filled_with():
    x = np.array([3.0, 1.0, 2.0])
    assert np.array_equal(grad(lambda x: np.sum(np.full_like(x, x[0]) ** 2))(x), [18, 0, 0])
    assert jvp(lambda x: np.sum(np.full_like(x, x[0]) ** 2), (x,), (np.array([1.0, 0, 0]),))[1] == 18
    assert np.array_equal(grad(lambda x: np.sum(np.full_like(x, x[0], dtype=int)))(x), np.zeros(3))


def test_distinct_numbers_have_the_derivative_of_the_first_of_each():
    x = np.array([3.0, 1.0, 3.0])
    assert np.array_equal(grad(lambda x: np.unique(x) @ np.array([10.0, 1.0]))(x), [1, 10, 0])
    values, counts = jvp(lambda x: np.unique(x, return_counts=True), (x,), (np.array([5.0, 7.0, 9.0]),))[1]
    assert values.tolist() == [7, 5]
    assert counts.tolist() == [0, 0]


def test_weights_of_counts():
    places = np.array([0, 2, 2])
    g = grad(lambda w: np.bincount(places, w) @ np.array([1.0, 10.0, 100.0]))(np.ones(3))
    assert np.array_equal(g, [1, 100, 100])
    for keyword in ({"weights": np.ones(3)}, {}):
        with pytest.raises(TypeError, match=r"give range=, or the edges as bins="):
            grad(lambda x, keyword=keyword: np.sum(np.histogram(x, 3, **keyword)[0]))(X)
    with pytest.raises(TypeError, match="weights"):
        grad(lambda w: np.sum(np.histogram(w, 3, (0, 1), weights=w)[0]))(X)


def test_the_step_function_at_its_step():
    assert grad(lambda h: np.heaviside(0.0, h))(0.5) == 1
    assert grad(lambda h: np.heaviside(0.1, h))(0.5) == 0
    assert np.array_equal(grad(lambda h: np.sum(np.heaviside([0.0, 1.0, 0.0], h)))(0.5), 2.0)
