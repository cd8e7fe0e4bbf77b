"""Chapters are prose: what computes stands in their modules, and a page holds little hidden code."""

import ast
import re

import pytest
from built import CHAPTERS, DOCS, ROOT, SOURCES, name_of

SHARE, LINES, COLUMNS = 0.15, 6, 120  # of a page that may be hidden; of a hidden block; of a line of it
HIDDEN = re.compile(
    r'^([ \t]*)(`{3,}) *python[^`\n]*\bexec="on"[^`\n]*\n(.*?)^\1\2[ \t]*$', re.MULTILINE | re.DOTALL
)
FIGURES = sorted((ROOT / "gdbook" / "figures").glob("*.py"))
PAGES = [page for page in CHAPTERS if SOURCES[page].suffix == ".md"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_little_of_a_page_is_hidden_code(page):
    text = SOURCES[page].read_text(encoding="utf-8")
    blocks = [found[3] for found in HIDDEN.finditer(text)]
    long = [block for block in blocks if block.count("\n") > LINES]
    wide = [line for block in blocks for line in block.split("\n") if len(line) > COLUMNS]
    assert long == []
    assert wide == []
    # An import and a call are the least that a block needs.
    least = 5 * len(blocks)
    assert sum(block.count("\n") for block in blocks) <= max(SHARE * text.count("\n"), least)


def defined(tree):
    """The public names that a module defines."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            names = [node for target in statement.targets for node in ast.walk(target)]
            yield from (node.id for node in names if isinstance(node, ast.Name))


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_each_name_of_a_module_is_used(path):
    text = path.read_text(encoding="utf-8")
    others = [*DOCS.rglob("*.md"), *DOCS.rglob("*.py"), *(ROOT / "gdbook").rglob("*.py")]
    elsewhere = "\n".join(other.read_text(encoding="utf-8") for other in others if other != path)
    unused = [
        name
        for name in defined(ast.parse(text))
        if len(re.findall(rf"\b{name}\b", text)) < 2 and not re.search(rf"\b{name}\b", elsewhere)
    ]
    assert unused == []
