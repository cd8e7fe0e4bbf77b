"""Every line of the table of rules: both modes, first and second derivatives, against differences."""

import itertools

import numpy as np
import pytest
from cases import CASES

from gdbook.autodiff import check_grads, grad, jvp, vjp
from gdbook.autodiff.core import TABLE, Constant, name_of

ALL = [
    pytest.param(f, args, id=f"{key if isinstance(key, str) else getattr(key, '__name__', key)}-{i}")
    for key, cases in CASES.items()
    for i, (f, *args) in enumerate(cases)
]


def leaves(y):
    return [leaf for part in y for leaf in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def test_every_line_has_a_case():
    missing = [key for key, entry in TABLE.items() if not isinstance(entry, Constant) and key not in CASES]
    assert missing == []


@pytest.mark.parametrize(("f", "args"), ALL)
def test_the_value_is_that_of_numpy(f, args):
    """Functions that are composed of others here round differently from NumPy's own."""
    y, _ = jvp(f, args, [np.ones_like(arg) for arg in args])
    for found, expected in zip(leaves(y), leaves(f(*args)), strict=True):
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("f", "args"), ALL)
def test_both_modes_to_second_order_against_differences(f, args):
    check_grads(f, *args, order=2)


@pytest.mark.parametrize(("f", "args"), ALL)
def test_each_number_of_the_jacobian_against_central_differences(f, args):
    """Not by check_grads, and each number by itself: the jvp along each direction, the vjp of each result."""
    step = 5e-6  # near the best for central differences: an error of some 1e-10
    for k, arg in enumerate(args):

        def one(x, k=k):
            return np.concatenate([np.ravel(leaf) for leaf in leaves(f(*args[:k], x, *args[k + 1 :]))])

        y, pull = vjp(one, arg)
        rows = np.array([np.ravel(pull(e)[0]) for e in np.eye(y.size)])
        for j, place in enumerate(itertools.islice(np.ndindex(arg.shape), 6)):
            e = np.zeros_like(arg)
            e[place] = 1
            expected = (one(arg + step * e) - one(arg - step * e)) / (2 * step)
            scale = max(1, np.abs(expected).max())
            np.testing.assert_allclose(jvp(one, (arg,), (e,))[1] / scale, expected / scale, rtol=0, atol=3e-8)
            np.testing.assert_allclose(rows[:, j] / scale, expected / scale, rtol=0, atol=3e-8)


# Compare, take absolute values, or have no complex version.
NOT_ANALYTIC = {
    *(np.absolute, np.fabs, np.maximum, np.minimum, np.fmax, np.fmin, np.clip, np.where, np.sort, np.median),
    *(
        np.max,
        np.min,
        np.amax,
        np.amin,
        np.ptp,
        np.arctan2,
        np.hypot,
        np.logaddexp,
        np.logaddexp2,
        np.remainder,
    ),
    *(
        np.fmod,
        np.copysign,
        np.nan_to_num,
        np.nansum,
        np.nanmean,
        np.cbrt,
        np.degrees,
        np.radians,
        np.rad2deg,
    ),
    *(np.deg2rad, np.real, np.conjugate, np.var, np.std, np.vdot, np.vecdot, np.linalg.vecdot, "astype"),
    *((np.maximum, "reduce"), (np.minimum, "reduce"), np.linalg.norm, np.linalg.vector_norm, np.linalg.cond),
    *(np.linalg.matrix_norm, np.linalg.slogdet, np.linalg.cholesky, np.linalg.eigh, np.linalg.eigvalsh),
    *(np.linalg.svd, np.linalg.svdvals, np.linalg.qr, np.linalg.pinv, np.correlate),
    *(getattr(np, name, None) for name in ("vecmat", "matvec")),
    *(
        np.take_along_axis,
        np.sinc,
        np.trapezoid,
        np.heaviside,
        np.unique,
        np.histogram,
        np.bincount,
        np.full_like,
    ),
}
ANALYTIC = [
    pytest.param(f, args, id=f"{key if isinstance(key, str) else getattr(key, '__name__', key)}-{i}")
    for key, cases in CASES.items()
    if key not in NOT_ANALYTIC
    for i, (f, *args) in enumerate(cases)
    if not (key == "getitem" and i == 5)  # chooses what is positive
]


@pytest.mark.parametrize(("f", "args"), ANALYTIC)
def test_analytic_functions_against_the_complex_step(f, args):
    """f(x + ihv) = f(x) + ih·f′(x)v + O(h²): no difference is taken, so h may be tiny."""
    h = 1e-30
    rng = np.random.default_rng(0)
    tangents = [rng.standard_normal(np.shape(arg)) for arg in args]
    y = leaves(f(*(x + 1j * h * t for x, t in zip(args, tangents, strict=True))))
    if not any(np.iscomplexobj(leaf) for leaf in y):
        pytest.fail("not analytic after all")
    expected = [np.imag(leaf) / h for leaf in y]
    found = leaves(jvp(f, args, tangents)[1])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12 * max(1, np.abs(other).max(initial=0)))
    weights = [rng.standard_normal(np.shape(leaf)) for leaf in y]

    def weighted(*args):
        return sum(np.sum(w * leaf) for w, leaf in zip(weights, leaves(f(*args)), strict=True))

    gradients = grad(weighted, tuple(range(len(args))))(*args)
    along = sum(np.sum(g * t) for g, t in zip(gradients, tangents, strict=True))
    total = sum(np.sum(w * other) for w, other in zip(weights, expected, strict=True))
    assert along == pytest.approx(total, rel=1e-9, abs=1e-10)


CONSTANTS = [key for key, entry in TABLE.items() if isinstance(entry, Constant) and isinstance(key, np.ufunc)]


@pytest.mark.parametrize("function", CONSTANTS, ids=lambda function: function.__name__)
def test_what_is_constant_gives_plain_arrays_and_no_gradient(function):
    x = np.array([0.3, -1.6, 2.2])
    args = (x,) if function.nin == 1 else (x, x[::-1])

    def f(*args):
        y = function(*args)
        assert type(y) is np.ndarray
        return np.sum(y * 1.0)

    assert np.array_equal(grad(f)(*args), np.zeros(3))


def test_names_of_functions_for_errors():
    assert name_of(np.linalg.solve) == "np.linalg.solve"
    assert name_of(np.sin) == "np.sin"
    assert name_of(np.add.reduce) == "np.add.reduce"
