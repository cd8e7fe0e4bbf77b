r"""Descent with a noisy gradient: the same noise from the same seed, in every language.

The loss is $\tfrac12\lambda x^2$, and each gradient carries Gaussian noise, as that of a mini-batch
does. Everything is arithmetic that double precision does exactly or rounds alike everywhere, so
that a run in the reader's browser is the run of these functions, digit by digit.
"""

from __future__ import annotations

from math import isfinite

from gdbook.checks.numbers import given, listed, not_negative, number, rate, share, shown, whole
from gdbook.rules import momentum as heavy_ball

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def _seed(name: str, seed: Any) -> float:
    """A seed of the generator, which lasts from one number to the next."""
    if not (1 <= number(name, seed) <= 2147483646 and seed % 1 == 0):
        raise ValueError(f"{name} must be a whole number from 1 to 2**31 - 2, got {shown(seed)}")
    return number(name, seed)


def _float(name: str, value: Any) -> float:
    return float(number(name, value))


def _numbers(name: str, values: Any) -> list[float]:
    values = listed(name, values)
    if len(values) == 0:
        raise ValueError(f"{name} must hold a number at least, got {shown(values)}")
    return [_float(name, value) for value in values]


def lehmer(seed: float) -> float:
    r"""The next number of the minimal standard generator, $48271\,s \bmod (2^{31} - 1)$.

    ``seed`` is a whole number from 1 to 2³¹ − 2, and so is the result. The product stays below
    2⁵³: it is exact as a float. Source: Park, Miller 1988; the multiplier is that of Park, Miller,
    Stockmeyer 1993.
    """
    return 48271 * seed % 2147483647


def gaussian(seed: float) -> list[float]:
    """``[z, seed]``: a number from (nearly) a standard normal distribution, and the next seed.

    The sum of twelve uniform numbers less 6: mean 0, variance exactly 1, no |z| beyond 6. By the
    central limit theorem it is close to normal, and it needs no logarithm and no cosine, whose last
    digit differs from one machine to another.
    """
    z = -6.0
    for _i in range(12):
        seed = lehmer(seed)
        z += seed / 2147483647
    return [z, seed]


@given(curvature=_float, lr=rate, momentum=share, noise=not_negative, start=_float, steps=whole, seed=_seed)
def noisy_descent(
    curvature: float, lr: float, momentum: float, noise: float, start: float, steps: int, seed: float
) -> list[float]:
    r"""``steps`` steps of momentum on $\tfrac12\lambda x^2$ with noisy gradients: the list of x.

    Each gradient is $\lambda x_t + \sigma z_t$ with a new $z_t$ from ``gaussian``: ``noise`` is its
    standard deviation σ. The list is shorter than ``steps + 1`` where a value overflowed.
    """
    x, velocity, xs = start, 0.0, []
    for _t in range(steps + 1):
        if not isfinite(x):
            break
        xs.append(x)
        z, seed = gaussian(seed)
        x, velocity = heavy_ball(x, curvature * x + noise * z, velocity, lr, momentum)
    return xs


@given(xs=_numbers, curvature=_float)
def measured_floor(xs: Sequence[float], curvature: float) -> float:
    r"""The mean of $\tfrac12\lambda x^2$ over the second half of a run."""
    total, half = 0.0, len(xs) // 2
    for t in range(half, len(xs)):
        total += curvature * xs[t] * xs[t] / 2
    return total / (len(xs) - half)
