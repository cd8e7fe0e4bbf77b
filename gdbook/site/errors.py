"""Errors that stop the build and say where in the book."""

from pathlib import Path

from mkdocs.exceptions import BuildError
from pymdownx.superfences import SuperFencesException

DOCS = Path("docs")


class PageError(BuildError, SuperFencesException):
    """Something on a page is wrong; the message begins with page and line.

    MkDocs ends the build for the one base class. The other is the only exception that
    superfences lets through: for any other it would print the fence as it is written.
    """

    def __init__(self, what, text):
        super().__init__(f"{locate(text)}: {what}")


def locate(text, docs=DOCS):
    """``docs/page.md:line`` of each place where ``text`` stands, indented or not."""
    wanted = [line.strip() for line in text.strip().splitlines()]
    places = []
    for page in sorted(docs.rglob("*.md")):
        lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines()]
        places += [
            f"{page.as_posix()}:{i + 1}"
            for i in range(len(lines))
            if _stands(wanted, lines[i : i + len(wanted)])
        ]
    return ", ".join(places) or "in text printed by a code block"


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
