"""Arrays that are changed after they were combined with traced values: the right gradient, or an error."""

import threading

import numpy as np
import pytest

from gdbook.autodiff import grad, hvp, jacobian, jvp, value_and_grad, vjp
from gdbook.autodiff.held import FEW

SIZES = [3, FEW, FEW + 1, 10_000]
# How a traced array x is combined with a plain one: the result is linear in x.
COMBINED = {
    "x*b": lambda x, b: x * b,
    "b*x": lambda x, b: b * x,
    "np.multiply": lambda x, b: np.multiply(b, x),
    "x/b": lambda x, b: x / b,
    "x@b": lambda x, b: x @ b,
    "b@x": lambda x, b: b @ x,
    "dot": lambda x, b: np.dot(b, x),
    "einsum": lambda x, b: np.einsum("i,i->", x, b),
    "where": lambda x, b: np.where(b > 2, x, 0) * b,
    "outer": lambda x, b: np.outer(x, b)[:2] if len(b) < 20 else x * b,
    "convolve": lambda x, b: np.convolve(x[:3], b[:3]),
    "index": lambda x, b: x[b.astype(int)[:2]],
    "list": lambda x, b: x[:3] * list(b[:3]),
    "stack": lambda x, b: np.stack([x, b])[0] * b,
    "average": lambda x, b: np.average(x, weights=b) * b[0],
}


def run(f):
    """The gradient, or None where an error says that an array was written into."""
    found, said = None, None
    try:
        found = f()
    except ValueError as error:
        said = f"{error} {error.__cause__}"
    assert said is None or ("read-only" in said and "an array was written into" in said)
    return found


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", COMBINED)
def test_a_buffer_that_is_filled_anew(name, n):
    combine = COMBINED[name]

    def f(x, fresh):
        buffer, s = np.empty(n), 0.0
        for i in (1.0, 2.0, 1.0):
            if fresh:
                buffer = np.empty(n)
            buffer[:] = i
            s = s + np.sum(combine(x, buffer))
        return s

    x = np.linspace(1, 2, n)
    expected = grad(lambda x: f(x, True))(x)
    found = run(lambda: grad(lambda x: f(x, False))(x))
    assert found is None or np.array_equal(found, expected)
    assert found is not None or n > FEW
    assert np.array_equal(vjp(lambda x: f(x, False), x)[1](1.0)[0], expected)
    forward = jvp(lambda x: f(x, False), (x,), (x,))[1]
    assert forward == pytest.approx(np.sum(expected * x), rel=1e-12)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("write", ["whole", "view", "base", "read-only view"])
def test_writing_through_another_name_of_the_memory(n, write):
    def f(x):
        base = np.ones(2 * n)
        buffer = base[:n] if write != "read-only view" else np.broadcast_to(base[:n], (n,))
        y = np.sum(x * buffer)
        target = {"whole": buffer, "view": buffer[:], "base": base, "read-only view": base}[write]
        target[:] = 7.0
        return y

    found = run(lambda: grad(f)(np.ones(n)))
    assert found is None or np.array_equal(found, np.ones(n))
    assert np.array_equal(vjp(f, np.ones(n))[1](1.0)[0], np.ones(n))


@pytest.mark.parametrize("n", SIZES)
def test_arguments_of_vjp_may_be_changed_before_the_pull(n):
    x, w = np.ones(n), np.full(n, 2.0)
    y, pull = vjp(lambda x: np.exp(x * w) * x, x)
    before = pull(np.ones(n))[0]
    x[:] = 5.0
    w[:] = 5.0
    y[:] = 5.0
    assert np.array_equal(pull(np.ones(n))[0], before)
    np.testing.assert_allclose(before, np.exp(2.0) * 3, rtol=1e-14)


@pytest.mark.parametrize("n", SIZES)
def test_a_function_that_writes_into_its_own_argument(n):
    x = np.ones(n)

    def f(t):
        y = np.sum(t * t)
        x[:] = 9.0
        return y

    found = run(lambda: grad(f)(x))
    assert found is None or np.array_equal(found, np.full(n, 2.0))
    x[:] = 1.0  # may be written into again


def test_masks_and_places_that_are_changed():
    def f(x):
        places, mask = np.array([0, 1]), np.array([True, False, False])
        pair = [0, 0]
        y = np.sum(x[places]) + np.sum(np.where(mask, x, 0)) + np.sum(x[pair])
        places[:] = 2
        mask[:] = True
        pair[0] = 2
        return y

    assert np.array_equal(grad(f)(np.ones(3)), [4, 1, 0])
    assert np.array_equal(vjp(f, np.ones(3))[1](1.0)[0], [4, 1, 0])


def alias(x):
    y = x
    y += 1.0
    return np.sum(x * y)


def view(x):
    y = 2.0 * x
    row = y[:2]
    row *= 3.0
    return np.sum(y)


@pytest.mark.parametrize("f", [alias, view, lambda x: view(x[None])])
def test_arrays_are_not_changed_in_place(f):
    for call in (lambda: grad(f)(np.ones(3)), lambda: jvp(f, (np.ones(3),), (np.ones(3),))):
        with pytest.raises(TypeError, match=r"instead of a \+= b write a = a \+ b"):
            call()


@pytest.mark.parametrize("change", ["+=", "-=", "*=", "/=", "**=", "@=", "%=", "//="])
def test_no_operator_changes_an_array_in_place(change):
    scope: dict = {}
    exec(f"def f(x):\n    x {change} x\n    return x", scope)
    with pytest.raises(TypeError, match="write a = a"):
        grad(scope["f"])(np.ones(3))


def test_numbers_add_up_in_place():
    def f(x):
        s = 0.0
        for i in range(3):
            s += x[i] ** 2
            s *= 2.0
        return s

    assert np.array_equal(grad(f)(np.ones(3)), [16, 8, 4])
    assert jvp(f, (np.ones(3),), (np.ones(3),))[1] == 28


def test_an_array_that_is_the_same_at_each_step_is_kept_once():
    A = np.eye(100) / 2

    def f(x):
        for _ in range(50):
            x = A @ x
        return np.sum(x)

    assert grad(f)(np.ones(100)) == pytest.approx(0.5**50)
    assert jacobian(f)(np.ones(100)) == pytest.approx(0.5**50)
    A[0, 0] = 3.0  # may be written into again


def test_what_was_read_only_stays_so_and_all_else_is_as_before():
    n = 10_000
    own, fixed = np.ones(2 * n), np.ones(n)
    fixed.flags.writeable = False
    part = own[:n]

    def f(x):
        y = np.sum(x * part) + np.sum(x * fixed) + np.sum(x * own[:n])
        assert not own.flags.writeable
        return y

    for call in (lambda: grad(f)(np.ones(n)), lambda: hvp(f, np.ones(n), np.ones(n))):
        call()
        assert (own.flags.writeable, part.flags.writeable, fixed.flags.writeable) == (True, True, False)
    with pytest.raises(KeyError):
        grad(lambda x: {}[str(np.sum(x * part))])(np.ones(n))
    assert own.flags.writeable


def test_an_outer_trace_holds_on_when_an_inner_one_lets_go():
    n = 10_000
    buffer = np.ones(n)

    def f(x):
        inner = grad(lambda y: np.sum(y * buffer) * np.sum(x * buffer[:]))(np.ones(n))
        buffer[:] = 3.0
        return np.sum(inner)

    found = run(lambda: grad(f)(np.ones(n)))
    assert found is None or np.array_equal(found, np.full(n, n))
    assert buffer.flags.writeable


def test_threads_share_arrays():
    n = 5_000
    w, x, wrong = np.ones(n), np.ones(n), []

    def work():
        for _ in range(50):
            value, g = value_and_grad(lambda w: np.sum(w * x) ** 2 / n)(w)
            if value != n or not np.array_equal(g, np.full(n, 2.0)):
                wrong.append(value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert w.flags.writeable
    assert x.flags.writeable


@pytest.mark.parametrize("n", [FEW + 1, 10_000])
@pytest.mark.parametrize(
    "view", [lambda b: b[:], lambda b: b[3:], lambda b: b[::-1], lambda b: b.reshape(1, -1)]
)
@pytest.mark.parametrize("name", ["x*b", "np.multiply", "x@b", "dot", "einsum"])
def test_a_write_through_a_view_that_was_there_before_is_an_error(name, view, n):
    buffer = np.ones(n)
    other = view(buffer)

    def f(x):
        s = np.sum(COMBINED[name](x, buffer))
        other[...] = 2.0
        return s

    with pytest.raises(ValueError, match="an array was written into"):
        grad(f)(np.linspace(1, 2, n))
    assert buffer.flags.writeable


def test_a_view_that_nothing_is_written_through_is_no_error():
    buffer = np.ones(10_000)
    other = buffer[:]
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * buffer))(np.ones(10_000)), other)
