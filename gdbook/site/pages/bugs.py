"""Which line of a faulty snippet is at fault: found by mending one line after another, and running it."""

import contextlib
import io
import re
import textwrap
from pathlib import Path

PAGE = Path("docs/reference/find-the-bug.md")


def snippet(heading, page=PAGE):
    """The code of the first ``python run`` block under ``heading`` on a page."""
    after = page.read_text(encoding="utf-8").partition(f"# {heading}\n")[2]
    block = re.search(r"^( *)```python run\n(.*?)^\1```$", after, re.DOTALL | re.MULTILINE)
    if not block:
        raise ValueError(f"no heading {heading!r} with a block that runs in {page}")
    return textwrap.dedent(block[2])


def printed(code):
    """What the code prints, run by itself."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<snippet>", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def culprit(code, mended, right):
    """The one piece of ``code`` with which its output becomes right, once it is mended.

    ``mended`` maps pieces of the code to what could stand in their place; ``right`` tells of an output
    whether it is right. Raises ValueError unless the code as it stands is wrong and exactly one of the
    pieces mends it.
    """
    absent = [piece for piece in mended if code.count(piece) != 1]
    if absent:
        raise ValueError(f"each piece must stand in the code once, these do not: {absent}")
    if right(printed(code)):
        raise ValueError(f"there is nothing to mend, the code prints {printed(code)!r}")
    found = [piece for piece, better in mended.items() if right(printed(code.replace(piece, better)))]
    if len(found) != 1:
        raise ValueError(f"exactly one piece must mend the code, these do: {found}")
    return found[0]
