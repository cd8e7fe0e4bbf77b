"""Zeros, ties, infinities, NaN and numbers near the ends of the range: by closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gdbook.autodiff import grad, hessian, jacobian, jvp, vjp

INF, NAN = math.inf, math.nan


def both(f, *args):
    """The gradients by all arguments; forward mode along each unit vector gives the same."""
    gradients = grad(f, tuple(range(len(args))))(*args)
    for k, (x, g) in enumerate(zip(args, gradients, strict=True)):
        for e in np.eye(np.size(x)):
            tangents = [np.zeros_like(np.asarray(a, float))[()] for a in args]
            tangents[k] = e.reshape(np.shape(x))[()]
            t = jvp(f, args, tuple(tangents))[1]
            np.testing.assert_allclose(t, np.ravel(g) @ e if np.isfinite(g).all() else t, rtol=1e-12)
    return gradients


@pytest.mark.parametrize("x", [23.0, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("y", [0.0, 1.0, 2.0, -1.0, 0.5])
def test_second_derivatives_of_powers(x, y):
    f = lambda z: z[0] ** z[1]  # noqa: E731
    log = math.log(x)
    cross = x ** (y - 1) * (1 + y * log)
    expected = [[y * (y - 1) * x ** (y - 2), cross], [cross, x**y * log * log]]
    np.testing.assert_allclose(hessian(f)(np.array([x, y])), expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(jacobian(grad(f))(np.array([x, y])), expected, rtol=1e-13, atol=1e-15)
    g = jacobian(lambda a: grad(lambda b: a**b)(y))(x)
    np.testing.assert_allclose(g, cross, rtol=1e-13)
    np.testing.assert_allclose(
        hessian(lambda z: np.sum(z ** np.array([y, 0.0])))(np.array([x, 0.0])),
        [[y * (y - 1) * x ** (y - 2), 0], [0, 0]],
        rtol=1e-13,
    )


def test_powers_of_zero_by_zero():
    with np.errstate(all="raise"):
        assert np.array_equal(grad(lambda z: z[0] ** z[1])(np.array([0.0, 0.0])), [0, 0])
        assert np.array_equal(grad(lambda z: z[0] ** z[1])(np.array([0.0, 2.0])), [0, 0])


@pytest.mark.parametrize("p", [1, 1.5, 2, 2.5, 3, 0.5, -1, np.inf, -np.inf, None])
@pytest.mark.parametrize("norm", ["norm", "vector_norm"])
def test_norms_of_zero_vectors_have_derivative_zero(p, norm):
    function = getattr(np.linalg, norm)
    p = 2 if p is None and norm == "vector_norm" else p
    with np.errstate(all="ignore"):
        assert np.array_equal(grad(lambda x: function(x, ord=p))(np.zeros(3)), np.zeros(3))
        assert jvp(lambda x: function(x, ord=p), (np.zeros(3),), (np.ones(3),))[1] == 0
        rows = np.array([[0.0, 0.0], [3.0, 4.0]])
        g = grad(lambda x: np.sum(function(x, ord=p, axis=1)))(rows)
    assert np.array_equal(g[0], [0, 0])
    assert np.isfinite(g).all()


@pytest.mark.parametrize("p", [1.5, 2, 3, 0.5])
def test_norms_with_a_component_of_zero(p):
    x = np.array([0.0, 2.0, -3.0])
    g = grad(lambda x: np.linalg.norm(x, p))(x)
    size = np.linalg.norm(x, p)
    np.testing.assert_allclose(g, np.sign(x) * (np.abs(x) / size) ** (p - 1) if p >= 1 else g, rtol=1e-13)
    assert g[0] == 0
    np.testing.assert_allclose(g[1:], np.sign(x[1:]) * (np.abs(x[1:]) / size) ** (p - 1), rtol=1e-13)


@pytest.mark.parametrize("order", ["fro", "nuc", 2, -2, 1, np.inf])
def test_norms_of_zero_matrices_have_derivative_zero(order):
    assert np.array_equal(grad(lambda a: np.linalg.norm(a, order))(np.zeros((2, 3))), np.zeros((2, 3)))


def test_singular_values_that_are_zero():
    a = np.diag([3.0, 0.0])
    assert np.array_equal(grad(lambda a: np.linalg.norm(a, "nuc"))(a), np.diag([1.0, 0.0]))
    assert np.array_equal(grad(lambda a: np.linalg.norm(a, 2))(a), np.diag([1.0, 0.0]))
    tall = np.array([[3.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    g = grad(lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[1] ** 2))(tall)
    np.testing.assert_allclose(g, 2 * tall, atol=1e-15)
    for x in (a, tall):
        for part in vjp(lambda a: tuple(np.linalg.svd(a, full_matrices=False)), x)[1](
            tuple(np.ones_like(one) for one in np.linalg.svd(x, full_matrices=False))
        ):
            assert np.isfinite(part).all()


def test_the_spread_of_equal_numbers_has_derivative_zero():
    with np.errstate(all="raise"):
        for x in (np.full(3, 2.0), np.full((2, 3), -1.5)):
            assert np.array_equal(grad(np.std)(x), np.zeros(x.shape))
            assert np.array_equal(grad(lambda x: np.sum(np.std(x, axis=-1)))(x), np.zeros(x.shape))
            assert jvp(np.std, (x,), (np.ones_like(x),))[1] == 0
        assert grad(np.std)(4.0) == 0
        mixed = np.array([[1.0, 1.0], [1.0, 3.0]])
        assert np.array_equal(grad(lambda x: np.sum(np.std(x, axis=1)))(mixed), [[0, 0], [-0.5, 0.5]])


COFACTORS = [
    ([[1, 2], [2, 4]], [[4, -2], [-2, 1]]),
    ([[0, 0], [0, 0]], [[0, 0], [0, 0]]),
    ([[0]], [[1]]),
    ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]),
    ([[1, 0, 0], [0, 0, 0], [0, 0, 2]], [[0, 0, 0], [0, 2, 0], [0, 0, 0]]),
    ([[0, 1], [0, 0]], [[0, 0], [-1, 0]]),
    ([[2, 1], [1, 1]], [[1, -1], [-1, 2]]),
]


@pytest.mark.parametrize(("a", "cofactors"), COFACTORS)
def test_the_determinant_of_singular_matrices(a, cofactors):
    a = np.array(a, float)
    np.testing.assert_allclose(grad(np.linalg.det)(a), cofactors, atol=1e-12)
    t = np.arange(a.size, dtype=float).reshape(a.shape)
    assert jvp(np.linalg.det, (a,), (t,))[1] == pytest.approx(np.sum(t * cofactors), abs=1e-11)
    np.testing.assert_allclose(
        grad(lambda s: np.sum(np.linalg.det(s)))(np.stack([a, a + t])),
        [cofactors, grad(np.linalg.det)(a + t)],
        atol=1e-11,
    )


def test_second_derivatives_of_the_determinant_of_a_singular_matrix():
    H = hessian(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]]))
    assert np.array_equal(H.reshape(4, 4), np.fliplr(np.diag([1, -1, -1, 1])))


@pytest.mark.parametrize(
    "x",
    [
        [1e-200, 1e-200, 1e100],
        [1e200, 1e200, 1e-100],
        [1e-200, 1e-200],
        [1e200, 1e200],
        [0.0, 3.0, 2.0],
        [0.0, 0.0, 2.0],
        [5e-324, 2.0, 1.0],
        [1e100, 1e-200, 1e-200, 7.0],
        [2.0],
        [3.0, -1.0, 0.5, 4.0],
    ],
)
def test_products_are_not_divided_by_their_factors(x):
    exact = [Fraction(one) for one in x]
    others = [math.prod(exact[:k] + exact[k + 1 :]) for k in range(len(x))]
    in_range = all(one == 0 or 1e-307 < abs(one) < 1e307 for one in others)
    x = np.array(x)
    with np.errstate(all="ignore"):
        g = grad(np.prod)(x)
        c = grad(lambda x: np.cumprod(x)[-1])(x)
        t = [jvp(np.prod, (x,), (e,))[1] for e in np.eye(len(x))]
        rows = grad(lambda x: np.sum(np.prod(x, axis=1)))(np.stack([x, np.ones_like(x)]))
    if in_range:
        for found in (g, c, t, rows[0]):
            np.testing.assert_allclose(found, np.array(others, float), rtol=1e-12)


def test_a_long_product_with_a_zero_takes_memory_as_long_as_it_is():
    x = np.ones(100_000)
    x[7] = 0
    g = grad(np.prod)(x)
    assert g[7] == 1
    assert np.count_nonzero(g) == 1


def test_running_products_of_small_numbers():
    x = np.full(5, 1e-100)
    J = jacobian(np.cumprod)(x)
    for k in range(5):
        for j in range(5):
            exact = Fraction(x[0]) ** k if j <= k else 0
            assert J[k, j] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    "pair", [(INF, 1.0), (1.0, INF), (INF, INF), (-INF, 1.0), (-INF, -INF), (INF, -INF), (2.0, 2.0)]
)
@pytest.mark.parametrize("function", [np.logaddexp, np.logaddexp2])
def test_sums_of_powers_at_infinity(function, pair):
    a, b = both(function, *pair)
    expected = 0.5 if pair[0] == pair[1] else float(pair[0] > pair[1])
    if math.isinf(max(pair)) or math.isinf(pair[0]) or pair[0] == pair[1]:
        assert (a, b) == (pytest.approx(expected), pytest.approx(1 - expected))
    arrays = grad(lambda a, b: np.sum(function(a, b)), (0, 1))(
        np.array([pair[0], 0.0]), np.array([pair[1], 0.0])
    )
    np.testing.assert_allclose([one[0] for one in arrays], [a, b])
    np.testing.assert_allclose([one[1] for one in arrays], [0.5, 0.5])


LARGE = {
    (np.arcsinh, 1e200): 1e-200,
    (np.arcsinh, -1e200): 1e-200,
    (np.arccosh, 1e200): 1e-200,
    (np.arcsinh, np.float32(1e20)): 1e-20,
    (np.arccosh, np.float32(1e20)): 1e-20,
    (np.expm1, -40.0): math.exp(-40),
    (np.arctan, 1e100): 1e-200,
    (np.log1p, 1e300): 1e-300,
}


@pytest.mark.parametrize(("function", "x"), LARGE)
def test_far_from_zero(function, x):
    expected = LARGE[function, x]
    with np.errstate(over="raise"):
        assert grad(function)(x) == pytest.approx(expected, rel=1e-6 if isinstance(x, np.float32) else 1e-13)
        assert jvp(function, (x,), (type(x)(1),))[1] == grad(function)(x)
    arrays = grad(lambda x: np.sum(function(x)))(np.array([x, x]))
    np.testing.assert_allclose(arrays, expected, rtol=1e-6)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1.0])
def test_angles_and_lengths_of_any_size(size):
    a, b = both(np.arctan2, 3.0 * size, 4.0 * size)
    np.testing.assert_allclose([a, b], [0.16 / size, -0.12 / size], rtol=1e-14)
    np.testing.assert_allclose(both(np.hypot, 3.0 * size, 4.0 * size), [0.6, 0.8], rtol=1e-14)
    assert both(np.hypot, 0.0, 0.0) == (0, 0)


def test_the_largest_where_there_is_nan():
    rows = np.array([[1.0, 5.0, 5.0], [NAN, 2.0, 3.0], [4.0, 0.0, 1.0]])
    for function, first in ((np.max, [0, 0.5, 0.5]), (np.min, [1, 0, 0])):
        g = grad(lambda x, f=function: np.sum(f(x, axis=1) * np.array([1.0, 10, 100])))(rows)
        assert np.array_equal(g[0], first)
        assert np.array_equal(g[1], [10, 0, 0])  # of the NaN, which the result is
        assert np.array_equal(g[2], [100, 0, 0] if function is np.max else [0, 100, 0])
    ties = np.array([[2.0, 2.0], [NAN, 1.0], [NAN, NAN]])
    assert np.array_equal(grad(lambda x: np.sum(np.max(x, axis=1)))(ties), [[0.5, 0.5], [1, 0], [0.5, 0.5]])


def test_the_one_that_is_a_number_is_chosen():
    a, b = np.array([NAN, 1.0, 2.0, NAN]), np.array([3.0, NAN, 1.0, NAN])
    for function in (np.fmax, np.fmin):
        ga, gb = grad(lambda a, b, f=function: np.nansum(f(a, b)), (0, 1))(a, b)
        assert np.array_equal(ga[:2], [0, 1])
        assert np.array_equal(gb[:2], [1, 0])


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_the_median_is_that_of_numpy_where_there_is_nan(axis):
    x = np.array([[1.0, NAN, 3.0], [4.0, 5.0, 9.0]])
    y, _ = jvp(lambda x: np.median(x, axis=axis), (x,), (np.ones_like(x),))
    np.testing.assert_array_equal(y, np.median(x, axis=axis))
    g = grad(lambda x: np.sum(np.median(x, axis=axis)))(x)
    assert g[0, 1] == 1  # it is the NaN
    np.testing.assert_array_equal(vjp(lambda x: np.median(x, axis=axis), x)[0], y)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (NAN, 1.0), (0.0, NAN), (NAN, NAN), (1.0, 0.0)])
def test_clip_is_that_of_numpy_where_there_is_nan(bounds):
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, NAN])
    low, high = bounds
    y, pull = vjp(lambda x, a, b: np.clip(x, a, b), x, low, high)
    np.testing.assert_array_equal(y, np.clip(x, low, high))
    g, of_low, of_high = pull(np.ones(6))
    if bounds == (0.0, 1.0):
        assert np.array_equal(g, [0, 1, 1, 1, 0, 1])
        assert (of_low, of_high) == (1, 1)
    assert np.sum(g) + of_low + of_high == 6
    with pytest.raises((TypeError, ValueError)):
        grad(lambda x: np.sum(np.clip(x, 0, 1, max=2)))(x)


def test_rests_of_numbers_that_divide_almost():
    """1 / 0.1 rounds to 10, and yet 0.1 goes into 1 nine times."""
    assert grad(lambda b: np.remainder(1.0, b))(0.1) == -9
    assert grad(lambda b: np.fmod(1.0, b))(0.1) == -9
    assert grad(lambda b: np.remainder(-1.0, b))(0.3) == 4
    assert grad(lambda b: np.fmod(-1.0, b))(0.3) == 3


@pytest.mark.parametrize("shape", [(3, 3, 3), (2, 3, 3), (3, 3), (1, 3, 3), (2, 2, 3, 3)])
def test_solving_stacks_for_one_vector(shape):
    rng = np.random.default_rng(2)
    A, b = rng.standard_normal(shape) + 3 * np.eye(3), rng.standard_normal(3)
    y, pull = vjp(np.linalg.solve, A, b)
    np.testing.assert_allclose(y, np.linalg.solve(A, b), rtol=1e-13)
    g = rng.standard_normal(y.shape)
    of_A, of_b = pull(g)
    back = np.einsum("...ji,...j->...i", np.linalg.inv(A), g)
    np.testing.assert_allclose(of_b, back.reshape(-1, 3).sum(0), rtol=1e-12)
    np.testing.assert_allclose(of_A, -back[..., :, None] * y[..., None, :], rtol=1e-12)


@pytest.mark.parametrize("p", [None, 2, -2, "fro", 1, -1, np.inf])
def test_the_condition_of_each_matrix_of_a_stack(p):
    rng = np.random.default_rng(3)
    A = rng.standard_normal((3, 2, 2)) + 2 * np.eye(2)
    y = jvp(lambda a: np.linalg.cond(a, p), (A,), (A,))[0]
    np.testing.assert_allclose(y, np.linalg.cond(A, p), rtol=1e-12)
    of_stack = grad(lambda a: np.sum(np.linalg.cond(a, p)))(A)
    np.testing.assert_allclose(of_stack, [grad(lambda a: np.linalg.cond(a, p))(one) for one in A], rtol=1e-9)


def test_the_example_of_correlate():
    a, v = np.array([0.3, -1.6]), np.array([1.0, 2.0, 3.0])
    y, pull = vjp(lambda a, v: np.correlate(a, v, "same"), a, v)
    np.testing.assert_allclose(y, [-4.2, -2.9, -1.6], rtol=1e-15)
    of_a, of_v = pull(np.array([1.0, 10.0, 100.0]))
    step = 1e-6
    for k in range(3):
        e = step * np.eye(3)[k]
        numeric = (
            (np.correlate(a, v + e, "same") - np.correlate(a, v - e, "same")) @ [1, 10, 100] / (2 * step)
        )
        assert of_v[k] == pytest.approx(numeric, rel=1e-8)
    for k in range(2):
        assert of_a[k] == pytest.approx(np.correlate(np.eye(2)[k], v, "same") @ [1, 10, 100], rel=1e-14)


@pytest.mark.parametrize("half", ["L", "U"])
def test_the_half_of_the_matrix_that_is_read(half):
    a = np.array([[2.0, 0.3], [0.9, 3.0]])
    expected = np.linalg.eigh(a, half)[0]
    for function in (lambda a: np.linalg.eigh(a, half)[0], lambda a: np.linalg.eigvalsh(a, UPLO=half)):
        np.testing.assert_allclose(vjp(function, a)[0], expected, rtol=1e-14)
    upper = np.linalg.cholesky(a, upper=half == "U")
    np.testing.assert_allclose(
        vjp(lambda a: np.linalg.cholesky(a, upper=half == "U"), a)[0], upper, rtol=1e-14
    )
