"""The sum in the text of the backprop lab, against the formula differentiated by hand."""

import math

import pytest

from gdbook.figures.backprop_lab import parts, sum_of_parts, times_used, traced


def test_the_parts_are_those_of_the_product_rule():
    a, b, c = 0.8, -1.5, 0.7
    t = math.tanh(a * b + c)
    by_hand = t, a * (1 - t * t) * b
    assert parts("a") == pytest.approx(by_hand, rel=1e-14)
    first, second, total = (f"{number:.4g}".replace("-", "−") for number in (*by_hand, sum(by_hand)))
    assert sum_of_parts("a") == f"({first}) + ({second}) = {total}"


def test_uses_are_counted_in_words():
    assert times_used("a") == "twice"
    assert times_used("b") == "once"


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_the_parts_add_up_to_the_gradient(name):
    _, values = traced()
    assert sum(parts(name)) == pytest.approx(values[name].grad, rel=1e-14)
