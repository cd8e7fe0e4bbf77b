"""Whether what a reader wrote for an exercise of the book gives what it should.

The exercises of the book end with such checks. They print, and never raise by themselves, so that a script
with an exercise that is not done yet runs to its end.
"""

from __future__ import annotations

from math import isclose, isnan

from gdbook.checks import numbers

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["check", "check_that"]


def check(function: Callable[..., Any], *given: Any, gives: Any, within: float = 1e-9) -> None:
    """Call a function, and print whether it gives what it should.

    Prints ``✓ half(3.0)``, or ``✗ half(3.0)``, what it gives and what it should give. Numbers are alike that
    differ by at most ``within``, relative to the larger one or absolute; tuples and lists, one by one. What
    the function raises is not caught. Raises TypeError for what cannot be called.
    """
    numbers.function("function", function)
    call = f"{written(function)}({', '.join([written(value) for value in given])})"
    got = function(*given)
    if _alike(got, gives, within):
        print(f"✓ {call}")
    else:
        print(f"✗ {call}\n  gives {written(got)}\n  and should give {written(gives)}")


def check_that(holds: bool, words: str) -> None:
    """Print ``✓`` and the words if it holds, ``✗`` and the words if it does not.

    Raises TypeError for what is neither true nor false, such as an array.
    """
    try:
        mark = "✓" if holds else "✗"
    except (TypeError, ValueError):
        raise TypeError(f"holds must be True or False, got {holds!r}") from None
    print(f"{mark} {words}")


def _alike(got: Any, wanted: Any, within: float) -> bool:
    """Whether two values are the same, numbers up to ``within``. NaN is like NaN."""
    if isinstance(wanted, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(wanted):
            return False
        return all(_alike(one, other, within) for one, other in zip(got, wanted, strict=True))
    if _is_number(wanted) and _is_number(got):
        if isnan(wanted) or isnan(got):
            return isnan(wanted) and isnan(got)
        return isclose(got, wanted, rel_tol=within, abs_tol=within)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return got is wanted
    return bool(got == wanted)


def written(value: Any) -> str:
    """A value in words: a number with six digits, a function by its name."""
    if isinstance(value, tuple):
        inner = ", ".join([written(part) for part in value])
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return f"[{', '.join([written(part) for part in value])}]"
    if isinstance(value, dict):  # whose order is not the same in every Python
        return "{" + ", ".join([f"{written(key)}: {written(value[key])}" for key in sorted(value)]) + "}"
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text if "e" in text or "." in text or "n" in text else f"{text}.0"
    return getattr(value, "__name__", None) or repr(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
