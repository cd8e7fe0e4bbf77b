"""Complex numbers and subclasses of arrays are refused at the first sight, in all modes, with what to do."""

import numpy as np
import pytest

from gdbook.autodiff import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

X = np.array([1.0, 1.0])
MODES = {
    "grad": lambda f: grad(f)(X),
    "value_and_grad": lambda f: value_and_grad(f)(X),
    "vjp": lambda f: vjp(f, X),
    "jvp": lambda f: jvp(f, (X,), (X,)),
    "jacobian": lambda f: jacobian(f)(X),
    "hessian": lambda f: hessian(f)(X),
    "hvp": lambda f: hvp(f, X, X),
}
COMPLEX = {
    "a list": lambda x: np.abs(np.sum(x * [1, 1j])) ** 2,
    "an array": lambda x: np.abs(np.sum(x * np.array([1, 1j]))) ** 2,
    "from the left": lambda x: np.real(np.sum(np.array([1, 1j]) * x)),
    "a number": lambda x: np.real(np.sum(x * 1j)),
    "a scalar": lambda x: np.imag(np.sum(x + np.complex128(1j))),
    "a scalar, left": lambda x: np.imag(np.sum(np.complex64(1j) - x)),
    "divide": lambda x: np.abs(np.sum(x / (1 + 1j))),
    "power": lambda x: np.abs(np.sum((1 + 1j) ** x)),
    "matmul": lambda x: np.abs(np.array([1, 1j]) @ x),
    "matmul, right": lambda x: np.abs(x @ np.array([1, 1j])),
    "dot": lambda x: np.abs(np.dot(x, [1, 1j])),
    "vdot": lambda x: np.abs(np.vdot([1, 1j], x)),
    "einsum": lambda x: np.abs(np.einsum("i,i", x, np.array([1, 1j]))),
    "concatenate": lambda x: np.abs(np.sum(np.concatenate([x, [1j]]))),
    "stack": lambda x: np.abs(np.sum(np.stack([x, np.array([1, 1j])]))),
    "array": lambda x: np.abs(np.sum(x * np.array([x[0], 1j]))),
    "where": lambda x: np.abs(np.sum(np.where(x > 0, x, 1j))),
    "dtype": lambda x: np.abs(np.sum(x, dtype=complex)),
    "cumsum": lambda x: np.abs(np.sum(np.cumsum(x, dtype=complex))),
    "prod": lambda x: np.abs(np.prod(x, dtype=complex)),
    "astype": lambda x: np.abs(np.sum(x.astype(complex))),
    "full_like": lambda x: np.abs(np.sum(np.full_like(x, x[0], dtype=complex))),
    "add": lambda x: np.abs(np.sum(np.add(x, 1j))),
    "maximum": lambda x: np.abs(np.sum(np.maximum(x, 1j))),
    "solve": lambda x: np.abs(np.sum(np.linalg.solve(np.eye(2) * 1j, x))),
    "linspace": lambda x: np.abs(np.sum(np.linspace(x[0], 1j, 3))),
    "append": lambda x: np.abs(np.sum(np.append(x, 1j))),
    "pad": lambda x: np.abs(np.sum(np.outer(x, [1j]))),
    "average": lambda x: np.abs(np.average(x, weights=[1, 1j])),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", COMPLEX)
def test_complex_numbers_are_refused(case, mode):
    with pytest.raises(TypeError, match=r"real|complex"):
        MODES[mode](COMPLEX[case])


def test_real_numbers_have_themselves_as_conjugates():
    assert np.array_equal(grad(lambda x: np.sum(np.conj(x) * np.real(x)))(X), 2 * X)
    assert grad(lambda x: np.sum(np.imag(x)) + x[0])(X).tolist() == [1, 0]


def test_complex_seeds_and_tangents_are_refused():
    with pytest.raises(TypeError, match="real floats, got tangents"):
        jvp(np.sin, (X,), (X * 1j,))
    with pytest.raises(TypeError, match="real floats, got g of complex128"):
        vjp(np.sin, X)[1](X * 1j)


ODD = {
    "matrix": (
        lambda: np.array([[1.0, 2.0], [3.0, 4.0]]).view(np.matrix),
        r"matrix, .* pass np\.asarray\(x\)",
    ),
    "masked": (lambda: np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[True, False]] * 2), r"x\.filled"),
}
USES = {
    "times": lambda x, a: x * a,
    "from the left": lambda x, a: a * x,
    "plus": lambda x, a: x + a,
    "minus": lambda x, a: a - x,
    "matmul": lambda x, a: x @ a,
    "matmul, left": lambda x, a: a @ x,
    "power": lambda x, a: x**a,
    "dot": lambda x, a: np.dot(x, a),
    "multiply": lambda x, a: np.multiply(a, x),
    "maximum": lambda x, a: np.maximum(x, a),
    "where": lambda x, a: np.where(x > 0, x, a),
    "concatenate": lambda x, a: np.concatenate([x, a]),
    "einsum": lambda x, a: np.einsum("ij,jk", x, a),
    "solve": lambda x, a: np.linalg.solve(a, x),
    "kron": lambda x, a: np.kron(x, a),
    "hypot": lambda x, a: np.hypot(a, x),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", ODD)
def test_subclasses_are_refused_with_what_to_pass(kind, use):
    make, cure = ODD[kind]
    a, x = make(), np.eye(2) + 0.5
    f = lambda x: np.sum(USES[use](x, a))  # noqa: E731
    for call in (lambda: grad(f)(x), lambda: jvp(f, (x,), (x,)), lambda: vjp(f, x)):
        if kind == "masked" and use in ("from the left", "minus"):
            continue  # masked arrays compute with objects: see below
        with pytest.raises(TypeError, match=cure):
            call()


def test_a_masked_array_that_computes_itself_has_the_derivative_of_what_is_not_masked():
    a, x = ODD["masked"][0](), np.eye(2) + 0.5
    assert np.array_equal(grad(lambda x: np.sum(a * x))(x), [[0, 2], [0, 4]])
    assert np.array_equal(grad(lambda x: np.sum(a - x))(x), [[0, -1], [0, -1]])
    assert jvp(lambda x: np.sum(a * x), (x,), (x,))[1] == np.sum(a * x)


@pytest.mark.parametrize("kind", ODD)
def test_subclasses_are_refused_as_arguments(kind):
    make, cure = ODD[kind]
    for call in (lambda: grad(np.sum)(make()), lambda: jvp(np.sum, (make(),), (make(),))):
        with pytest.raises(TypeError, match=cure):
            call()
    with pytest.raises(TypeError, match=r"tangents\[0\] must be a plain array, .*(asarray|filled)"):
        jvp(np.sum, (np.eye(2),), (make(),))


def test_arrays_in_files_are_arrays(tmp_path):
    a = np.memmap(tmp_path / "a", float, "w+", shape=(3,))
    a[:] = [1, 2, 3]
    assert np.array_equal(grad(lambda x: np.sum(x * a))(np.ones(3)), [1, 2, 3])
    g = grad(lambda a: np.sum(a * a))(a)
    assert type(g) is np.ndarray
    assert np.array_equal(g, [2, 4, 6])


def test_lists_of_numbers_are_arrays():
    x = np.array([3.0, 5.0])
    assert np.array_equal(grad(lambda x: np.dot([1, 2], x))(x), [1, 2])
    assert np.array_equal(grad(lambda x: np.dot(x, (1, 2)))(x), [1, 2])
    found = grad(lambda x: np.sum(np.arctan2([1, 2], x)))(x)
    np.testing.assert_allclose(found, [-1 / 10, -2 / 29], rtol=1e-15)
    assert np.array_equal(grad(lambda x: np.sum(np.add(x, (1, 2))) + np.sum((1, 2) * x))(x), [2, 3])
    assert np.array_equal(grad(lambda x: np.extract([True, False], x) @ [4.0])(x), [4, 0])
    assert np.array_equal(grad(lambda x: np.inner([1, 2], x) + np.vdot([1, 2], x))(x), [2, 4])
    assert np.array_equal(grad(lambda x: np.sum(np.outer([1, 2], x)))(x), [3, 3])
    assert np.array_equal(grad(lambda x: np.sum(np.tensordot([1, 2], x, 1)))(x), [1, 2])


def test_hessians_are_of_one_array():
    quadratic = lambda a, b: np.sum(a * a * b)  # noqa: E731
    for argnum in ((0, 1), (0,), (1, 0)):
        if len(argnum) > 1:
            with pytest.raises(TypeError, match=r"hessian needs one argument.*use hvp"):
                hessian(quadratic, argnum)(X, X)
    for x in ({"w": X}, [X, X], (X,), [1.0, 2.0]):
        with pytest.raises(TypeError, match="hessian needs one argument"):
            hessian(lambda x: 1.0)(x)
        with pytest.raises(TypeError, match="jacobian needs one argument"):
            jacobian(lambda x: 1.0)(x)
    assert np.array_equal(hessian(quadratic, (0,))(X, X), 2 * np.eye(2))
    assert np.array_equal(hessian(quadratic, 1)(X, X), np.zeros((2, 2)))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
def test_one_element_of_any_shape_is_one_number(shape):
    f = lambda x: np.reshape(np.sum(x * x), shape)  # noqa: E731
    value, g = value_and_grad(f)(np.array([3.0, 4.0]))
    assert np.shape(value) == shape
    assert np.array_equal(g, [6, 8])
    assert grad(lambda x: x**2)(np.full(shape, 3.0)).shape == shape
    assert np.shape(hessian(f)(X)) == (2, 2)
    assert np.array_equal(hvp(f, X, X), 2 * X)
    with pytest.raises(ValueError, match="one number"):
        grad(lambda x: x)(np.ones((2, *shape)))
