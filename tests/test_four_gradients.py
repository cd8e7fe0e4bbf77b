"""The gradients of one network, found in four ways that share nothing but the weights."""

import numpy as np
import pytest

from gdbook import mlp
from gdbook.autodiff import value_and_grad
from gdbook.value import Value

SIZES, SAMPLES = [3, 5, 4, 2], 6
ACTIVATIONS = {"relu": lambda z: z.relu(), "tanh": lambda z: z.tanh()}


@pytest.fixture
def problem():
    rng = np.random.default_rng(3)
    params = [(W, rng.normal(0, 0.3, b.shape)) for W, b in mlp.init(SIZES, rng)]
    return params, rng.standard_normal((SAMPLES, SIZES[0])), rng.integers(0, SIZES[-1], SAMPLES)


def with_values(params, X, y, activation):
    """Number by number: each weight is a Value of its own."""
    layers = [(np.vectorize(Value)(W), np.vectorize(Value)(b)) for W, b in params]
    losses = []
    for row, label in zip(X, y, strict=True):
        units = list(row)
        for k, (W, b) in enumerate(layers):
            sums = [sum(u * w for u, w in zip(units, W[:, j], strict=True)) + b[j] for j in range(len(b))]
            units = [ACTIVATIONS[activation](z) for z in sums] if k < len(layers) - 1 else sums
        losses.append(sum(z.exp() for z in units).log() - units[label])
    loss = sum(losses) / len(losses)
    loss.backward()
    grad = np.vectorize(lambda value: value.grad)
    return loss.data, [(grad(W), grad(b)) for W, b in layers]


def with_differences(params, X, y, activation, h=1e-5):
    def slopes(k, i):
        found = np.empty(params[k][i].shape)
        for place in np.ndindex(found.shape):
            at = []
            for sign in (1, -1):
                moved = [[a.copy() for a in layer] for layer in params]
                moved[k][i][place] += sign * h
                at.append(mlp.loss(moved, X, y, activation))
            found[place] = (at[0] - at[1]) / (2 * h)
        return found

    return mlp.loss(params, X, y, activation), [(slopes(k, 0), slopes(k, 1)) for k in range(len(params))]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_by_hand_by_engine_by_value_and_by_differences(problem, activation):
    params, X, y = problem
    loss, by_hand = mlp.loss_and_grad(params, X, y, activation)
    engine = value_and_grad(lambda params: mlp.loss(params, X, y, activation))
    # Some dozens of roundings; and the error of a central difference, h² and ε/h.
    for off, found in (
        (1e-15, engine(params)),
        (1e-15, with_values(params, X, y, activation)),
        (1e-9, with_differences(params, X, y, activation)),
    ):
        assert found[0] == pytest.approx(loss, rel=1e-14)
        for layer, expected in zip(found[1], by_hand, strict=True):
            for one, other in zip(layer, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=0, atol=off)
