"""grad, vjp, jvp, jacobian, hessian, hvp: closed forms, nesting, containers, and what is refused."""

import gc
import inspect
import math
import re
import tracemalloc
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from gdbook import autodiff
from gdbook.autodiff import (
    binary,
    check_grads,
    composed,
    constant,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linear,
    multilinear,
    rule,
    unary,
    value_and_grad,
    vjp,
)
from gdbook.autodiff.core import TABLE, plain

rng = np.random.default_rng(3)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_gradient_of_rosenbrock_is_the_closed_form():
    a, b = 0.3, -0.7
    expected = [-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)]
    np.testing.assert_allclose(grad(rosenbrock)(np.array([a, b])), expected, rtol=1e-14)


def test_hessian_of_rosenbrock_at_its_minimum_has_condition_number_2508():
    H = hessian(rosenbrock)(np.ones(2))
    np.testing.assert_allclose(H, [[802, -400], [-400, 200]], rtol=1e-14)
    low, high = np.linalg.eigvalsh(H)
    assert round(high / low, 1) == 2508.0


def test_derivatives_of_a_sine_to_the_sixth_order():
    f, x = np.sin, 0.7
    for n in range(7):
        assert f(x) == pytest.approx(math.sin(x + n * math.pi / 2), rel=1e-14)
        f = grad(f)


def test_derivatives_in_forward_mode_to_the_sixth_order():
    def d(f):
        return lambda x: jvp(f, (x,), (1.0,))[1]

    f, x = np.sin, 0.7
    for n in range(7):
        assert f(x) == pytest.approx(math.sin(x + n * math.pi / 2), rel=1e-14)
        f = d(f)


def test_a_variable_of_the_outer_function_is_constant_for_the_inner():
    """The example of Siskind and Pearlmutter (2005): d/dx of x·d/dy(x + y) is 1, not 2."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    forward = lambda f, x: jvp(f, (x,), (1.0,))[1]  # noqa: E731
    assert forward(lambda x: x * forward(lambda y: x + y, 1.0), 1.0) == 1
    assert forward(lambda x: x * grad(lambda y: x + y)(1.0), 1.0) == 1
    assert grad(lambda x: x * forward(lambda y: x + y, 1.0))(1.0) == 1


def test_hessian_of_a_quadratic_is_its_matrix_in_all_four_ways():
    A = rng.standard_normal((4, 4))
    A = A + A.T
    x, v = rng.standard_normal((2, 4))
    f = lambda x: 0.5 * x @ A @ x  # noqa: E731
    np.testing.assert_allclose(hessian(f)(x), A, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(jacobian(grad(f))(x), A, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(hvp(f, x, v), A @ v, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(grad(lambda x: grad(f)(x) @ v)(x), A @ v, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("shapes", [((5,), (2, 3)), ((2, 3), (2,)), ((), (3,)), ((3,), ())])
def test_jacobian_of_a_linear_function_by_either_mode(shapes):
    x_shape, y_shape = shapes
    M = rng.standard_normal((*y_shape, *x_shape))
    f = lambda x: np.tensordot(M, x, len(x_shape))  # noqa: E731
    J = jacobian(f)(rng.standard_normal(x_shape) if x_shape else 0.5)
    assert np.shape(J) == M.shape
    np.testing.assert_allclose(J, M, rtol=1e-14)


def test_a_pull_can_be_called_again_and_gives_arrays_of_its_own():
    x = rng.standard_normal(3)
    y, pull = vjp(lambda a, b: a + b, x, x)
    g = np.ones(3)
    one, two = pull(g)
    one *= 7
    assert np.array_equal(two, np.ones(3))
    assert np.array_equal(g, np.ones(3))
    assert np.array_equal(pull(2 * g)[0], 2 * np.ones(3))
    assert np.array_equal(y, 2 * x)


def test_gradients_may_be_changed_without_changing_others():
    f = lambda p: np.sum(p["a"] + p["b"])  # noqa: E731
    g = grad(f)({"a": np.ones(3), "b": np.ones(3)})
    g["a"][0] = 5
    assert np.array_equal(g["b"], np.ones(3))


Point = namedtuple("Point", "x y")


def test_containers_come_back_as_they_are():
    params = {"layers": [(np.ones((2, 3)), np.zeros(3)), (np.ones((3, 1)), 0.5)], "point": Point(1.0, [2.0])}

    def f(p):
        (w, b), (v, c) = p["layers"]
        return np.sum((np.ones((4, 2)) @ w + b) @ v + c) * p["point"].x * p["point"].y[0]

    g = grad(f)(params)
    assert list(g) == ["layers", "point"]
    assert isinstance(g["point"], Point)
    assert isinstance(g["layers"][0], tuple)
    assert np.array_equal(g["layers"][0][1], np.full(3, 8.0))
    assert g["layers"][1][1] == 8
    assert g["point"] == Point(f(params), [f(params) / 2])
    t = {"layers": [(np.ones((2, 3)), np.ones(3)), (np.ones((3, 1)), 1.0)], "point": Point(0.0, [0.0])}
    assert jvp(f, (params,), (t,))[1] == 48 + 24 + 48 + 8
    check_grads(f, params)


def test_several_arguments_and_keywords():
    f = lambda a, b, *, scale: scale * np.sum(a * b)  # noqa: E731
    a, b = np.arange(3.0), np.ones(3)
    assert np.array_equal(grad(f, 1)(a, b, scale=2.0), 2 * a)
    assert np.array_equal(grad(f, -2)(a, b, scale=2.0), 2 * b)
    both = grad(f, (1, 0))(a, b, scale=2.0)
    assert np.array_equal(both[0], 2 * a)
    assert np.array_equal(both[1], 2 * b)
    assert value_and_grad(f)(a, b, scale=2.0)[0] == 6


def test_python_control_flow_sees_plain_numbers():
    def f(x):
        while x < 10:  # a comparison of a traced number is a bool
            x = x * x if x > 2 else x + 1
        return x

    assert grad(f)(1.5) == 2 * 2.5 * 2 * 6.25
    assert grad(lambda x: sum(float(i) * part for i, part in enumerate(x)))(np.ones(3)).tolist() == [0, 1, 2]
    assert [len(y) for y in vjp(lambda x: (x[:2], x), np.ones(3))[0]] == [2, 3]


def test_a_solver_is_differentiated_through():
    """Newton's iteration for a square root: the derivative is that of the root."""

    def root(a):
        x = a
        while abs(x * x - a) > 1e-15:
            x = (x + a / x) / 2
        return x

    assert grad(root)(2.0) == pytest.approx(0.5 / math.sqrt(2), rel=1e-12)


def test_the_kind_of_numbers_stays():
    x = np.ones(3, np.float32)
    assert grad(lambda x: np.sum(np.tanh(2 * x) ** 3 / 3))(x).dtype == np.float32
    assert jvp(lambda x: np.exp(x).mean(), (x,), (x,))[1].dtype == np.float32
    assert grad(lambda x: np.sum(x * np.ones(3)))(x).dtype == np.float32  # though the loss is float64
    assert grad(lambda x: x * x)(np.float32(2)).dtype == np.float32
    assert type(grad(lambda x: x * x)(np.array(2.0))) is np.ndarray


def test_a_function_that_does_not_use_its_argument_has_gradient_zero():
    assert np.array_equal(grad(lambda x: 3.0)(np.ones(2)), np.zeros(2))
    assert np.array_equal(jvp(lambda x: np.ones(2), (1.0,), (1.0,))[1], np.zeros(2))
    y, pull = vjp(lambda x: np.ones(2), np.ones(3))
    assert np.array_equal(pull(y)[0], np.zeros(3))


# What is refused


@pytest.mark.parametrize(
    ("x", "cure"),
    [
        (3, "argument 0 is, or holds, the int 3: write 3.0"),
        (True, "the bool True: write 1.0"),
        (np.arange(3), "the array of int64: write x.astype(float)"),
        ({"w": [1.0, 2]}, "the int 2: write 2.0"),
        (np.ones(2) * 1j, "the array of complex128: its real and imaginary part are two arguments"),
        ("word", "leave it out of the arguments that are differentiated"),
    ],
)
def test_only_floats_are_differentiated(x, cure):
    for call in (lambda: grad(lambda x: 1.0)(x), lambda: jvp(lambda x: 1.0, (x,), (x,))):
        with pytest.raises(TypeError, match=re.escape(cure)):
            call()


def test_a_function_without_a_rule_is_named_with_the_line_to_add():
    with pytest.raises(TypeError, match=r"np\.fft\.fft has no rule.*rule\(np\.fft\.fft, lambda g, y, x: …\)"):
        grad(lambda x: np.sum(np.fft.fft(x)))(np.ones(4))
    with pytest.raises(TypeError, match=r"np\.frexp has no rule"):
        grad(lambda x: np.frexp(x)[0])(1.0)
    with pytest.raises(TypeError, match=r"np\.add\.at has no rule"):
        grad(lambda x: np.add.at(np.zeros(2), 0, x))(1.0)


def test_a_line_can_be_added():
    def slope(x, xp, fp):
        return (np.diff(fp) / np.diff(xp))[np.searchsorted(xp, x) - 1]

    try:
        rule(np.interp, lambda g, y, x, xp, fp: g * slope(x, xp, fp))
        f = lambda x: np.sum(np.interp(x, [0.0, 1.0, 3.0], [0.0, 5.0, 4.0]) ** 2)  # noqa: E731
        check_grads(f, np.array([0.4, 2.0, 2.5]))
        assert grad(f)(np.array([0.4]))[0] == pytest.approx(2 * 2.0 * 5.0)
    finally:
        del TABLE[np.interp]


MATRIX, OTHER = rng.uniform(0.5, 1.5, (3, 3)) + 2 * np.eye(3), rng.uniform(0.5, 1.5, (3, 3))


@pytest.mark.parametrize(
    ("add", "args"),
    [
        (rule, (MATRIX,)),
        (linear, (MATRIX,)),
        (multilinear, (MATRIX, OTHER)),
        (unary, (OTHER,)),
        (binary, (MATRIX, OTHER[0])),
        (composed, (MATRIX, OTHER)),
        (constant, (OTHER + np.arange(3),)),
    ],
)
def test_the_example_in_the_docstring_of_each_way_to_add_a_line_is_right(add, args, monkeypatch):
    """Both modes, to second order, where the line of the example stands for that of the book."""
    lines = inspect.getdoc(add).splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("    "))
    names = re.match(rf"{add.__name__}\(\s*(np\.[\w.]+)(?:, (np\.[\w.]+))?", example).groups()
    functions = [eval(name) for name in names if name]
    for f in functions:
        monkeypatch.delitem(TABLE, f)
        with pytest.raises(TypeError, match="has no rule"):
            jvp(f, args, args)
    eval(example)
    for f in functions:
        # Not the function alone: what is constant gives a plain array.
        check_grads(lambda *xs, f=f: np.sin(f(*xs) + 0.0 * xs[0][0]), *args)


def test_each_function_of_the_package_has_its_entry_in_the_reference():
    """What has no docstring would not be on the page; the page has an order of its own."""
    assert all(getattr(autodiff, name).__doc__ for name in autodiff.__all__)
    page = Path(__file__).parents[2] / "docs" / "reference" / "api" / "autodiff.md"
    listed = re.findall(r"^ +- (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(autodiff.__all__)


def test_writing_into_arrays_is_refused_with_what_to_do_instead():
    def into_plain(x):
        a = np.zeros(2)
        a[0 if np.ndim(x) == 0 else slice(0, 1)] = x
        return np.sum(a)

    def into_traced(x):
        y = x * 2
        y[0] = 1.0
        return np.sum(y)

    def in_place(x):
        a = np.zeros(2)
        a += x
        return np.sum(a)

    with pytest.raises(ValueError, match="setting an array element") as error:  # NumPy's own words,
        grad(into_plain)(1.0)
    assert "Instead of a[i] = x build the array with np.stack" in str(error.value.__cause__)  # and why
    with pytest.raises(ValueError, match="setting an array element") as error:
        grad(lambda x: into_plain(x[:1]))(np.ones(2))
    assert "Instead of a[i] = x build the array with np.stack" in str(error.value.__cause__)
    with pytest.raises(ValueError, match="setting an array element") as error:
        grad(lambda x: np.sum(np.array([x, 2 * x], dtype=float)))(1.0)
    assert "leave out float(), int() and dtype=float" in str(error.value.__cause__)
    with pytest.raises(TypeError, match=r"Instead of x\[i\] = y build a new one"):
        grad(into_traced)(np.ones(2))
    with pytest.raises(TypeError, match=r"np\.add cannot write.*a = a \+ x"):
        grad(in_place)(np.ones(2))
    with pytest.raises(TypeError, match=r"np\.sum cannot write a traced value into an array \(out="):
        grad(lambda x: np.sum(x, axis=0, out=np.zeros(())))(np.ones(2))
    with pytest.raises(TypeError, match=r"x = np\.sort\(x\)"):
        grad(lambda x: x.sort())(np.ones(2))


@pytest.mark.parametrize("lose", [float, int, complex, math.sin, lambda x: x.item(), lambda x: x.tolist()])
def test_numbers_that_would_lose_the_derivative_are_refused(lose):
    with pytest.raises(TypeError, match="its derivative would be lost"):
        grad(lambda x: lose(x) * x)(1.0)


def test_arguments_without_a_rule_are_named():
    with pytest.raises(TypeError, match=r"np\.sum cannot be differentiated with the argument where"):
        grad(lambda x: np.sum(x, where=[True, False]))(np.ones(2))
    with pytest.raises(TypeError, match=r"np\.exp cannot be differentiated with the argument where"):
        grad(lambda x: np.sum(np.exp(x, where=[True, False])))(np.ones(2))
    with pytest.raises(TypeError, match="full_matrices=False"):
        grad(lambda x: np.linalg.svd(x)[1].sum())(np.ones((2, 3)))


def test_arguments_given_by_name_count_too():
    assert np.array_equal(grad(lambda x: np.sum(a=x))(np.ones(2)), np.ones(2))
    assert grad(lambda x: np.clip(2.0, a_min=x, a_max=9.0))(3.0) == 1
    np.testing.assert_allclose(grad(lambda x: np.linalg.solve(np.eye(2), b=x).sum())(np.ones(2)), np.ones(2))


def test_results_that_are_not_one_number_are_refused():
    with pytest.raises(ValueError, match=r"one number, got shape \(2,\): sum or average it, or use jacobian"):
        grad(lambda x: x)(np.ones(2))
    with pytest.raises(ValueError, match="one number, got"):
        grad(lambda x: (x[0], x[1]))(np.ones(2))
    with pytest.raises(TypeError, match="jacobian needs one argument"):
        jacobian(lambda x: x["a"])({"a": 1.0})
    with pytest.raises(TypeError, match="returns one array"):
        jacobian(lambda x: (x, x))(1.0)
    with pytest.raises(ValueError, match="argnum must name one of the 1 positional arguments"):
        grad(np.sin, 1)(1.0)


def test_tangents_and_cotangents_must_fit():
    with pytest.raises(ValueError, match=r"tangents\[0\] must have the shape \(2,\), got \(3,\)"):
        jvp(np.sin, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match=r"g must have the shape \(2,\), got \(\)"):
        vjp(np.sin, np.ones(2))[1](1.0)
    with pytest.raises(ValueError, match="tangents must have 1 entries"):
        jvp(np.sin, (1.0,), ())
    with pytest.raises(TypeError, match="must be tuples"):
        jvp(np.sin, 1.0, 1.0)
    with pytest.raises(ValueError, match="g must have 2 arrays"):
        vjp(lambda x: (x, x), 1.0)[1](1.0)


def test_a_value_that_outlives_its_function_says_so():
    kept = []
    grad(lambda x: kept.append(x) or x * x)(1.0)
    with pytest.raises(RuntimeError, match="used after the function that it belongs to had returned"):
        kept[0] * 2


def test_check_grads_finds_a_wrong_rule():
    entry = TABLE[np.arctan]
    try:
        rule(np.arctan, lambda g, y, x: g / (1 + x), jvps=(lambda t, y, x: t / (1 + x * x),))
        with pytest.raises(AssertionError, match="reverse mode of f differs from forward mode by"):
            check_grads(np.arctan, 0.5)
        rule(np.arctan, lambda g, y, x: g / (1 + x))
        with pytest.raises(AssertionError, match="forward mode of f differs from differences by"):
            check_grads(np.arctan, 0.5)
    finally:
        TABLE[np.arctan] = entry
    with pytest.raises(AssertionError):  # a kink
        check_grads(np.abs, 1e-5)


def test_check_grads_finds_a_wrong_second_derivative():
    """The first is right, but its rule takes the numbers out of what an outer trace would see."""
    entry = TABLE[np.arctan]
    along = lambda t, y, x: t / (1 + plain(x) ** 2)  # noqa: E731
    try:
        rule(np.arctan, along, jvps=(along,))
        check_grads(np.arctan, 0.5, order=1)
        with pytest.raises(AssertionError, match="forward mode of the jvp of f differs"):
            check_grads(np.arctan, 0.5, order=2)
    finally:
        TABLE[np.arctan] = entry


@pytest.mark.parametrize(("inputs", "outputs", "runs"), [(2, 50, 1 + 2), (50, 2, 1), (3, 3, 1)])
def test_jacobian_takes_the_mode_with_fewer_runs(inputs, outputs, runs):
    M, calls = rng.standard_normal((outputs, inputs)), []
    assert np.allclose(jacobian(lambda x: calls.append(x) or M @ x)(np.ones(inputs)), M)
    assert len(calls) == runs


# Memory


def test_ten_thousand_steps_do_not_grow():
    w = rng.standard_normal((8, 4))
    x = rng.standard_normal((16, 8))
    step = grad(lambda w: np.mean(np.tanh(x @ w) ** 2))
    for _ in range(100):
        w = w - 0.1 * step(w)
    gc.collect()
    tracemalloc.start()
    for _ in range(10_000):
        w = w - 0.1 * step(w)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 50_000  # bytes: a kilobyte a step would be ten million


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "raises"])
def test_no_cycle_is_left_for_the_garbage_collector(mode):
    x = np.ones(3)

    def fails(x):
        np.exp(x)
        raise KeyError

    gc.collect()
    gc.disable()
    try:
        if mode == "grad":
            grad(lambda x: np.sum(np.exp(x) * x))(x)
        elif mode == "vjp":
            _, pull = vjp(lambda x: np.exp(x) * x, x)
            pull(x)
            del pull
        elif mode == "jvp":
            jvp(lambda x: np.exp(x) * x, (x,), (x,))
        else:
            with pytest.raises(KeyError):
                grad(fails)(x)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [one for one in gc.garbage if type(one).__module__.startswith("gdbook.autodiff")]
        assert left == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_the_walk_back_frees_what_the_steps_kept():
    """Forty steps keep some 40 arrays; while walking back no more come, and in the end none is left."""
    n = 100_000
    x = np.ones(n)

    def f(x):
        for _ in range(40):
            x = np.sin(x)
        return np.sum(x)

    tracemalloc.start()
    grad(f)(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 46 * 8 * n
