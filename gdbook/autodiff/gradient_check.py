"""Derivatives against differences, and the two modes against each other."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gdbook.autodiff import containers
from gdbook.autodiff.forward import jvp
from gdbook.autodiff.reverse import vjp
from gdbook.checks.numbers import function, not_negative, whole

STEP = 1e-4  # of a fourth-order difference: its error is some STEP⁴, and 1e-16/STEP of rounding


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-6,
    seed: int = 0,
) -> None:
    """Raise AssertionError unless both modes give the derivatives of f at ``args``, up to an order.

    Along random directions: forward mode against central differences of fourth order, and reverse mode
    against forward mode; then the same of the derivatives. They may differ by ``atol`` plus ``rtol`` times
    the largest number. The arguments must be of float64, and f smooth around them. Raises TypeError for
    integers, and TypeError or ValueError for other arguments that make no sense. Source: the dot-product
    test, Claerbout 1992.
    """
    function("f", f)
    if not args:
        raise TypeError("args must be what f is differentiated by, got none: check_grads(f, x)")
    order, rng = whole("order", order, least=1), np.random.default_rng(whole("seed", seed))
    _check(f, args, order, not_negative("rtol", rtol), not_negative("atol", atol), rng, "f")


def _check(f, args, order, rtol, atol, rng, what):
    tangents = tuple(_random_like(arg, rng) for arg in args)
    y, t = jvp(f, args, tangents)

    def moved(h):
        shifted = (_plus(x, v, h) for x, v in zip(args, tangents, strict=True))
        return [np.asarray(leaf, float) for leaf in containers.leaves(f(*shifted))]

    near, far = (
        zip(moved(STEP), moved(-STEP), strict=True),
        zip(moved(2 * STEP), moved(-2 * STEP), strict=True),
    )
    for found, (a, b), (c, d) in zip(containers.leaves(t), near, far, strict=True):
        difference = (8 * (a - b) - (c - d)) / (12 * STEP)
        _same(found, difference, rtol, atol, f"forward mode of {what}", "differences")
    y, pull = vjp(f, *args)
    g = _random_like(y, rng)
    _same(_dot(pull(g), tangents), _dot(g, t), rtol, atol, f"reverse mode of {what}", "forward mode")
    if order > 1:
        _check(lambda *xs: jvp(f, xs, tangents)[1], args, order - 1, rtol, atol, rng, f"the jvp of {what}")
        _check(lambda *xs: vjp(f, *xs)[1](g), args, order - 1, rtol, atol, rng, f"the vjp of {what}")


def _random_like(x, rng):
    return containers.each(x, lambda leaf: rng.standard_normal(np.shape(leaf)))


def _plus(x, v, h):
    steps = iter(containers.leaves(v))
    return containers.each(x, lambda leaf: leaf + h * next(steps))


def _dot(a, b):
    return sum(np.sum(x * y) for x, y in zip(containers.leaves(a), containers.leaves(b), strict=True))


def _same(found, expected, rtol, atol, what, other):
    size = np.max(np.abs(expected), initial=0)
    worst = np.max(np.abs(found - expected), initial=0)
    if not worst <= atol + rtol * size:
        raise AssertionError(
            f"{what} differs from {other} by {worst:.3g}, where they are up to {size:.3g}: "
            f"{np.array2string(np.asarray(found), threshold=8, precision=6)} and "
            f"{np.array2string(np.asarray(expected), threshold=8, precision=6)}"
        )
