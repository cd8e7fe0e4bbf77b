r"""A traced program as a graph: its values in an order in which they can be computed, and its edges.

A program that computes with ``gdbook.value.Value`` leaves a graph behind. Its nodes are the values, its
edges the uses of one value by another, each with its local derivative. No walk here recurses: a chain
of a million steps is as welcome as one of ten.
"""

from __future__ import annotations

from gdbook.checks.numbers import given, shown
from gdbook.value import Value

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

_SYMBOLS = {"*": "×", "-": "−", "/": "÷"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def program(result: Value) -> list[Value]:
    """The values that ``result`` was computed from, each once and after those it needs; itself last."""
    if not isinstance(result, Value):
        raise TypeError(f"result must be a Value, as a traced program returns, got {result!r}")
    done, order, waiting = set(), [], [(result, False)]
    while waiting:
        value, children_are_done = waiting.pop()
        if children_are_done:
            order.append(value)
        elif value not in done:  # Values are told apart by identity, not by number
            done.add(value)
            waiting.append((value, True))
            waiting += [(child, False) for child in reversed(children(value))]
    return order


def children(value: Value) -> list[Value]:
    """The values that ``value`` was computed from, one for each use: two of the same for ``x * x``."""
    return [child for child in value._children if isinstance(child, Value)]


def edges(result: Value) -> list[tuple[Value, Value, float]]:
    r"""Uses in a program: triples ``(child, user, slope)``, slope is $\partial$user$/\partial$child."""
    return [
        (child, user, slope)
        for user in program(result)
        for child, slope in zip(children(user), user._local_grads, strict=True)
    ]


def _computed(name: str, value: Any) -> Value:
    if not isinstance(value, Value):
        raise TypeError(f"{name} must be a Value, such as those of a traced program, got {shown(value)}")
    return value


@given(value=_computed)
def operation(value: Value) -> str:
    """What computed ``value``, such as ``+``, ``× 3``, ``2 −``, ``( )²`` or ``tanh``; "" for a leaf."""
    op = value._op
    numbers = [child for child in value._children if not isinstance(child, Value)]
    if op.startswith("**") and len(op) > 2:
        exponent = op[2:]
        raised = exponent.translate(_RAISED)
        return f"** {exponent}" if "." in exponent else f"( ){raised}"
    symbol = _SYMBOLS.get(op, op)
    if not numbers:
        return symbol
    number = f"{numbers[0]:g}".replace("-", "−")
    (slope,) = value._local_grads
    # Which of the two came first shows in the slope only.
    number_first = {"-": slope == -1, "/": slope != 1 / (numbers[0] or 1), "**": True}.get(op, False)
    return f"{number} {symbol}" if number_first else f"{symbol} {number}"
