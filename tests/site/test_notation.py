"""What the page on notation calls a thing is what the code calls it."""

import pytest

from gdbook.site.pages.notation import table
from gdbook.site.pages.symbols import SYMBOLS, symbols


def test_the_symbol_and_its_latex_are_one_string():
    assert r"| $\eta$ |" in table([(r"\eta", "lr", "rate", "")])
    assert r"| `\eta` | `lr` |" in table([(r"\eta", "lr", "rate", "")])


@pytest.mark.parametrize("name", ["lr", "momentum", "trace.w", "trace.diverged_at", ""])
def test_names_of_the_code_are_taken(name):
    assert table([("x", name, "", "")])


def test_a_name_that_is_gone_stops_the_build():
    with pytest.raises(NameError, match="learning_rate"):
        table([(r"\eta", "learning_rate", "rate", "")])


@pytest.mark.parametrize("heading", SYMBOLS)
def test_each_part_of_the_page_is_a_table_of_its_symbols(heading):
    _, _, *rows = symbols(heading).splitlines()
    assert [row.split(" | ")[0] for row in rows] == [f"| ${tex}$" for tex, *_ in SYMBOLS[heading]]
