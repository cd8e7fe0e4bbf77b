"""What a snippet finds done: a ``math`` that has all of the functions that the package uses."""

import math as own
import sys


class _Math:
    pass


def hypot(*coordinates):
    """The length of a vector."""
    largest = max(map(abs, coordinates)) if coordinates else 0.0
    if largest == 0 or own.isinf(largest):
        return float(largest)
    return largest * own.sqrt(sum((x / largest) ** 2 for x in coordinates))


def fsum(values):
    """The sum without rounding on the way: what each addition loses is kept (Shewchuk 1997)."""
    parts: list = []
    for x in values:
        kept = []
        for y in parts:
            if abs(x) < abs(y):
                x, y = y, x
            total = x + y
            lost = y - (total - x)
            if lost:
                kept.append(lost)
            x = total
        parts = [*kept, x]
    return sum(parts, 0.0)


def prod(values, start=1):
    """The product of the values."""
    for value in values:
        start *= value
    return start


math = _Math()
for _name in dir(own):
    setattr(math, _name, getattr(own, _name))
for _name, _function in (("fsum", fsum), ("hypot", hypot), ("prod", prod)):
    setattr(math, _name, _function)
sys.modules["math"] = math  # type: ignore[assignment]
