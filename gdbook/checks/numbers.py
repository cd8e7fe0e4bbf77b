"""Checks of what a caller passes, with errors that name the argument, the value and the cure."""

from __future__ import annotations

import math

try:
    import functools
    import inspect
except ImportError:  # a small Python, such as one that runs in a web page: arguments go unchecked there
    inspect = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from gdbook.types import Check, F, V


_LONGEST = 1000  # characters of a value in an error
# NumPy's subclasses whose arithmetic is not an array's, and what makes them one.
_CURES = {
    "numpy.matrix": "numpy.asarray(…) makes it one",
    "numpy.ma.MaskedArray": "its .filled(…) is one",
}


def finite(name: str, value: Any) -> float:
    """The value, if it is a finite real number; else TypeError or ValueError that names it."""
    if type(value) is not float and not is_real(value):
        raise TypeError(f"{name} must be a finite number, got {shown(value)}")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # an int beyond the largest float
        is_finite = False
    except (TypeError, ValueError) as error:  # what is traced has no number; Decimal has a NaN that signals
        raise TypeError(f"{name} must be a finite number, got {shown(value)}: {error}") from error
    if not is_finite:
        raise ValueError(f"{name} must be a finite number, got {shown(value)}")
    return value


def is_real(value: Any) -> bool:
    """Whether the value is one real number: no bool, no text, nothing complex, no array with axes."""
    if (
        not hasattr(value, "__float__")
        or isinstance(value, (bool, type))
        or bool(getattr(value, "shape", ()))
    ):
        return False
    dtype = getattr(value, "dtype", None)
    return (dtype is None or holds_reals(dtype)) and odd(type(value)) is None


def reals(name: str, value: V) -> V:
    """The value, if it is a real number or a plain array of them, of any library; else TypeError."""
    if not is_real(ordinary(name, value)) and not (hasattr(value, "dtype") and holds_reals(value.dtype)):
        raise TypeError(f"{name} must be a real number or an array of them, got {shown(value)}")
    return value


def holds_reals(dtype: Any) -> bool:
    """Whether an array of this dtype, of any library, holds real numbers: no bools, nothing complex."""
    return getattr(dtype, "kind", "") in ("f", "i", "u") or "float" in str(dtype) or "int" in str(dtype)


def odd(kind: Any) -> str | None:
    """The name of the subclass of NumPy's arrays that a type is, if its arithmetic is another; else None."""
    for parent in getattr(kind, "__mro__", ()):
        for name in _CURES:
            library, _, own = name.rpartition(".")
            if parent.__name__ == own and parent.__module__.startswith(library):
                return name
    return None


def ordinary(name: str, array: Any) -> Any:
    """The array, if its arithmetic is an array's; TypeError for NumPy's matrices and masked arrays."""
    name_of_kind = odd(type(array))
    if name_of_kind is not None:
        raise TypeError(f"{name} must be a plain array, got a {name_of_kind}: {_CURES[name_of_kind]}")
    return array


def number(name: str, value: Any) -> float:
    """The finite value as a float, or as the int or the fraction that it is: what every function takes."""
    finite(name, value)
    if type(value) in (float, int) or (hasattr(value, "denominator") and not hasattr(value, "dtype")):
        return value
    return float(value)


def given(**checks: Check) -> Callable[[F], F]:
    """Decorate a function: each argument named here goes through its check, ``check(name, value)``.

    The function gets what the check returns. Defaults are not checked.
    """

    def decorate(function: F) -> F:
        if inspect is None:
            return function
        names = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def checked(*args: Any, **named: Any) -> Any:
            known = [
                checks[k](k, value) if k in checks else value for k, value in zip(names, args, strict=False)
            ]
            for name in named:
                if name in checks:
                    named[name] = checks[name](name, named[name])
            try:
                return function(*known, *args[len(names) :], **named)
            except ArithmeticError as error:
                raise ValueError(leaves_floats(function, args, named)) from error

        return checked  # type: ignore[return-value]  # wraps gives it the signature

    return decorate


def leaves_floats(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> str:
    """The words of an error about a result that no float holds."""
    values = [*map(shown, args), *(f"{name}={shown(value)}" for name, value in named.items())]
    return f"{function.__name__} leaves the range of floats for {', '.join(values)}"


def number_that(name: str, value: Any, holds: Callable[[Any], bool], words: str, cure: str = "") -> float:
    """The number, if ``holds(number)``; else ValueError that says what it must, and ends in a ``cure``."""
    value = number(name, value)
    if not holds(value):
        raise ValueError(f"{name} must {words}, got {shown(value)}{cure}")
    return value


def share(name: str, value: Any) -> float:
    """The number, if it is at least 0 and below 1."""
    return number_that(name, value, lambda x: 0 <= x < 1, "be at least 0 and below 1")


def not_negative(name: str, value: Any) -> float:
    """The number, if it is at least 0."""
    return number_that(name, value, lambda x: x >= 0, "not be negative")


def above_zero(name: str, value: Any) -> float:
    """The number, if it is above 0."""
    return number(name, positive(name, value))


def rate(name: str, value: Any) -> float:
    """The value, if it can be a learning rate: finite and not negative."""
    if finite(name, value) < 0:
        raise ValueError(
            f"{name} must not be negative, got {shown(value)}: the rule already subtracts the gradient"
        )
    return value


def positive(name: str, value: Any) -> float:
    """The value, if it is a finite number above 0; else TypeError or ValueError that names it."""
    if finite(name, value) <= 0:
        raise ValueError(f"{name} must be positive, got {shown(value)}")
    return value


def switch(name: str, value: Any) -> bool:
    """The value as a bool, if it is True or False, or NumPy's; else TypeError that names it."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def function(name: str, value: Any) -> Callable[..., Any]:
    """The value, if it can be called; else TypeError that names it."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {shown(value)}")
    return value


def called(name: str, value: Callable[..., Any], *args: Any) -> Any:
    """What this function, an argument, returns; a note in what it raises says which argument it was."""
    try:
        return value(*args)
    except (TypeError, ValueError) as error:
        error.add_note(f"{name} raised this, called with {', '.join(map(shown, args))}")
        raise


def generator(name: str, value: Any, method: str = "random") -> Any:
    """The value, if it is a source of random numbers that has this method; else TypeError that names it."""
    if not callable(getattr(value, method, None)) or isinstance(value, type):
        raise TypeError(
            f"{name} must be a numpy.random.Generator, got {shown(value)}: numpy.random.default_rng(0) is one"
        )
    return value


def whole(name: str, value: Any, least: int = 0) -> int:
    """The value as an int, if it is a whole number of at least ``least``."""
    try:
        as_int = value.__index__() if is_real(value) else None
    except (AttributeError, TypeError):  # an array has __index__, and refuses
        as_int = None
    if as_int is None:
        raise TypeError(f"{name} must be a whole number such as 100, got {shown(value)}")
    if as_int < least:
        raise ValueError(f"{name} must be at least {least}, got {shown(value)}")
    return as_int


def listed(name: str, values: Any, what: str = "a list of numbers") -> list[Any]:
    """The items of a list, a tuple or an array with one axis, as a list; else TypeError."""
    if not isinstance(values, (list, tuple)) and len(getattr(values, "shape", ())) != 1:
        raise TypeError(f"{name} must be {what}, got {shown(values)}")
    return list(ordinary(name, values))


def known(kind: str, name: Any, table: Mapping[str, V]) -> V:
    """``table[name]``; an unknown name raises ValueError that says which names there are."""
    if isinstance(name, str) and name in table:
        return table[name]
    import difflib  # only to word the error: a small Python has no difflib

    close = difflib.get_close_matches(str(name), table, n=1) if isinstance(name, str) else []
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise ValueError(f"unknown {kind} {shown(name)}: {hint}known are {', '.join(sorted(table))}")


def shown(value: object) -> str:
    """The value as an error shows it: its ``repr``, cut where it is long; its type where it has none."""
    try:
        text = repr(value)
    except Exception:  # an int of more digits than Python prints; an object that is not ready yet
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
