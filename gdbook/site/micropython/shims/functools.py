"""Stands in for ``functools``."""


def reduce(function, values, *start):
    """The values taken together, two at a time, from the left."""
    rest = iter(values)
    total = start[0] if start else next(rest)
    for value in rest:
        total = function(total, value)
    return total


def partial(function, *first, **named):
    """A function whose first arguments are given."""

    def call(*rest, **more):
        return function(*(first + rest), **{**named, **more})

    return call


def wraps(function):
    """A decorator that leaves a function as it is: a name or a docstring it cannot have."""
    return lambda made: made
