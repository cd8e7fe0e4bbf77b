"""A terminal block shows what the command prints, the same wherever the book is built."""

import html
import re

import markdown
import pytest

from gdbook.site.build.errors import PageError
from gdbook.site.kept.tasks import COLUMNS
from gdbook.site.markdown import fences


def page(command):
    fence = {"name": "terminal", "class": "gd-terminal", "format": fences.run_terminal}
    return markdown.markdown(
        f"```terminal\n{command}\n```\n",
        extensions=["pymdownx.superfences", "pymdownx.highlight"],
        extension_configs={"pymdownx.superfences": {"custom_fences": [fence]}},
    )


def text(shown):
    return html.unescape(re.sub(r"<[^>]+>", "", shown))


def test_the_plot_has_the_width_of_the_page_in_any_terminal(monkeypatch):
    shown = []
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        shown.append(text(page("gdbook descend --function parabola")))
    assert shown[0] == shown[1]
    plotted = [line for line in shown[0].splitlines() if "│" in line or "┌" in line]
    assert max(map(len, plotted)) == COLUMNS


def test_a_command_that_fails_stops_the_build():
    with pytest.raises(PageError, match="parabolla"):
        page("gdbook descend --function parabolla")
