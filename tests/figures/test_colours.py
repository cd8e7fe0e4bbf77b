"""A colour means one thing in the whole book: figures take theirs by what is meant, from one module."""

import ast
import re
from itertools import combinations
from pathlib import Path

import pytest

from gdbook.figures import colours
from gdbook.figures.house import NAMES, RULE_COLOURS

FIGURES = Path(colours.__file__).parent
PALETTE = {"house.py", "colours.py"}
MODULES = sorted(path for path in FIGURES.glob("*.py") if path.name not in PALETTE)
# What says what it is and not how it looks.
PLAIN = {"INK", "MUTED", "GRID", "PAPER", "CURVE"}
HUES = {name.upper() for name in NAMES.values()} - PLAIN


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_figure_names_what_it_means_and_no_hue(path):
    text = path.read_text(encoding="utf-8")
    taken = {
        alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module == "gdbook.figures.house"
        for alias in node.names
    }
    assert taken & {*HUES, "RULE_COLOURS"} == set()
    assert "house." not in text.replace("gdbook.figures.house", "")
    assert re.findall(r"""["']#[0-9a-fA-F]{3,8}["']|["']C\d["']""", text) == []


def test_values_of_one_quantity_have_no_colour_of_a_rule_and_none_of_a_meaning():
    meant = {colours.BEST, colours.DIVERGES, colours.GRADIENT, *RULE_COLOURS.values()}
    for n in range(1, 5):
        assert len(set(colours.ramp(n))) == n
        assert set(colours.ramp(n)) & meant == set()


def test_a_ramp_goes_from_pale_to_deep():
    for one, other in combinations(colours.ramp(4), 2):
        assert sum(int(one[i : i + 2], 16) for i in (1, 3, 5)) > sum(
            int(other[i : i + 2], 16) for i in (1, 3, 5)
        )


@pytest.mark.parametrize("n", [0, 5, 2.5, "two"])
def test_more_values_than_can_be_told_apart_are_refused(n):
    with pytest.raises(ValueError, match=r"n must be from 1 to 4.* got"):
        colours.ramp(n)


def test_what_differs_in_meaning_differs_in_colour():
    meanings = [colours.BEST, colours.DIVERGES, *(colours.OF_RULE[name] for name in RULE_COLOURS)]
    assert len(set(meanings)) == len(meanings)
