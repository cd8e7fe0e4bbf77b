"""Pages without the empty lines and indents of their templates, which are bytes that no browser shows."""

import re

_AS_WRITTEN = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
_BREAK = re.compile(r"[ \t]*\n[ \t\n]*")


def without_indents(page):
    """The HTML of a page, with one line break in place of each run of spaces that has one.

    What is shown with its spaces is left as it is, and so are scripts and styles.
    """
    parts = _AS_WRITTEN.split(page)  # text, what stays as it is, its tag, text, …
    return "".join(
        _BREAK.sub("\n", part) if i % 3 == 0 else part for i, part in enumerate(parts) if i % 3 != 2
    )
