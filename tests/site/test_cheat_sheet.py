"""The cheat sheet: every rule and schedule is on it, and its numbers are measured."""

import re
from pathlib import Path

import numpy as np
import pytest

from gdbook.rules import RULES
from gdbook.schedules import SCHEDULES
from gdbook.site.pages import cheat_sheet

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "cheat-sheet.md").read_text(encoding="utf-8")


def test_every_rule_has_its_entry_heading_and_source_in_order():
    assert re.findall(r"\{\{ entry\('(\w+)'\) \}\}", PAGE) == list(RULES)
    assert re.findall(r"^### .* \{ #(\w+) \}$", PAGE, re.MULTILINE) == list(RULES)
    assert [name for name in re.findall(r"gdbook\.rules\.(\w+)", PAGE) if name in RULES] == list(RULES)


def test_the_tables_have_a_row_for_each():
    assert re.findall(r"^\| \[`(\w+)`\]", cheat_sheet.rules_table(), re.MULTILINE) == list(RULES)
    assert re.findall(r"^\| `(\w+)` ", cheat_sheet.schedules_table(), re.MULTILINE) == list(SCHEDULES)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (0.0, "all digits"),
        (2e-16, "all digits"),
        (9e-16, "15 digits"),
        (1.1e-15, "14 digits"),
        (3e-7, "6 digits"),
    ],
)
def test_a_difference_is_said_in_digits(off, words):
    assert cheat_sheet.digits(off) == words


def test_digits_are_those_of_the_numbers():
    """Two numbers that agree to 6 digits differ by less than one in the sixth."""
    a = np.pi
    assert cheat_sheet.digits(abs(a - 3.14159) / a) == "6 digits"


def test_an_entry_says_what_the_docstring_says():
    said = cheat_sheet.entry("lion")
    assert "One step of Lion" in said
    assert "`lr=0.0001`" in said
    assert "optax.lion" in said
