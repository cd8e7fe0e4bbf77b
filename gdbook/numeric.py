"""The few functions that must work alike on floats and on arrays.

The losses and the rules are plain arithmetic and do not care what they are given. What
plain arithmetic cannot say (a sine, a pair of numbers as a vector) is here. NumPy is used
where it is installed; without it, floats and lists still work.
"""

from __future__ import annotations

import math
import sys

from gdbook.checks.numbers import is_real, shown

try:
    import numpy as np
except ImportError:  # a small Python, such as one that runs in a web page
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Array, Elementwise, Extreme


_OF_NUMPY = () if np is None else (np.ndarray, np.generic)


def _library(array: Any) -> Any:
    """The library that an array is of: NumPy (which takes complex numbers too), jax.numpy, torch."""
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    if isinstance(array, complex):
        return np
    return sys.modules[type(array).__module__.partition(".")[0]]


def _of_no_library(*values: Any) -> bool:
    """Whether NumPy or no library at all refused the values: of its own arrays another one speaks itself."""
    return not any(hasattr(value, "shape") and not isinstance(value, _OF_NUMPY) for value in values)


def _refusal(name: str, *values: Any) -> TypeError:
    got = " and ".join(map(shown, values))
    return TypeError(f"{name} takes numbers and arrays of real numbers, got {got}")


def _floats(array: Any) -> Any:
    """The array; TypeError if it holds objects, of which none is an array of another library, or traced."""
    if isinstance(array, _OF_NUMPY) and array.dtype.kind == "O" and _of_no_library(*array.ravel().tolist()):
        raise TypeError("an array of objects")
    return array


def _float(name: str, x: Any) -> float:
    try:
        return float(x)
    except (OverflowError, ValueError) as error:
        raise _refusal(name, x) from error


def _either(name: str, on_float: Callable[[float], float]) -> Elementwise:
    def function(x: Any) -> Any:
        try:
            return on_float(x) if isinstance(x, (float, int)) else _floats(getattr(_library(x), name)(x))
        except (AttributeError, KeyError, OverflowError, TypeError) as error:
            if is_real(x) and not isinstance(x, (float, int)) and not hasattr(x, "shape"):
                return on_float(_float(name, x))  # such as a fraction
            if isinstance(error, OverflowError) or _of_no_library(x):
                raise _refusal(name, x) from error
            raise

    function.__name__ = name
    function.__doc__ = (
        f"{name}(x), elementwise: of a float, or of an array by its own library. Outside its domain NaN."
    )
    return function


def _extreme(
    name: str, on_floats: Callable[[float, float], float], clip: Callable[[Any, Any, Any], Any]
) -> Extreme:
    def function(a: Any, b: Any) -> Any:
        if isinstance(b, (float, int)):
            a, b = b, a
        if isinstance(b, (float, int)):
            return on_floats(a, b)
        try:
            if not hasattr(b, "shape") and is_real(b):  # such as a fraction
                return function(a, _float(name, b))
            if not isinstance(a, (float, int)) and not hasattr(a, "shape") and is_real(a):
                return function(_float(name, a), b)
            library = _library(b)
            if isinstance(a, (float, int)):  # torch's own maximum takes tensors only
                return _floats(clip(library, b, a))
            return _floats(getattr(library, name)(a, b))
        except (AttributeError, KeyError, ArithmeticError, TypeError, ValueError) as error:
            if _of_no_library(a, b):
                raise _refusal(name, a, b) from error
            raise

    function.__name__ = name
    function.__doc__ = f"{name}(a, b), elementwise: of floats and arrays, by the arrays' own library."
    return function


def _as_arrays_do(function: Callable[[float], float]) -> Callable[[float], float]:
    """A function of ``math`` that gives, where that raises an error, what arrays give: ∞ or NaN."""

    def on_float(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return on_float


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


# Of two numbers the NaN is larger, and smaller: whichever place it has, it is not lost.
def _larger(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def _smaller(a: float, b: float) -> float:
    return a if a <= b or a != a else b


sin = _either("sin", _as_arrays_do(math.sin))
cos = _either("cos", _as_arrays_do(math.cos))
cosh = _either("cosh", _as_arrays_do(math.cosh))
tanh = _either("tanh", math.tanh)
exp = _either("exp", _as_arrays_do(math.exp))
log = _either("log", _log)
sqrt = _either("sqrt", lambda x: math.sqrt(x) if x >= 0 else math.nan)
sign = _either("sign", lambda x: math.copysign(1.0, x) if x < 0 or x > 0 else x)
maximum = _extreme("maximum", _larger, lambda library, array, low: library.clip(array, low, None))
minimum = _extreme("minimum", _smaller, lambda library, array, high: library.clip(array, None, high))


def total(x: Any) -> Any:
    """The sum of all elements of an array of any library; a float is its own sum."""
    return x if isinstance(x, (float, int)) else _array("total", x).sum()


def mean(x: Any) -> Any:
    """The mean of all elements of an array of any library; a float is its own; 0 of an empty array."""
    return x if isinstance(x, (float, int)) else _array("mean", x).sum() / max(math.prod(x.shape), 1)


def _array(name: str, x: Any) -> Any:
    if not hasattr(x, "shape") or (isinstance(x, _OF_NUMPY) and x.dtype.kind not in "fiucb"):
        raise _refusal(name, x)
    return x


def vector(*components: Any) -> Array:
    """The vector with these components: an array, or a list where NumPy is not installed.

    Components that are arrays of one shape ``s`` give shape ``(len(components), *s)``.
    """
    if np is None:
        return list(components)
    try:
        together = np.array(components)
    except ValueError as error:
        raise ValueError(f"vector takes components of one shape, got {shown(components)}") from error
    if together.dtype.kind == "O":
        together = np.stack(components)  # some are traced
    if together.dtype.kind not in "fiuc":
        raise _refusal("vector", *components)
    return together
