"""The fused functions: the same numbers as the plain NumPy that they stand for, and as the hand-derived."""

import numpy as np
import pytest

from gdbook import mlp
from gdbook.autodiff import affine, check_grads, grad, hvp, softmax_cross_entropy, value_and_grad

rng = np.random.default_rng(11)
LABELS = np.array([0, 2, 1, 1])


def plain_cross_entropy(logits, labels):
    off = logits - logits.max(axis=-1, keepdims=True)
    log_p = off - np.log(np.sum(np.exp(off), axis=-1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 5, 4)])
def test_affine(shape):
    x, w, b = rng.standard_normal(shape), rng.standard_normal((4, 3)), rng.standard_normal(3)
    np.testing.assert_allclose(affine(x, w, b), x @ w + b, rtol=1e-15)
    check_grads(affine, x, w, b)
    g = rng.standard_normal((*shape[:-1], 3))
    fused = grad(lambda x, w, b: np.sum(g * affine(x, w, b)), (0, 1, 2))(x, w, b)
    plain = grad(lambda x, w, b: np.sum(g * (x @ w + b)), (0, 1, 2))(x, w, b)
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


def test_cross_entropy():
    logits = rng.standard_normal((4, 3))
    assert softmax_cross_entropy(logits, LABELS) == pytest.approx(
        plain_cross_entropy(logits, LABELS), rel=1e-14
    )
    assert softmax_cross_entropy(np.zeros((1, 10)), [3]) == pytest.approx(np.log(10), rel=1e-15)
    check_grads(lambda z: softmax_cross_entropy(z, LABELS), logits, order=3)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = grad(softmax_cross_entropy)(logits, LABELS)
    np.testing.assert_allclose(found, (p - np.eye(3)[LABELS]) / 4, rtol=1e-13, atol=1e-16)
    v = rng.standard_normal((4, 3))
    np.testing.assert_allclose(
        hvp(lambda z: softmax_cross_entropy(z, LABELS), logits, v),
        hvp(lambda z: plain_cross_entropy(z, LABELS), logits, v),
        rtol=1e-12,
        atol=1e-15,
    )


def test_cross_entropy_of_a_sequence_of_rows():
    logits, labels = rng.standard_normal((2, 4, 3)), np.stack([LABELS, LABELS[::-1]])
    flat = softmax_cross_entropy(logits.reshape(8, 3), labels.ravel())
    assert softmax_cross_entropy(logits, labels) == pytest.approx(flat, rel=1e-14)
    check_grads(lambda z: softmax_cross_entropy(z, labels), logits)


def test_cross_entropy_of_large_logits_neither_overflows_nor_is_nan():
    logits = np.array([[1e4, 0.0], [0.0, -1e4]])
    value, g = value_and_grad(softmax_cross_entropy)(logits, np.array([1, 0]))
    assert value == 5000
    assert np.array_equal(g, [[0.5, -0.5], [0, 0]])


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"labels must be integers of shape \(4,\), one for each row"):
        softmax_cross_entropy(np.ones((4, 3)), np.ones(4))
    with pytest.raises(ValueError, match="got int64 of shape"):
        softmax_cross_entropy(np.ones((4, 3)), np.array([1, 2]))
    with pytest.raises(ValueError, match=r"w must be a matrix of shape \(m, n\), got shape \(3,\)"):
        affine(np.ones(3), np.ones(3), 1.0)


def test_labels_are_classes_that_there_are():
    """A label of −1 would be the last class, by NumPy's way to count."""
    for labels in ([0, -1], [0, 3]):
        with pytest.raises(
            ValueError, match=f"labels must be from 0 to 2, .*got {min(labels)} to {max(labels)}"
        ):
            softmax_cross_entropy(np.ones((2, 3)), labels)
    with pytest.raises(ValueError, match="logits must have shape"):
        softmax_cross_entropy(np.ones((0, 3)), np.ones(0, int))


@pytest.mark.parametrize(
    ("x", "w", "b", "words"),
    [
        (np.ones(2), np.ones((3, 2)), np.ones(2), r"x must have shape \(…, 3\)"),
        (np.ones(3), np.ones((3, 2)), np.ones(3), r"b must have shape \(2,\)"),
        (1.0, np.ones((3, 2)), np.ones(2), r"x must have shape \(…, 3\)"),
        ([[1], [1, 2]], np.ones((3, 2)), np.ones(2), "x must have rows of one length"),
        (np.ones(3), np.ones((3, 2)), [1j, 1], "b must hold real numbers"),
        (np.ones(3), None, np.ones(2), "w must hold numbers, got None"),
    ],
)
def test_a_layer_whose_parts_do_not_fit_is_refused(x, w, b, words):
    with pytest.raises((TypeError, ValueError), match=words):
        affine(x, w, b)


def test_layers_of_lists_are_layers():
    assert np.array_equal(affine([1, 2], [[1.0], [3.0]], [1]), [8.0])
    assert grad(lambda a: affine([a, 2 * a], [[1.0], [3.0]], [1.0])[0])(1.0) == 7.0


def test_no_argument_is_changed():
    x, w, b = rng.standard_normal((4, 3)), rng.standard_normal((3, 3)), rng.standard_normal(3)
    before = [a.copy() for a in (x, w, b)]
    value_and_grad(lambda w, b: softmax_cross_entropy(affine(x, w, b), LABELS), (0, 1))(w, b)
    grad(lambda z: softmax_cross_entropy(z, LABELS))(x)
    for one, other in zip((x, w, b), before, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_network_has_the_gradients_that_the_chapter_derives_by_hand(activation):
    params = mlp.init([64, 64, 10], np.random.default_rng(0))
    X, y = rng.standard_normal((32, 64)), rng.integers(0, 10, 32)
    phi = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[activation]

    def fused(params):
        (W, b), (V, c) = params
        return softmax_cross_entropy(affine(phi(affine(X, W, b)), V, c), y)

    value, by_hand = mlp.loss_and_grad(params, X, y, activation)
    for f in (fused, lambda params: mlp.loss(params, X, y, activation)):
        found, gradients = value_and_grad(f)(params)
        assert found == pytest.approx(value, rel=1e-14)
        for layer, expected in zip(gradients, by_hand, strict=True):
            for one, other in zip(layer, expected, strict=True):
                # Sums of some hundred terms, in another order.
                np.testing.assert_allclose(one, other, rtol=0, atol=1e-16 * 100)
