"""What a reader takes along of a chapter: a script with cells and a notebook, of what the page says and runs.

Prose is as on the page, with the values that were computed; a link to another page is the title of that page.
Each block that runs is a code cell, and so is each exercise with its checks, and each figure: the lines that
draw it. What a block printed is left out, since the reader runs it. A page that is a notebook brings its own
(``notebooks``).
"""

import ast
import re
import textwrap
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gdbook.figures.house import words
from gdbook.site.build import plain
from gdbook.site.build.errors import DOCS
from gdbook.site.build.notebooks import needs, numbered, without_links
from gdbook.site.kept.results import Pending
from gdbook.site.markdown import exercise
from gdbook.site.markdown.fences import FENCE

_FIGURES = {"emit", "live"}  # by which a page shows a figure, and a plate
_WIDTH = 100  # of the words of a figure, in its cell


def cells(markdown, source):
    """The cells of the page of a ``source``, ``descent/momentum.md``: ``[kind, text]``, code or markdown.

    None in ``mkdocs serve`` while blocks of it run.
    """
    try:
        return [*_cells(plain.unfolded(markdown), DOCS / source)]
    except Pending:
        return None


def _cells(text, path):
    said, end, shown = "", 0, None
    fences = list(FENCE.finditer(text))
    for fence, following in zip_longest(fences, fences[1:]):
        said, end = said + text[end : fence.start()], fence.end()
        code = _code(fence, following)
        if code is not None:
            yield from _prose(said, path)
            yield ["code", code]
            said = plain.solved(exercise.parsed(_dedented(fence))) if fence["what"] == "exercise" else ""
        elif fence["what"] == "caption" and shown is not None:  # whose label is in the cell
            said += f"*Figure.* {words(textwrap.dedent(fence['code']))[1]}"
        else:
            said += textwrap.indent(plain.shown(fence), fence["indent"])
        shown = code
    yield from _prose(said + text[end:], path)


def _prose(said, path):
    text = plain.said(said, lambda prose: without_links(prose, path))
    if text.strip():
        yield ["markdown", text.strip()]


def _dedented(fence):
    return textwrap.dedent(fence["code"]).rstrip("\n")


def _code(fence, following):
    """The code cell in place of a fence; None where its text stands."""
    options = fence["options"].split()
    code = _dedented(fence)
    if fence["what"] == "python" and "run" in options:
        return code
    if fence["what"] == "exercise":
        given = exercise.parsed(code)
        return given.checked(given.start)
    if fence["what"] == "python" and 'html="on"' in options and following and following["what"] == "caption":
        return _figure(ast.parse(code), words(textwrap.dedent(following["code"]))[0])
    return None


def _figure(tree, label):
    """The lines that draw what a block shows by ``print(emit(draw, …))``; None if it shows something else."""
    shown = tree.body[-1].value.args[0]
    if not isinstance(shown, ast.Call) or ast.unparse(shown.func) not in _FIGURES:
        return None
    draw: Any = shown.args[0]
    (module,) = {
        node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and draw.id in {name.name for name in node.names}
    }
    call = ast.unparse(ast.Call(draw, [], shown.keywords))
    imports = sorted([f"from {module} import {draw.id}", "from gdbook.figures.notebook import show"])
    raw = "r" if "\\" in label else ""  # a formula
    return "\n".join([*imports, "", f'show({call}, {raw}"""{textwrap.fill(label, _WIDTH)}""")'])


def as_ipynb(taken):
    """The notebook for Jupyter of these cells, not yet run. The same bytes on every build."""
    import nbformat  # slow to load

    v4 = nbformat.v4
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}
    made = [make[kind](text) for kind, text in taken]
    return numbered(v4.new_notebook(cells=[v4.new_markdown_cell(_needs(taken)), *made]))


def as_script(taken):
    """The script of these cells, in jupytext's percent format."""
    return (
        "\n\n".join(
            "# %% [markdown]\n" + re.sub("^", "# ", text, flags=re.MULTILINE).replace("# \n", "#\n")
            if kind == "markdown"
            else f"# %%\n{text}"
            for kind, text in [["markdown", _needs(taken)], *taken]
        )
        + "\n"
    )


def _needs(taken):
    return needs("\n".join(text for kind, text in taken if kind == "code")).strip()


def names(source):
    """What the script and the notebook of a source are called."""
    stem = Path(source).stem
    return f"{stem}.py", f"{stem}.ipynb"
