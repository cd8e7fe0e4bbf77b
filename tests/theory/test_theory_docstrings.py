"""What each formula says of itself."""

import inspect
import re

import pytest

from gdbook import theory

FORMULAS = [name for name in theory.__all__ if callable(getattr(theory, name))]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_says_whose_it_is_or_what_it_solves(name):
    words = inspect.getdoc(getattr(theory, name))
    assert re.search(
        r"Source:\s[A-Z]|Source and|Solves |by definition|characteristic polynomial|Derived", words
    )


def test_the_package_says_what_all_refuse():
    for kind in ("TypeError", "ValueError"):
        assert kind in theory.__doc__
