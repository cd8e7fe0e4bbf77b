"""Empty arrays, ties, arrays without axes, negative axes, broadcasting, repeated use: by closed forms."""

import numpy as np
import pytest

from gdbook.autodiff import check_grads, grad, hessian, jacobian, jvp, vjp

rng = np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_have_empty_gradients(shape):
    x = np.zeros(shape)
    for f in (np.sum, lambda x: np.sum(np.exp(x) * x), lambda x: np.sum(x @ np.ones((shape[-1], 2)))):
        assert grad(f)(x).shape == shape
    assert grad(np.prod)(x).shape == shape
    assert jacobian(lambda x: x * 2)(x).shape == shape * 2
    assert hessian(np.sum)(x).shape == shape * 2
    assert jvp(np.sin, (x,), (x,))[1].shape == shape


def test_the_largest_of_equals_share():
    x = np.array([3.0, 1.0, 3.0])
    assert np.array_equal(grad(np.max)(x), [0.5, 0, 0.5])
    assert np.array_equal(grad(np.min)(np.ones((2, 2))), np.full((2, 2), 0.25))
    rows = np.array([[2.0, 2.0], [1.0, 5.0]])
    assert np.array_equal(grad(lambda x: x.max(axis=1) @ np.array([1.0, 10.0]))(rows), [[0.5, 0.5], [0, 10]])
    assert np.array_equal(grad(lambda x: np.sum(np.maximum(x, 3)))(x), [0.5, 0, 0.5])
    assert np.array_equal(grad(lambda x: np.sum(np.maximum(3, x)))(x), [0.5, 0, 0.5])
    assert np.array_equal(grad(lambda x: np.sum(np.minimum(x, x[0])))(x), [1.5, 1, 0.5])
    assert jvp(np.max, (x,), (np.array([1.0, 0, 0]),))[1] == 0.5


def test_kinks():
    assert grad(abs)(0.0) == 0
    assert np.array_equal(grad(np.linalg.norm)(np.zeros(2)), [0, 0])
    assert np.array_equal(
        grad(lambda x: np.sum(np.clip(x, 0, 1)))(np.array([-1.0, 0, 0.5, 1, 2])), [0, 1, 1, 1, 0]
    )
    assert np.array_equal(grad(lambda x: np.sum(np.where(x > 0, x, 0)))(np.array([-1.0, 0, 1])), [0, 0, 1])


def test_powers_at_zero():
    with np.errstate(all="raise"):
        assert grad(lambda x: x**2)(0.0) == 0
        assert grad(lambda x: x**0)(0.0) == 0
        assert grad(lambda x: x**1)(0.0) == 1
        assert np.array_equal(grad(lambda x: np.sum(x ** np.array([0, 1, 2])))(np.zeros(3)), [0, 1, 0])
        assert grad(lambda n: 0.0**n)(2.0) == 0


def test_numbers_arrays_without_axes_and_of_one():
    for x in (2.0, np.float64(2), np.array(2.0)):
        assert grad(lambda x: x**3)(x) == 12
        assert hessian(lambda x: x**3)(x) == 12
        assert jacobian(lambda x: np.stack([x, x * x]))(x).tolist() == [1, 4]
        assert jvp(lambda x: x**3, (x,), (1.0,)) == (8, 12)
    assert grad(lambda x: np.sum(x, axis=0))(np.ones(1)).shape == (1,)


def test_negative_axes_are_the_last():
    x = rng.standard_normal((2, 3, 4))
    w = rng.standard_normal((2, 3))
    for f in (np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std):
        last = grad(lambda x, f=f: np.sum(w * f(x, axis=-1)))(x)
        assert np.array_equal(last, grad(lambda x, f=f: np.sum(w * f(x, axis=2)))(x))
        kept = grad(lambda x, f=f: np.sum(w[..., None] * f(x, axis=-1, keepdims=True)))(x)
        assert np.array_equal(last, kept)


def test_a_row_and_a_column_broadcast():
    row, column = rng.standard_normal((1, 4)), rng.standard_normal((3, 1))
    g = rng.standard_normal((3, 4))
    a, b = grad(lambda a, b: np.sum(g * (a + b)), (0, 1))(row, column)
    np.testing.assert_allclose(a, g.sum(0, keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(b, g.sum(1, keepdims=True), rtol=1e-14)
    a, b = grad(lambda a, b: np.sum(g * a * b), (0, 1))(row[0], column)
    np.testing.assert_allclose(a, (g * column).sum(0), rtol=1e-14)
    np.testing.assert_allclose(b, (g * row).sum(1, keepdims=True), rtol=1e-14)
    three = rng.standard_normal((2, 3, 4))
    assert grad(lambda a: np.sum(three * a - a / three))(np.ones((1, 1, 1))).shape == (1, 1, 1)
    assert np.shape(grad(lambda a: np.sum(three * a - a))(1.0)) == ()


def test_a_branch_sums():
    x = rng.standard_normal(3)
    np.testing.assert_allclose(grad(lambda x: np.sum(x * x * x + x))(x), 3 * x * x + 1, rtol=1e-13)
    np.testing.assert_allclose(grad(lambda x: x @ x)(x), 2 * x, rtol=1e-15)

    def shared(x):
        y = np.exp(x)
        return np.sum(y) + np.sum(y * y) + np.sum(np.log(y)) + np.sum(y)

    np.testing.assert_allclose(grad(shared)(x), 2 * np.exp(x) + 2 * np.exp(2 * x) + 1, rtol=1e-13)


def test_a_gradient_that_is_added_to_is_no_array_of_somebody_else():
    """The sum of uses is built in place: not in the seed, nor in a gradient that another step has."""
    seed = np.ones(3)
    _, pull = vjp(lambda x: x + x + x + x, np.ones(3))
    assert np.array_equal(pull(seed)[0], np.full(3, 4.0))
    assert np.array_equal(seed, np.ones(3))

    def f(x, y):
        s = x + y  # one gradient for both
        return np.sum(s) + np.sum(x * 2) + np.sum(x * 3)

    gx, gy = grad(f, (0, 1))(np.ones(3), np.ones(3))
    assert np.array_equal(gx, np.full(3, 6.0))
    assert np.array_equal(gy, np.ones(3))


def test_an_index_that_repeats_sums():
    x = np.arange(4.0)
    places = np.array([1, 1, 3, 1])
    assert np.array_equal(grad(lambda x: np.sum(x[places]))(x), [0, 3, 0, 1])
    assert np.array_equal(grad(lambda x: np.sum(x[[0, 0]] * x[0]))(x + 1), [4, 0, 0, 0])
    assert np.array_equal(grad(lambda x: np.sum(x[places] + x[2]) + x[1:].sum())(x), [0, 4, 5, 2])
    table = rng.standard_normal((3, 2))
    g = grad(lambda t: np.sum(t[np.array([2, 0, 2])] * np.array([[1.0], [10.0], [100.0]])))(table)
    assert np.array_equal(g, [[10, 10], [0, 0], [101, 101]])


def test_many_picks_of_single_numbers():
    """Each pick adds to the same array: its cost does not grow with the array."""
    x = rng.standard_normal(500)
    np.testing.assert_allclose(grad(lambda x: sum(x[i] ** 2 for i in range(500)))(x), 2 * x, rtol=1e-15)
    np.testing.assert_allclose(hessian(lambda x: x[0] * x[1] * x[1])(np.array([3.0, 2.0])), [[0, 4], [4, 6]])


def test_einsum_with_an_operand_twice():
    A = rng.standard_normal((3, 3))
    np.testing.assert_allclose(grad(lambda a: np.einsum("ij,ij->", a, a))(A), 2 * A, rtol=1e-14)
    np.testing.assert_allclose(grad(lambda a: np.einsum("ij,ji->", a, a))(A), 2 * A.T, rtol=1e-14)
    np.testing.assert_allclose(grad(lambda a: np.einsum("ii", a))(A), np.eye(3))
    check_grads(lambda a: np.einsum("ij,jk,kl->il", a, a, a), A)
    with pytest.raises(TypeError, match="a string of subscripts"):
        grad(lambda a: np.einsum(a, [0, 0]))(A)
    with pytest.raises(ValueError, match="names 2 arrays, got 1"):
        grad(lambda a: np.einsum("i,i", a))(A[0])


def test_the_determinant_and_its_logarithm():
    A = rng.standard_normal((3, 3))
    np.testing.assert_allclose(grad(np.linalg.det)(A), np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-12)
    np.testing.assert_allclose(
        grad(lambda a: np.linalg.slogdet(a)[1])(A), np.linalg.inv(A).T, rtol=1e-12, atol=1e-13
    )
    S = A @ A.T + np.eye(3)
    by_cholesky = grad(lambda a: 2 * np.sum(np.log(np.diag(np.linalg.cholesky(a)))))(S)
    np.testing.assert_allclose(by_cholesky, np.linalg.inv(S), rtol=1e-12)
    by_eigenvalues = grad(lambda a: np.sum(np.log(np.linalg.eigvalsh(a))))(S)
    np.testing.assert_allclose(by_eigenvalues, np.linalg.inv(S), rtol=1e-12)


def test_equal_eigenvalues_do_no_harm_to_what_needs_no_vectors():
    with np.errstate(all="raise"):
        assert np.array_equal(grad(lambda a: np.sum(np.linalg.eigvalsh(a)))(np.eye(3)), np.eye(3))
        np.testing.assert_allclose(grad(lambda a: np.linalg.norm(a, "nuc"))(np.eye(3)), np.eye(3), atol=1e-15)


def test_gradients_by_a_symmetric_matrix_are_symmetric():
    A = rng.standard_normal((4, 4))
    S, w = A @ A.T + np.eye(4), rng.standard_normal((4, 4))
    for f in (
        lambda a: np.sum(w * np.linalg.eigh(a)[1]),
        lambda a: np.sum(w[0] * np.linalg.eigvalsh(a)),
        lambda a: np.sum(w * np.linalg.cholesky(a)),
    ):
        g = grad(f)(S)
        assert np.abs(g - g.T).max() == 0
        step = 1e-6 * (w + w.T)
        assert f(S + step) - f(S - step) == pytest.approx(2 * np.sum(g * step), rel=1e-5)


def test_comparisons_are_plain():
    def f(x):
        assert type(x > 0) is np.ndarray
        assert type(x == x) is np.ndarray
        assert (x != 0).any()
        assert x.argmax() == 2
        assert np.argsort(x).tolist() == [0, 1, 2]
        assert 3.0 in x
        assert np.isfinite(x).all()
        assert np.allclose(x, x)
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((3,), 1, 3, float, 3)
        assert "Traced" in repr(x)
        assert type(np.zeros_like(x)) is np.ndarray
        assert x.astype(int).tolist() == [1, 2, 3]
        return x.sum()

    assert np.array_equal(grad(f)(np.array([1.0, 2, 3])), np.ones(3))
    assert np.array_equal(grad(lambda x: grad(f)(x) @ x)(np.array([1.0, 2, 3])), np.ones(3))
    with pytest.raises(TypeError, match="unhashable"):
        grad(lambda x: hash(x))(1.0)
    with pytest.raises(TypeError, match="len"):
        grad(lambda x: len(x))(1.0)


def test_plain_arrays_on_the_left():
    x = rng.standard_normal(3)
    M = rng.standard_normal((3, 3))
    np.testing.assert_allclose(grad(lambda x: np.sum(M @ x))(x), M.sum(0), rtol=1e-14)
    np.testing.assert_allclose(grad(lambda x: np.sum(M * x))(x), M.sum(0), rtol=1e-14)
    np.testing.assert_allclose(grad(lambda x: np.sum(M - x))(x), -np.full(3, 3.0))
    np.testing.assert_allclose(grad(lambda x: np.sum(M / x))(x), -M.sum(0) / x**2, rtol=1e-13)
    np.testing.assert_allclose(grad(lambda x: np.sum(np.float64(2) ** x))(x), np.log(2) * 2**x, rtol=1e-14)
    np.testing.assert_allclose(grad(lambda x: np.sum(x * [1, 2, 3]))(x), [1, 2, 3])
    np.testing.assert_allclose(grad(lambda x: x @ [1, 2, 3])(x), [1, 2, 3])
    np.testing.assert_allclose(grad(lambda x: [1, 2, 3] @ x)(x), [1, 2, 3])
    np.testing.assert_allclose(
        grad(lambda x: np.sum([1, 2, 3] / x))(x), -np.array([1, 2, 3]) / x**2, rtol=1e-13
    )
    A = rng.standard_normal((3, 3))
    found = grad(lambda a: np.sum(np.linalg.solve(a, [1.0, 2.0, 3.0])))(A)
    np.testing.assert_allclose(
        found, grad(lambda a: np.sum(np.linalg.inv(a) @ np.array([1.0, 2.0, 3.0])))(A), rtol=1e-10
    )


def test_a_traced_number_can_be_printed_and_rounded():
    def f(x):
        assert f"{x:.2f}" == "2.46"
        assert "2.457" in f"{x}"
        assert round(x) == 2
        return x * round(x, 1)

    assert grad(f)(2.457) == 2.5
