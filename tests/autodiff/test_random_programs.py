"""Random programs of array functions: reverse mode = forward mode = differences, to second order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbook.autodiff import check_grads, grad, hvp, jvp, vjp

# All take and give matrices of 3 × 3 with numbers of moderate size, so that any program of them is smooth
# and bounded.
UNARY = (
    np.tanh,
    np.sin,
    lambda a: np.exp(-a * a),
    lambda a: a.T,
    lambda a: a[::-1] * 0.5,
    lambda a: a[[0, 0, 2]],
    lambda a: a - a.mean(axis=0),
    lambda a: a / (1 + np.sum(a * a, axis=1, keepdims=True)),
    lambda a: np.log1p(a * a),
    lambda a: np.sqrt(1 + np.square(a)),
    lambda a: np.concatenate([a[1:], a[:1]]),
    lambda a: np.reshape(np.ravel(a)[::-1], (3, 3)),
    lambda a: np.linalg.solve(np.eye(3) + 0.1 * a @ a.T, a),
    lambda a: np.cumsum(a, axis=1) / 3,
    lambda a: np.diag(np.sum(a, axis=0)) / 3,
    lambda a: np.where(np.arange(3) > 0, a, 2 * a),
)
BINARY = (
    lambda a, b: a + b,
    lambda a, b: a - 2 * b,
    lambda a, b: a * b,
    lambda a, b: a / (2 + b * b),
    lambda a, b: a @ b / 3,
    lambda a, b: np.einsum("ij,kj->ik", a, b) / 3,
    lambda a, b: a[0] + b[:, :1],
    lambda a, b: np.outer(a[0], b[:, 1]),
    lambda a, b: np.hypot(a, 1 + b * b),
    lambda a, b: np.logaddexp(a, b),
)
STEP = st.tuples(st.sampled_from(range(len(UNARY) + len(BINARY))), st.integers(0, 30), st.integers(0, 30))


def run(program, *leaves):
    values = list(leaves)
    for operation, i, j in program:
        a, b = values[i % len(values)], values[j % len(values)]
        y = UNARY[operation](a) if operation < len(UNARY) else BINARY[operation - len(UNARY)](a, b)
        values.append(np.tanh(y / 2))
    return sum(values[2:], values[0] * values[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=8), st.integers(0, 10**6))
def test_all_ways_agree(program, seed):
    rng = np.random.default_rng(seed)
    x, y, dx, dy, w = rng.standard_normal((5, 3, 3))
    f = lambda x, y: run(program, x, y)  # noqa: E731
    value, tangent = jvp(f, (x, y), (dx, dy))
    np.testing.assert_allclose(value, f(x, y), rtol=1e-13, atol=1e-13)

    # An error of some h⁴ of the fifth derivative, and of 1e-16/h of rounding.
    h = 1e-3
    near, far = (f(x + s * h * dx, y + s * h * dy) - f(x - s * h * dx, y - s * h * dy) for s in (1, 2))
    scale = max(1, np.abs(tangent).max())
    np.testing.assert_allclose(tangent, (8 * near - far) / (12 * h), rtol=0, atol=1e-6 * scale)

    result, pull = vjp(f, x, y)
    assert np.array_equal(result, value)
    gx, gy = pull(w)
    np.testing.assert_allclose(np.sum(gx * dx) + np.sum(gy * dy), np.sum(w * tangent), rtol=1e-10, atol=1e-10)

    loss = lambda x: np.sum(w * f(x, y))  # noqa: E731
    forward_over_reverse = hvp(loss, x, dx)
    reverse_over_reverse = grad(lambda x: np.sum(grad(loss)(x) * dx))(x)
    reverse_over_forward = grad(lambda x: jvp(loss, (x,), (dx,))[1])(x)
    scale = max(1, np.abs(forward_over_reverse).max())
    np.testing.assert_allclose(forward_over_reverse, reverse_over_reverse, rtol=0, atol=1e-11 * scale)
    np.testing.assert_allclose(forward_over_reverse, reverse_over_forward, rtol=0, atol=1e-11 * scale)


@settings(max_examples=10, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=3), st.integers(0, 10**6))
def test_third_order(program, seed):
    x, y = np.random.default_rng(seed).standard_normal((2, 3, 3))
    check_grads(lambda x, y: run(program, x, y), x, y, order=3, rtol=1e-5, atol=1e-5)
