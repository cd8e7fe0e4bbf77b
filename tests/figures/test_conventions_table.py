"""The table of the page on conventions, and its question."""

import re

import pytest

from gdbook.conventions import CONVENTIONS, momentum_of_averages
from gdbook.figures import conventions as figures
from gdbook.rules import momentum


def test_each_convention_has_a_row_that_ends_in_a_change():
    _, _, *rows = figures.changes().splitlines()
    assert len(rows) == len(CONVENTIONS)
    for row in rows:
        call, before, after, change = (cell.strip() for cell in row.split("|")[1:-1])
        assert re.match(r"\w+ \d[\w.]*<br>`\w+\(", call)
        assert float(after) < 1e-12 < 1e-5 < float(before)
        assert len(change) > 3


def test_a_change_is_named_by_the_arguments_that_differ():
    (row,) = [row for row in figures.changes().splitlines() if "`adamw(0.01)`" in row]
    assert row.endswith("| `adamw`, `weight_decay=0.0001` |")


def test_both_rules_end_where_a_loop_ends():
    """On ½w² the gradient is w."""
    w, v = 1.0, 0.0
    for _ in range(30):
        v = 0.9 * v + 0.1 * w
        w = w - 0.5 * v
    assert figures.after(momentum_of_averages, 0.5) == pytest.approx(w, rel=1e-12)
    assert figures.after(momentum, 0.05) == pytest.approx(w, rel=1e-9)


def test_a_tenth_of_the_rate_is_the_same():
    assert figures.same_rate() == 0.04
