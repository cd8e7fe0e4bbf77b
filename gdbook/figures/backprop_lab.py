"""The picture of the backprop lab for readers without JavaScript: its first expression, walked to the end."""

from gdbook.expression import evaluate, parse
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


def backprop_lab():
    """The graph of tanh(ab + c)·a: a value and its gradient in each box, a local derivative on each arrow."""
    result, values = traced()
    return graph(result, names=values)
