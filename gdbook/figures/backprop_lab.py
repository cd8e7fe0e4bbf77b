"""The backprop lab for readers without JavaScript: its first expression, walked to the end, and its sums."""

from gdbook.backprop.expression import evaluate, parse
from gdbook.backprop.graph import edges
from gdbook.figures.graph import graph
from gdbook.value import Value

EXPRESSION = "tanh(a*b + c) * a"
INPUTS = {"a": 0.8, "b": -1.5, "c": 0.7}


def traced(text=EXPRESSION, inputs=INPUTS):
    """``(L, values)``: the Value of an expression after ``backward``, and its inputs by name."""
    values = {name: Value(x) for name, x in inputs.items()}
    result = evaluate(parse(text)[0], values)
    result.backward()
    return result, values


def parts(name):
    """What each use of an input of the first expression brings to its gradient, the last use first."""
    result, values = traced()
    return [user.grad * slope for child, user, slope in reversed(edges(result)) if child is values[name]]


def times_used(name):
    """How often an input is used, in words."""
    times = len(parts(name))
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def sum_of_parts(name):
    """The sum that is an input's gradient, as text."""
    terms = " + ".join(f"({part:.4g})" if part < 0 else f"{part:.4g}" for part in parts(name))
    return f"{terms} = {sum(parts(name)):.4g}".replace("-", "−")


def backprop_lab():
    """The graph of tanh(ab + c)·a: a value and its gradient in each box, a local derivative on each arrow."""
    result, values = traced()
    return graph(result, names=values)
