r"""Linear regression, with the gradient that the chapter derives.

The model is $\hat y = X\theta$. ``X`` has shape ``(m, n)``: m samples, n features;
``with_intercept`` adds the column of ones that gives the line its height. ``theta`` has
shape ``(n,)``, ``y`` has shape ``(m,)``.

Two conventions for the loss are in use, and both are here: the mean of the squared errors
(``mse``) and half of it (``half_mse``), which loses the 2 in its gradient. A learning rate
for the one is twice, or half, the rate for the other.
"""

import numpy as np

from gdbook.check import whole
from gdbook.data import batches
from gdbook.descent import descend
from gdbook.rules import sgd


def with_intercept(x):
    """``x`` of shape ``(m,)`` or ``(m, n)`` with a last column of ones: shape ``(m, n + 1)``."""
    return np.column_stack([x, np.ones(len(x))])


def mse(theta, X, y):
    r"""Mean squared error, $L(\theta) = \frac1m \lVert X\theta - y \rVert^2$."""
    return np.mean((X @ theta - y) ** 2)


def mse_grad(theta, X, y):
    r"""Gradient of ``mse``, $\frac2m X^\top (X\theta - y)$, of the shape of ``theta``."""
    return 2 / len(y) * X.T @ (X @ theta - y)


def half_mse(theta, X, y):
    r"""Half the mean squared error, $J(\theta) = \frac1{2m} \lVert X\theta - y \rVert^2$."""
    return np.mean((X @ theta - y) ** 2) / 2


def half_mse_grad(theta, X, y):
    r"""Gradient of ``half_mse``, $\frac1m X^\top (X\theta - y)$, of the shape of ``theta``."""
    return 1 / len(y) * X.T @ (X @ theta - y)


def mse_hess(X):
    r"""Hessian of ``mse``, $\frac2m X^\top X$, the same at every ``theta``: shape ``(n, n)``."""
    return 2 / len(X) * X.T @ X


def closed_form(X, y):
    r"""The ``theta`` that minimises both losses, from the normal equations $X^\top X\theta = X^\top y$.

    Computed by ``numpy.linalg.lstsq``, which does not form $X^\top X$ and so loses fewer
    digits. Where many ``theta`` do equally well, the shortest.
    """
    X, y = _checked(X, y)
    return np.linalg.lstsq(X, y, rcond=None)[0]


def fit(
    X,
    y,
    lr=0.01,
    epochs=1000,
    batch_size=None,
    rule=sgd,
    seed=0,
    theta0=None,
    **hyper,
):
    """Fit ``theta`` by gradient descent on ``half_mse``; returns the ``Trace``.

    ``batch_size`` is the number of samples whose gradient one step uses: None for all of
    them (batch gradient descent, one step an epoch), 1 for a single sample (stochastic), or
    between (mini-batch). An epoch goes through all samples once, in an order that ``seed``
    decides. ``theta0`` is the start, zeros if None. ``trace.w[t]`` is ``theta`` before step
    ``t``; ``trace.loss`` is over all samples.
    """
    X, y, size, theta0 = _fitting(X, y, batch_size, theta0)
    epochs = whole("epochs", epochs)
    samples = every_batch(len(y), size, epochs, seed)

    def grad(theta):
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


def every_batch(n, size, epochs, seed):
    """The batches of all epochs, one after the other."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        yield from batches(n, size, rng)


def standardize(X):
    """``(Z, mean, std)``: each column of ``X`` with mean 0 and standard deviation 1.

    A constant column has no scale: ValueError names it. Standardize first, then add the
    intercept.
    """
    X = np.asarray(X, dtype=float)
    mean, std = X.mean(axis=0), X.std(axis=0)
    if np.any(std == 0):
        raise ValueError(
            f"X must not have a constant column, got one at index {np.flatnonzero(std == 0)[0]}: "
            "standardize first, then add the intercept"
        )
    return (X - mean) / std, mean, std


def _fitting(X, y, batch_size, theta0):
    """The data, the batch size and the start that ``fit`` works with, checked."""
    X, y = _checked(X, y)
    m, n = X.shape
    size = m if batch_size is None else whole("batch_size", batch_size, least=1)
    if size > m:
        raise ValueError(f"batch_size must be at most the number of samples, {m}, got {batch_size}")
    if theta0 is not None and np.shape(theta0) != (n,):
        raise ValueError(f"theta0 must have shape {(n,)}, one number for each column of X, got {theta0!r}")
    return X, y, size, np.zeros(n) if theta0 is None else theta0


def _checked(X, y):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2:
        raise ValueError(f"X must have shape (m, n), got {X.shape}; for one feature, with_intercept(x)")
    if X.size == 0:
        raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
    if y.shape != X.shape[:1]:
        raise ValueError(f"y must have shape {X.shape[:1]}, one number for each row of X, got {y.shape}")
    if not (np.all(np.isfinite(X)) and np.all(np.isfinite(y))):
        raise ValueError("X and y must be finite: remove or fill in missing values first")
    return X, y
