r"""Linear regression, with the gradient that the chapter derives.

The model is $\hat y = X\theta$. ``X`` has shape ``(m, n)``: m samples, n features;
``with_intercept`` adds the column of ones that gives the line its height. ``theta`` has
shape ``(n,)``, ``y`` has shape ``(m,)``.

Two conventions for the loss are in use, and both are here: the mean of the squared errors
(``mse``) and half of it (``half_mse``), which loses the 2 in its gradient. A learning rate
for the one is twice, or half, the rate for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import is_foreign, numbers, reals
from gdbook.checks.numbers import whole
from gdbook.data import batches
from gdbook.descent import descend
from gdbook.rules import sgd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gdbook.descent import Measured
    from gdbook.types import Array, Indices, Rule, Schedule


def with_intercept(x: Array) -> Array:
    """``x`` of shape ``(m,)`` or ``(m, n)`` with a last column of ones: shape ``(m, n + 1)``.

    Raises ValueError or TypeError for what has no such shape or holds no numbers.
    """
    x = numbers("x", x)
    if x.ndim not in (1, 2):
        raise ValueError(f"x must have shape (m,) or (m, n), got {x.shape}")
    return np.column_stack([x, np.ones(len(x), x.dtype)])


def mse(theta: Array, X: Array, y: Array) -> float:
    r"""Mean squared error, $L(\theta) = \frac1m \lVert X\theta - y \rVert^2$.

    Here and below ValueError or TypeError says what does not fit: ``theta`` has shape ``(n,)``, ``X`` shape
    ``(m, n)``, ``y`` shape ``(m,)``.
    """
    theta, X, y = _model(theta, X, y)
    return np.mean((X @ theta - y) ** 2)  # type: ignore[return-value]  # float64 stays it


def mse_grad(theta: Array, X: Array, y: Array) -> Array:
    r"""Gradient of ``mse``, $\frac2m X^\top (X\theta - y)$, of the shape of ``theta``."""
    theta, X, y = _model(theta, X, y)
    return 2 / len(y) * X.T @ (X @ theta - y)


def half_mse(theta: Array, X: Array, y: Array) -> float:
    r"""Half the mean squared error, $J(\theta) = \frac1{2m} \lVert X\theta - y \rVert^2$."""
    theta, X, y = _model(theta, X, y)
    return np.mean((X @ theta - y) ** 2) / 2  # type: ignore[return-value]  # float64 stays it


def half_mse_grad(theta: Array, X: Array, y: Array) -> Array:
    r"""Gradient of ``half_mse``, $\frac1m X^\top (X\theta - y)$, of the shape of ``theta``."""
    theta, X, y = _model(theta, X, y)
    return 1 / len(y) * X.T @ (X @ theta - y)


def mse_hess(X: Array) -> Array:
    r"""Hessian of ``mse``, $\frac2m X^\top X$, the same at every ``theta``: shape ``(n, n)``."""
    X = _inputs(X)
    return 2 / len(X) * X.T @ X


def closed_form(X: Array, y: Array) -> Array:
    r"""The ``theta`` that minimises both losses, from the normal equations $X^\top X\theta = X^\top y$.

    Computed by ``numpy.linalg.lstsq``, which does not form $X^\top X$ and so loses fewer
    digits. Where many ``theta`` do equally well, the shortest. In float64, whatever ``X`` and ``y`` are of.
    """
    X, y = _checked(X, y)
    return np.linalg.lstsq(X, y, rcond=None)[0]  # type: ignore[return-value]  # float64 stays it


def fit(
    X: Array,
    y: Array,
    lr: float | Schedule = 0.01,
    epochs: int = 1000,
    batch_size: int | None = None,
    rule: Rule = sgd,
    seed: int = 0,
    theta0: Array | None = None,
    **hyper: object,
) -> Measured:
    """Fit ``theta`` by gradient descent on ``half_mse``; returns the ``Trace``.

    ``batch_size`` is the number of samples whose gradient one step uses: None for all of
    them (batch gradient descent, one step an epoch), 1 for a single sample (stochastic), or
    between (mini-batch). An epoch goes through all samples once, in an order that ``seed``
    decides. ``theta0`` is the start, zeros if None. ``trace.w[t]`` is ``theta`` before step
    ``t``; ``trace.loss`` is over all samples. ``X`` and ``y`` are taken in float64.
    """
    X, y, size, theta0 = _fitting(X, y, batch_size, theta0)
    epochs = whole("epochs", epochs)
    samples = every_batch(len(y), size, epochs, seed)

    def grad(theta: Array) -> Array:
        batch = next(samples)
        return half_mse_grad(theta, X[batch], y[batch])

    return descend(
        grad,
        theta0,
        rule=rule,
        steps=epochs * -(-len(y) // size),  # rounded up
        loss=lambda theta: half_mse(theta, X, y),
        lr=lr,
        **hyper,
    )


def every_batch(n: int, size: int, epochs: int, seed: int) -> Iterator[Indices]:
    """The batches of all epochs, one after the other; arguments as those of ``batches`` and ``fit``."""
    n, epochs = whole("n", n, least=1), whole("epochs", epochs)
    rng = np.random.default_rng(whole("seed", seed))
    return (batch for _ in range(epochs) for batch in batches(n, size, rng))


def standardize(X: Array) -> tuple[Array, Array, Array]:
    """``(Z, mean, std)``: each column of ``X`` with mean 0 and standard deviation 1.

    A constant column has no scale: ValueError names it, and so it does a column that is constant but for
    rounding. Standardize first, then add the intercept.
    """
    X = reals("X", X)
    if X.ndim not in (1, 2) or X.size == 0:
        raise ValueError(f"X must have shape (m, n) with at least one row and column, got {X.shape}")
    if not np.all(np.isfinite(X)):
        raise ValueError("X must be finite: remove or fill in missing values first")
    largest = np.abs(X).max(axis=0)
    constant = X.max(axis=0) / 2 - X.min(axis=0) / 2 <= 2 * np.finfo(X.dtype).eps * largest
    if np.any(constant):
        raise ValueError(
            f"X must not have a constant column, got one at index {np.flatnonzero(constant)[0]}: "
            "standardize first, then add the intercept"
        )
    # A power of two, so that no square overflows or vanishes
    scale = np.ldexp(X.dtype.type(1), np.frexp(largest)[1] - 1)
    mean, std = (X / scale).mean(axis=0), (X / scale).std(axis=0)
    return (X / scale - mean) / std, scale * mean, scale * std


def _fitting(
    X: Array, y: Array, batch_size: int | None, theta0: Array | None
) -> tuple[Array, Array, int, Array]:
    """The data, the batch size and the start that ``fit`` works with, checked."""
    X, y = _checked(X, y)
    m, n = X.shape
    size = m if batch_size is None else whole("batch_size", batch_size, least=1)
    if size > m:
        raise ValueError(f"batch_size must be at most the number of samples, {m}, got {batch_size}")
    if theta0 is not None and np.shape(theta0) != (n,):
        raise ValueError(f"theta0 must have shape {(n,)}, one number for each column of X, got {theta0!r}")
    return X, y, size, np.zeros(n) if theta0 is None else theta0


def _inputs(X: Any) -> Array:
    X = X if type(X) is np.ndarray and X.dtype == float else numbers("X", X)
    if X.ndim != 2:
        raise ValueError(f"X must have shape (m, n), got {X.shape}; for one feature, with_intercept(x)")
    if X.size == 0:
        raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
    return X


def _model(theta: Any, X: Any, y: Any) -> tuple[Any, Any, Any]:
    """The three as arrays of shapes that fit."""
    X = _inputs(X)
    if is_foreign(theta):
        return theta, X, y
    theta, y = numbers("theta", theta), numbers("y", y)
    if theta.shape != X.shape[1:]:
        raise ValueError(
            f"theta must have shape {X.shape[1:]}, one number for each column of X, got {theta.shape}"
        )
    if y.shape != X.shape[:1]:
        raise ValueError(f"y must have shape {X.shape[:1]}, one number for each row of X, got {y.shape}")
    return theta, X, y


def _checked(X: Any, y: Any) -> tuple[Any, Any]:
    """The data as arrays of floats, finite."""
    X, y = _inputs(X), numbers("y", y)
    if y.shape != X.shape[:1]:
        raise ValueError(f"y must have shape {X.shape[:1]}, one number for each row of X, got {y.shape}")
    for name, array in (("X", X), ("y", y)):
        if array.dtype.kind == "c":
            raise TypeError(f"{name} must hold real numbers, got {array.dtype}")
    if not (np.all(np.isfinite(X)) and np.all(np.isfinite(y))):
        raise ValueError("X and y must be finite: remove or fill in missing values first")
    return X.astype(float, copy=False), y.astype(float, copy=False)
