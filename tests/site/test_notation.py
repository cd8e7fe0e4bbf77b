"""What the page on notation calls a thing is what the code calls it."""

import pytest

from gdbook.site.notation import table


def test_the_symbol_and_its_latex_are_one_string():
    assert r"| $\eta$ |" in table([(r"\eta", "lr", "rate", "")])
    assert r"| `\eta` | `lr` |" in table([(r"\eta", "lr", "rate", "")])


@pytest.mark.parametrize("name", ["lr", "momentum", "trace.w", "trace.diverged_at", ""])
def test_names_of_the_code_are_taken(name):
    assert table([("x", name, "", "")])


def test_a_name_that_is_gone_stops_the_build():
    with pytest.raises(NameError, match="learning_rate"):
        table([(r"\eta", "learning_rate", "rate", "")])
