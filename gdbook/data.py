"""The data of the examples: made by code, from a seed; and real digits."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import finite, generator, shown, whole

if TYPE_CHECKING:
    from gdbook.types import Array, Indices


def toy_line(n: int = 100, noise: float = 0.1, seed: int = 42) -> tuple[Array, Array]:
    r"""Points near the line $y = 2x + 1$: ``(x, y)``, each of shape ``(n,)``.

    ``x`` is evenly spaced on [0, 1]; ``y`` has Gaussian noise of standard deviation
    ``noise``. The generator is NumPy's legacy ``RandomState``, so that ``seed=42`` gives the
    numbers that ``np.random.seed(42)`` gives in many tutorials. Raises ValueError or TypeError
    unless ``n`` is a whole number from 2 on, ``noise`` finite and not negative, and ``seed`` a
    whole number from 0 on.
    """
    n = whole("n", n, least=2)
    noise = _deviation(noise)
    rng = np.random.RandomState(_legacy_seed(seed))
    x = np.linspace(0, 1, n)
    return x, 2 * x + 1 + rng.normal(0, noise, n)


def _deviation(noise: float) -> float:
    if finite("noise", noise) < 0:
        raise ValueError(f"noise must be a standard deviation of at least 0, got {shown(noise)}")
    return abs(float(noise))  # NumPy takes no −0


def _legacy_seed(seed: int) -> int:
    if whole("seed", seed) >= 2**32:
        raise ValueError(f"seed must be below 2**32, got {seed!r}")
    return whole("seed", seed)


def flats(n: int = 60, seed: int = 1) -> tuple[Array, Array]:
    """Invented flats, ``(X, price)``: shapes ``(n, 2)`` and ``(n,)``.

    The columns of ``X`` are the floor area in m² and the distance to the centre in metres: two
    features of very different scale. ``price`` is in thousands of euros, linear in both, with
    Gaussian noise. Raises ValueError or TypeError as ``toy_line``.
    """
    n = whole("n", n, least=2)
    rng = np.random.default_rng(whole("seed", seed))
    area = rng.uniform(35, 140, n)
    distance = rng.uniform(100, 3000, n)
    price = 60 + 3.2 * area - 0.03 * distance + rng.normal(0, 20, n)
    return np.column_stack([area, distance]), price


def batches(n: int, size: int, rng: np.random.Generator) -> list[Indices]:
    """One epoch: the indices 0 to n − 1, shuffled, in arrays of ``size`` (the last may be shorter).

    Each index comes exactly once: sampling without replacement. ``rng`` is a
    ``numpy.random.Generator``; it decides the order. Raises ValueError or TypeError unless ``n``
    is a whole number from 1 on and ``size`` one from 1 to ``n``.
    """
    n = whole("n", n, least=1)
    size = whole("size", size, least=1)
    if size > n:
        raise ValueError(f"size must be at most n = {n}, got {size}")
    order = generator("rng", rng, "permutation").permutation(n)
    return [order[i : i + size] for i in range(0, n, size)]


def moons(n: int = 200, noise: float = 0.15, seed: int = 0) -> tuple[Array, Indices]:
    """Two half-circles that reach into each other: ``(X, y)``, shapes ``(n, 2)`` and ``(n,)``.

    Class 0 is the upper half of the unit circle; class 1 the lower half, moved by (1, ½). Gaussian
    noise of standard deviation ``noise`` is added to both coordinates. No straight line parts them. Raises
    ValueError or TypeError as ``toy_line``.
    """
    n = whole("n", n, least=2)
    noise = _deviation(noise)
    rng = np.random.default_rng(whole("seed", seed))
    y = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n) + np.pi * y
    centre = np.column_stack([y, 0.5 * y])
    return centre + np.column_stack([np.cos(angle), np.sin(angle)]) + noise * rng.standard_normal((n, 2)), y


def digits(valid: int = 300, test: int = 300, seed: int = 0) -> tuple[tuple[Array, Indices], ...]:
    """Handwritten digits, 1797 images of 8 × 8 pixels, in three parts: ``(X, y)`` to train, validate, test.

        (X, y), (X_valid, y_valid), (X_test, y_test) = digits()

    A row of ``X``, of 64 numbers from 0 to 1, is an image row by row, paper 0; ``y`` holds the digits as
    whole numbers. ``valid`` and ``test`` are how many images those parts get, chosen by ``seed``. The same
    13 people wrote all the images, so each part holds every hand: for a new hand expect more errors than
    on the test images.

    Source: Alpaydin, Kaynak 1998 (the test set of *Optical Recognition of Handwritten Digits*), as
    scikit-learn carries it. Raises ImportError without scikit-learn, ValueError if no image is left to
    train on, and ValueError or TypeError for a count or a seed that is no whole number from 0 on.
    """
    valid, test = whole("valid", valid), whole("test", test)
    order = np.random.default_rng(whole("seed", seed)).permutation(len(table := _digits_table()))
    if valid + test >= len(order):
        raise ValueError(
            f"valid + test must be below the {len(order)} images that there are, got {valid} + {test}"
        )
    X, y = table[order, :64] / 16, table[order, 64].astype(int)
    parts = np.split(np.arange(len(order)), [len(order) - valid - test, len(order) - test])
    return tuple((X[rows], y[rows]) for rows in parts)


@functools.cache
def _digits_table() -> Array:
    """The file of the digits: 64 numbers from 0 to 16 and the digit in each row."""
    # Found without importing scikit-learn, which takes a second.
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise ImportError('the digits come with scikit-learn: pip install "gdbook[data]", or scikit-learn')
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(path, delimiter=",")
    table.setflags(write=False)
    return table
