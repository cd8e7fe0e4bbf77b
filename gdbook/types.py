"""The types that signatures share: other modules import it for a type checker, never when they run."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Vector: TypeAlias = NDArray[np.floating] | Sequence[float]
"""A point of several coordinates: an array, or a list of numbers where NumPy is not needed."""

Numbers: TypeAlias = float | NDArray[np.floating | np.integer] | Sequence[float] | Sequence[Sequence[float]]
"""A number, an array of any shape, or the lists that make one."""

Indices: TypeAlias = NDArray[np.intp]
Classes: TypeAlias = NDArray[np.integer]

Params: TypeAlias = list[tuple[Array, Array]]
"""The layers of a network, (W, b) each."""

Activation: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""φ, and its slope in terms of what φ gave."""

Check: TypeAlias = Callable[[str, Any], Any]
"""``check(name, value)`` is the value as a function takes it, or an error that names the argument."""

Rule: TypeAlias = Callable[..., tuple[Any, Any]]
"""``rule(w, g, state, lr=…, …)`` is ``(w, state)`` after a step."""

Schedule: TypeAlias = Callable[[int], float]
"""``schedule(t)`` is the rate of step t."""

Memory: TypeAlias = Any
"""What a rule remembers: like ``w``, but a plain number before the first step."""


class Arithmetic(Protocol):
    """What the rules compute with: a float, or an array of any library, which computes with its like.

    No int, which takes no float from the left as a float does: ``w = 1`` would not stay one.
    """

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: float, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: float, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: float, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __abs__(self) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...


class Matrix(Arithmetic, Protocol):
    """A matrix of any library, or a stack of them."""

    @property
    def shape(self) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def swapaxes(self, first: Any, second: Any, /) -> Any: ...


T = TypeVar("T", bound=Arithmetic)
V = TypeVar("V")
M = TypeVar("M", bound=Matrix)
F = TypeVar("F", bound=Callable[..., Any])
"""A function that a decorator gives back with the signature it had."""


class Elementwise(Protocol):
    """A function of a number, or of each element of an array."""

    @overload
    def __call__(self, x: T, /) -> T: ...
    @overload
    def __call__(self, x: int, /) -> float: ...


class Extreme(Protocol):
    """A function of two numbers, or of each pair of elements."""

    @overload
    def __call__(self, a: float, b: T, /) -> T: ...
    @overload
    def __call__(self, a: T, b: T | float, /) -> T: ...
    @overload
    def __call__(self, a: int, b: int, /) -> float: ...
