"""The data of the examples: made by code, from a seed."""

import numpy as np

from gdbook.check import finite, whole


def toy_line(n=100, noise=0.1, seed=42):
    r"""Points near the line $y = 2x + 1$: ``(x, y)``, each of shape ``(n,)``.

    ``x`` is evenly spaced on [0, 1]; ``y`` has Gaussian noise of standard deviation
    ``noise``. The generator is NumPy's legacy ``RandomState``, so that ``seed=42`` gives the
    numbers that ``np.random.seed(42)`` gives in many tutorials.
    """
    n = whole("n", n, least=2)
    if finite("noise", noise) < 0:
        raise ValueError(f"noise must be a standard deviation of at least 0, got {noise!r}")
    rng = np.random.RandomState(whole("seed", seed))
    x = np.linspace(0, 1, n)
    return x, 2 * x + 1 + rng.normal(0, noise, n)


def flats(n=60, seed=1):
    """Invented flats, ``(X, price)``: shapes ``(n, 2)`` and ``(n,)``.

    The columns of ``X`` are the floor area in m² and the distance to the centre in metres: two
    features of very different scale. ``price`` is in thousands of euros, linear in both, with
    Gaussian noise.
    """
    n = whole("n", n, least=2)
    rng = np.random.default_rng(whole("seed", seed))
    area = rng.uniform(35, 140, n)
    distance = rng.uniform(100, 3000, n)
    price = 60 + 3.2 * area - 0.03 * distance + rng.normal(0, 20, n)
    return np.column_stack([area, distance]), price


def batches(n, size, rng):
    """One epoch: the indices 0 to n − 1, shuffled, in arrays of ``size`` (the last may be shorter).

    Each index comes exactly once: sampling without replacement. ``rng`` is a
    ``numpy.random.Generator``; it decides the order.
    """
    n = whole("n", n, least=1)
    size = whole("size", size, least=1)
    if size > n:
        raise ValueError(f"size must be at most n = {n}, got {size}")
    order = rng.permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]
