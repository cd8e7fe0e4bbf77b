"""Checks of the curvatures, rates and fractions that the theory is given."""

from __future__ import annotations

import functools
import math

from gdbook.checks.numbers import (
    called,
    finite,
    function,
    given,
    is_real,
    leaves_floats,
    number,
    number_that,
    ordinary,
    positive,
    reals,
    shown,
)

try:
    from gdbook.checks import arrays
except ImportError:  # no NumPy: the formulas do without
    arrays = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Check, F


def formula(**checks: Check) -> Callable[[F], F]:
    """Decorate a formula: its arguments go through ``numbers.given``, and its value is finite."""

    def decorate(function: F) -> F:
        checked = given(**checks)(function)

        @functools.wraps(function)
        def value(*args: Any, **named: Any) -> Any:
            result = checked(*args, **named)
            if not _is_finite(result):
                raise ValueError(leaves_floats(function, args, named))
            return result

        return value  # type: ignore[return-value]  # wraps gives it the signature

    return decorate


def _is_finite(result: Any) -> bool:
    """Whether the floats in a result, a pair or pairs of such, are."""
    if isinstance(result, tuple):
        return all(map(_is_finite, result))
    return not isinstance(result, float) or math.isfinite(result)


def between(name: str, value: float, why: str = "") -> None:
    """ValueError unless the value is between 0 and 1, both excluded."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must be between 0 and 1{why}, got {shown(value)}")


def ordered(mu: float, L: float) -> None:
    """ValueError unless 0 < μ ≤ L."""
    positive("mu", mu)
    if finite("L", L) < mu:
        raise ValueError(f"L must be at least mu, {shown(mu)}, got {shown(L)}")


def condition(name: str, value: Any) -> float:
    """The number, if it can be a condition number: at least 1."""
    return number_that(name, value, lambda x: x >= 1, "be at least 1")


def momentum_share(name: str, value: Any) -> float:
    """The number, if it is from 0 to 1: at 1 nothing is forgotten, as no rule does."""
    return number_that(name, value, lambda x: 0 <= x <= 1, "be from 0 to 1")


def start(name: str, value: Any) -> Any:
    """A number, or a new array of floats: where a path begins."""
    if is_real(value) and not hasattr(value, "shape"):
        return number(name, value)
    if arrays is None:
        raise TypeError(f"{name} must be a number where NumPy is not installed, got {shown(value)}")
    return arrays.finite_reals(name, value).copy()


def gradient(name: str, grad: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The gradient function, which gets copies of its own, and whose values are checked."""
    function(name, grad)

    def checked(w: Any) -> Any:
        g = reals(f"what {name} returns", called(name, grad, w.copy() if hasattr(w, "copy") else w))
        own, wanted = getattr(g, "shape", ()), getattr(w, "shape", ())
        if own != wanted:
            raise ValueError(f"{name} must return the shape of w0, {wanted}, got {own}")
        return g

    return checked


def two_by_two(name: str, hess: Any) -> list[list[float]]:
    """A symmetric matrix of two rows, as lists of numbers or as an array."""
    rows = [_items(name, row) for row in _items(name, hess)]
    if [len(row) for row in rows] != [2, 2]:
        raise ValueError(f"{name} must have shape (2, 2), got {shown(hess)}")
    rows = [[number(name, entry) for entry in row] for row in rows]
    if abs(rows[0][1] - rows[1][0]) > 1e-9 * max(abs(entry) for row in rows for entry in row):
        raise ValueError(f"{name} must be symmetric, got {shown(hess)}")
    return rows


def symmetric(name: str, hess: Any) -> Any:
    """A symmetric matrix, of shape (n, n)."""
    return arrays.symmetric(name, arrays.finite_reals(name, hess), within=1e-9)


def _items(name: str, values: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)) and not getattr(values, "shape", ()):
        raise TypeError(f"{name} must be a matrix, two rows of two numbers, got {shown(values)}")
    return list(ordinary(name, values))
