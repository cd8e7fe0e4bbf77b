"""Every function of the table, over what NumPy lets it take: its value and dtype, or an error that says why.

``sweep`` makes the calls. Each is tried traced in reverse and in forward mode, in float64 and float32,
against NumPy's own result, and both modes against differences to second order.
"""

import inspect
import os
import re
import warnings
import zlib

import numpy as np
import pytest
from sweep import CALLS, Plain, calls, missing_entries, missing_keywords, parameters

from gdbook.autodiff import check_grads, jvp, vjp
from gdbook.autodiff.containers import each
from gdbook.autodiff.core import TABLE, Composed, name_of

MOST = int(os.environ.get("GDBOOK_SWEEP", "150"))  # calls of each function; more on demand


def test_the_sweep_knows_every_line_of_the_table():
    assert missing_entries() == []


def test_the_sweep_tries_every_keyword_of_numpy():
    assert missing_keywords() == {}


# Names that NumPy gives from a later version on, here 2.1, and the table always.
NEWER = {np.clip: {"min", "max"}}


def test_every_line_takes_its_arguments_by_the_names_that_numpy_gives_them():
    for function, entry in TABLE.items():
        if isinstance(entry, Composed) and not isinstance(function, (str, tuple, np.ufunc)):
            theirs, ours = list(parameters(function)), list(inspect.signature(entry.function).parameters)
            if theirs and not any(p.kind is p.VAR_POSITIONAL for p in parameters(function).values()):
                known = [name for name in ours if name in theirs]
                assert known == theirs[: len(known)] or set(known) == set(ours) - {"kwargs"}, name_of(
                    function
                )
                assert set(ours) - {"kwargs"} <= set(theirs) | NEWER.get(function, set()), name_of(function)


def call_of(function):
    if function == "getitem":
        return lambda x, index: x[index]
    if function == "astype":
        return lambda x, dtype, **kwargs: x.astype(dtype, **kwargs)
    if function == "assemble":
        return np.array
    return getattr(*function) if isinstance(function, tuple) else function


def is_float_array(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def opened(function, args, kwargs, dtype):
    """``(f, arrays)``: the call as a function of its arrays of floats, which are of this dtype."""
    arrays = []

    def close(x):
        if isinstance(x, Plain):
            return lambda given: np.asarray(x.value, dtype)
        if is_float_array(x):
            arrays.append(x.astype(dtype))
            place = len(arrays) - 1
            return lambda given: given[place]
        if isinstance(x, list) and any(is_float_array(one) for one in x):
            parts = [close(one) for one in x]
            return lambda given: [part(given) for part in parts]
        return lambda given: x

    args = [close(x) for x in args]
    kwargs = {
        name: (lambda given, x=x: x) if name in ("out", "where") else close(x) for name, x in kwargs.items()
    }
    run = call_of(function)

    def f(*given):
        return run(*[x(given) for x in args], **{name: x(given) for name, x in kwargs.items()})

    return f, arrays


def leaves(y):
    return [leaf for part in y for leaf in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def same(found, expected, rtol, what):
    found, expected = leaves(found), leaves(expected)
    assert len(found) == len(expected), what
    for one, other in zip(found, expected, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert one.shape == other.shape, (what, one.shape, other.shape)
        assert one.dtype == other.dtype, (what, one.dtype, other.dtype)
        finite = np.isfinite(other)
        scale = max(1.0, float(np.abs(other[finite]).max(initial=0)))
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * scale, err_msg=str(what))


OF_SYMMETRIC = {np.linalg.cholesky, np.linalg.eigh, np.linalg.eigvalsh}
ACCEPTED = (TypeError, ValueError, IndexError, NotImplementedError, ZeroDivisionError, np.linalg.LinAlgError)


def kinds(y):
    return {np.asarray(leaf).dtype.kind for leaf in leaves(y)}


def only_floats(f):
    """What of a result is of floats; indices and counts have no derivative."""
    return lambda *xs: [leaf for leaf in leaves(f(*xs)) if leaf.dtype.kind in "fO"]


def examine(function, args, kwargs):
    """Whether the call was differentiated. What NumPy accepts is refused by the name of an argument only."""
    f, arrays = opened(function, args, kwargs, float)
    name = NAMES[function]
    what = (name, args, kwargs)
    ones = tuple(map(np.ones_like, arrays))
    try:
        expected = f(*arrays)
    except Exception:
        for call in (lambda: jvp(f, tuple(arrays), ones), lambda: vjp(f, *arrays)):
            with pytest.raises(ACCEPTED):
                call()
        return False
    try:
        y, pull = vjp(f, *arrays)
    except TypeError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        named = {*kwargs, *parameters(call_of(function))} & set(re.findall(r"\w+", refusal))
        assert named or (function is np.einsum and not isinstance(args[0], str)), (what, refusal)
        with pytest.raises(TypeError):
            jvp(f, tuple(arrays), ones)
        return False
    narrow = any(np.asarray(leaf).dtype == np.float32 for leaf in leaves(expected))
    exact = 1e-6 if narrow else 1e-11
    same(y, expected, exact, what)
    tangents = tuple(np.cos(np.arange(x.size)).reshape(x.shape) for x in arrays)
    y, _ = jvp(f, tuple(arrays), tangents)
    same(y, expected, exact, what)
    finite = all(np.isfinite(leaf).all() for leaf in [*leaves(expected), *arrays])
    if finite and not narrow:
        g = only_floats(f)
        if function in OF_SYMMETRIC:
            g = lambda *xs: only_floats(f)(*((x + np.swapaxes(x, -1, -2)) / 2 for x in xs))  # noqa: E731
        try:
            check_grads(g, *arrays, order=2, rtol=1e-5, atol=1e-6)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error

    f32, arrays32 = opened(function, args, kwargs, np.float32)
    expected = f32(*arrays32)
    y32, pull32 = vjp(f32, *arrays32)
    same(y32, expected, 1e-3, what)
    y32, t32 = jvp(f32, tuple(arrays32), tuple(x.astype(np.float32) for x in tangents))
    same(y32, expected, 1e-3, what)
    for found, other in zip(leaves(t32), leaves(expected), strict=True):
        if np.asarray(other).dtype.kind == "f":
            assert np.asarray(found).dtype == np.asarray(other).dtype, (what, "tangent")
    back = zip(arrays, arrays32, pull(each(y, np.ones_like)), pull32(each(y32, np.ones_like)), strict=True)
    for x, x32, g, g32 in back:
        assert (g.shape, g.dtype) == (x.shape, x.dtype), what
        assert (g32.shape, g32.dtype) == (x.shape, x32.dtype), what
        if finite and function not in UNSTABLE:
            np.testing.assert_allclose(g32, g, rtol=2e-2, atol=2e-3 * max(1, np.abs(g).max(initial=0)))
    return True


# A float32 more or less turns their vectors, or counts a rest once more.
UNSTABLE = {np.linalg.svd, np.linalg.eigh, np.linalg.qr, np.linalg.pinv, np.linalg.cond, np.linalg.inv}


NAMES = {
    function: f"{function}" if isinstance(function, (str, tuple)) else name_of(function) for function in CALLS
}


@pytest.mark.parametrize("function", CALLS, ids=NAMES.get)
def test_value_dtype_gradients_or_an_error_that_names_the_keyword(function):
    rng = np.random.default_rng(zlib.crc32(NAMES[function].encode()))
    differentiated = 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for args, kwargs in calls(function, rng, MOST):
            differentiated += examine(function, args, kwargs)
    assert differentiated > 1
