"""The table of the home page, against the parabola's steps written out."""

import re

from gdbook.figures.home import three_steps


def test_each_row_is_a_step_and_begins_where_the_one_before_ends():
    x = 2.6
    for t, row in enumerate(three_steps().split("\n")[2:]):
        numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", row)]
        expected = [t, x, x * x, 2 * x, x, 0.1, 2 * x, x - 0.1 * 2 * x]
        assert numbers == [round(n, 3) for n in expected]
        x = x - 0.1 * 2 * x
    assert t == 2
