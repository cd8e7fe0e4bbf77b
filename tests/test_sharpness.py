"""Power iteration against eigenvalues that are known."""

import numpy as np
import pytest

from gdbook.autodiff import hessian, hvp
from gdbook.sharpness import sharpness


def matrix(eigenvalues, seed=0):
    """A symmetric matrix with these eigenvalues, turned at random."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))
    return turn * eigenvalues @ turn.T


START = np.random.default_rng(1).normal(size=6)


@pytest.mark.parametrize(
    "eigenvalues",
    [(5, 4, 3, 2, 1, 0), (7, -3, 1, 1, 1, 1), (2, -6, 1, 1, 0, 0), (-1, -2, -3, -4, -5, -6)],
    ids=["up", "up more than down", "down more than up", "down"],
)
def test_it_is_the_largest_eigenvalue(eigenvalues):
    H = matrix(np.array(eigenvalues, float))
    value, v = sharpness(lambda v: H @ v, START, tolerance=1e-12, most=2000)
    # The value's error is of the order of the square of the direction's.
    assert value == pytest.approx(eigenvalues[0], rel=1e-9)
    np.testing.assert_allclose(H @ v, value * v, atol=1e-4)
    assert np.linalg.norm(v) == pytest.approx(1)


def test_it_never_exceeds_the_largest_eigenvalue():
    H = matrix(np.array([5.0, 4.9, 4, 1, 1, 1]))
    assert all(sharpness(lambda v: H @ v, START, most=m)[0] <= 5 for m in range(1, 30))


def test_it_is_the_largest_curvature_of_a_network():
    X, y = np.random.default_rng(2).normal(size=(2, 9, 3))

    def loss(w):
        return np.mean((np.tanh(X @ w[:9].reshape(3, 3)) @ w[9:].reshape(3, 3) - y) ** 2)

    w = np.random.default_rng(3).normal(size=18)
    least, *_, largest = np.linalg.eigvalsh(hessian(loss)(w))
    assert -least > largest > 0  # the harder case
    value, _ = sharpness(lambda v: hvp(loss, w, v), np.ones(18), tolerance=1e-9, most=1000)
    assert value == pytest.approx(largest, rel=1e-5)


def test_a_start_near_the_direction_needs_fewer_products():
    H, calls = matrix(np.array([5.0, 4.5, 4, 1, 1, 1])), []

    def counted(v):
        calls.append(1)
        return H @ v

    _, v = sharpness(counted, START, tolerance=1e-6)
    first = len(calls)
    sharpness(counted, v, tolerance=1e-6)
    assert len(calls) - first < first / 3


def test_a_flat_place_has_sharpness_zero():
    assert sharpness(np.zeros_like, START)[0] == 0


@pytest.mark.parametrize("start", [np.zeros(3), np.full(3, np.nan)])
def test_a_start_that_is_no_direction_is_refused(start):
    with pytest.raises(ValueError, match="v must be a direction"):
        sharpness(lambda v: v, start)


def test_a_run_that_diverged_is_named():
    with pytest.raises(ValueError, match="diverged"):
        sharpness(lambda v: v * np.inf, START)


def test_what_is_no_direction_and_no_product_is_named():
    for v, error, words in (
        ([1j, 1], TypeError, "v must hold real numbers"),
        (np.eye(2), ValueError, r"v must have shape \(n,\), got shape \(2, 2\)"),
        ([[1], [1, 2]], ValueError, "v must have rows of one length"),
    ):
        with pytest.raises(error, match=words):
            sharpness(lambda v: v, v)
    with pytest.raises(ValueError, match=r"times_hessian must return the shape of v, \(2,\), got \(3,\)"):
        sharpness(lambda v: np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="what times_hessian returns must hold numbers, got 'text'"):
        sharpness(lambda v: "text", np.ones(2))
