"""Checks of what a caller passes, with errors that name the argument, the value and the cure."""

import math


def finite(name, value):
    """The value, if it is a finite real number; else TypeError or ValueError that names it."""
    number = hasattr(value, "__float__") and not isinstance(value, bool) and not getattr(value, "shape", ())
    if not number:
        raise TypeError(f"{name} must be a finite number, got {value!r}")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # an int beyond the largest float
        is_finite = False
    if not is_finite:
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return value


def rate(name, value):
    """The value, if it can be a learning rate: finite and not negative."""
    if finite(name, value) < 0:
        raise ValueError(
            f"{name} must not be negative, got {value!r}: the rule already subtracts the gradient"
        )
    return value


def positive(name, value):
    """The value, if it is a finite number above 0; else TypeError or ValueError that names it."""
    if finite(name, value) <= 0:
        raise ValueError(f"{name} must be positive, got {value!r}")
    return value


def function(name, value):
    """The value, if it can be called; else TypeError that names it."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {value!r}")
    return value


def whole(name, value, least=0):
    """The value as an int, if it is a whole number of at least ``least``."""
    try:
        as_int = value.__index__() if not isinstance(value, bool) else None
    except (AttributeError, TypeError):  # an array has __index__, and refuses
        as_int = None
    if as_int is None:
        raise TypeError(f"{name} must be a whole number such as 100, got {value!r}")
    if as_int < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return as_int


def known(kind, name, table):
    """``table[name]``; an unknown name raises ValueError that says which names there are."""
    if name in table:
        return table[name]
    import difflib  # only to word the error: a small Python has no difflib

    close = difflib.get_close_matches(str(name), table, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise ValueError(f"unknown {kind} {name!r}: {hint}known are {', '.join(sorted(table))}")
