"""What a caller hands over: arrays that are checked, and functions whose answers are checked and copied."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks import arrays, numbers
from gdbook.checks.numbers import called, function, number, number_that

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Array, F


def reals(name: str, value: Any) -> Array:
    """The value as an array of float64; an error that names it unless it holds real numbers."""
    with np.errstate(over="ignore"):  # what is beyond float64 is infinite
        return arrays.reals(name, value).astype(float, copy=False)


def finite_reals(name: str, value: Any) -> Array:
    """As ``reals``; ValueError unless all are finite."""
    return arrays.finite_reals(name, reals(name, value))


def above_zero(name: str, value: Any, cure: str = "") -> float:
    """The value as a float, if it is a finite number above 0."""
    return float(number_that(name, value, lambda x: x > 0, "be positive", cure))


def not_negative(name: str, value: Any) -> float:
    """The value as a float, if it is a finite number of at least 0."""
    return float(numbers.not_negative(name, value))


def takes(may_be_infinite: str = "", **letters: str) -> Callable[[F], F]:
    """Decorate a function of arrays: ``takes(g="n", H="nn")`` gives each its shape, a letter for a size.

    The arrays arrive as floats, and finite, but for the one that ``may_be_infinite``. ``scalar=""`` takes a
    number. Anything else raises TypeError or ValueError that names the argument.
    """

    def decorated(of_arrays: F) -> F:
        names = list(inspect.signature(of_arrays).parameters)

        @wraps(of_arrays)
        def checked(*given: Any, **named: Any) -> Any:
            named = {**dict(zip(names, given, strict=False)), **named}
            sizes: dict[str, int] = {}
            owners: list[str] = []
            for name, shape in letters.items():
                if name not in named:
                    continue
                if not shape:
                    named[name] = float(number(name, named[name]))
                    continue
                array = (reals if name == may_be_infinite else finite_reals)(name, named[name])
                if len(shape) != array.ndim or any(
                    sizes.setdefault(letter, size) != size
                    for letter, size in zip(shape, array.shape, strict=True)
                ):
                    wanted = ", ".join(str(sizes.get(letter, letter)) for letter in shape)
                    beside = f" beside {', '.join(owners)}" if owners else ""
                    raise ValueError(f"{name} must have shape ({wanted}){beside}, got {array.shape}")
                owners.append(f"{name} of shape {array.shape}")
                named[name] = array
            if len(given) > len(names):
                return of_arrays(*given)  # Python's own TypeError says how many it takes
            return of_arrays(**named)

        return checked  # type: ignore[return-value]  # wraps gives it the signature

    return decorated


class Callback:
    """A function of the caller's, called so that neither side sees the other's arrays change.

    It gets a copy of the point. Its answer must be real numbers of shape ``shape`` (any vector for None), and
    is copied: a function may use its buffer again. Where there is no such point (it is not finite), or
    Python's floats overflow with an error as NumPy's would not, the answer is infinite. ``hint`` ends the
    words about another shape.
    """

    def __init__(
        self, name: str, call: Any, shape: tuple[int, ...] | None, takes_number: bool = False, hint: str = ""
    ) -> None:
        self.name, self.function, self.hint = name, function(name, call), hint
        self.shape, self.takes_number = shape, takes_number

    def __call__(self, w: Array) -> Any:
        try:
            if not np.all(np.isfinite(w)):
                raise OverflowError("a point beyond the largest float")
            point = float(np.ravel(w)[0]) if self.takes_number else np.array(w)
            answer = called(self.name, self.function, point)
        except (OverflowError, ZeroDivisionError):
            return np.full(self.shape or (), np.inf)[()]
        value = reals(f"what {self.name} returns", answer)
        if self.shape is None:
            if value.ndim != 1:
                raise ValueError(f"{self.name} must return a vector, got shape {value.shape}")
            return value.copy()
        fits = value.size == 1 if self.takes_number else value.shape == self.shape
        if not fits:
            raise ValueError(f"{self.name} must return shape {self.shape}, got {value.shape}{self.hint}")
        return value.reshape(self.shape).copy() if self.shape else float(value.reshape(()))
