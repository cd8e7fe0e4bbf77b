"""Errors that stop the build and say where in the book."""

import re
from pathlib import Path

from mkdocs.exceptions import BuildError
from pymdownx.superfences import SuperFencesException

DOCS = Path("docs")


class PageError(BuildError, SuperFencesException):
    """Something on a page is wrong; the message begins with page and line.

    MkDocs ends the build for the one base class. The other is the only exception that
    superfences lets through: for any other it would print the fence as it is written.
    Without a text, ``what`` says already where.
    """

    def __init__(self, what, text=None, line=1):
        super().__init__(what if text is None else f"{locate(text, line=line)}: {what}")


def locate(text, docs=DOCS, line=1):
    """``docs/page.md:line`` of each place where ``text`` stands, indented or not.

    ``line`` is the line of the text that is meant.
    """
    wanted = [line.strip() for line in text.strip().splitlines()]
    places = []
    for page in sorted([*docs.rglob("*.md"), *docs.rglob("*.py")]):
        for lines in _readings(page):
            places += [
                f"{page.as_posix()}:{i + line}"
                for i in range(len(lines))
                if _stands(wanted, lines[i : i + len(wanted)])
            ]
    return ", ".join(dict.fromkeys(places)) or "in text printed by a code block"


def _readings(page):
    """The lines of a page; of a notebook, as they are and as its Markdown stands in comments."""
    lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines()]
    return [lines] if page.suffix == ".md" else [lines, [re.sub("^# ?", "", line).strip() for line in lines]]


def _stands(wanted, lines):
    """Whether the lines are the wanted ones; the wanted ones may begin and end within a line."""
    if len(wanted) == 1:
        return wanted[0] in lines[0]
    return (
        len(lines) == len(wanted)
        and lines[0].endswith(wanted[0])
        and lines[1:-1] == wanted[1:-1]
        and lines[-1].startswith(wanted[-1])
    )
