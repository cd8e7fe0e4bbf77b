"""Rows of the page on notation: symbol and LaTeX from one string, code names that exist."""

import inspect
from collections.abc import Callable
from typing import Any

from gdbook.descent import descend
from gdbook.rules import RULES


def table(rows):
    """A Markdown table of ``(LaTeX, name in code or "", meaning, names elsewhere)``, to print.

    A name that is no parameter of ``descend`` or of a rule, and no attribute of a trace, raises
    NameError: what the page calls a thing must be what the code calls it.
    """
    names = _names()
    lines = ["| symbol | meaning | LaTeX | code |", "|---|---|---|---|"]
    for tex, name, meaning, elsewhere in rows:
        if name and name not in names and not name.startswith("gdbook."):
            raise NameError(f"{name} is no name in gdbook")
        code = f"`{name}`" if name else ""
        also = f'<span class="gd-else">elsewhere {elsewhere}</span>'
        lines.append(f"| ${tex}$ | {meaning}{also} | `{tex}` | {code} |")
    return "\n".join(lines)


def _names():
    functions: list[Callable[..., Any]] = [descend, *RULES.values()]
    parameters = {name for f in functions for name in inspect.signature(f).parameters}
    return parameters | {f"trace.{name}" for name in vars(descend(lambda w: w, 1.0, steps=1))}
