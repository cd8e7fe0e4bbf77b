"""Tables that are wider than a phone scroll in a frame, which stands in the page and needs no script."""

import re

# Tables without a class are the text's own; labs lay out theirs themselves.
_TABLE = re.compile(r"<table>\s*(<thead>\s*<tr>\s*<th>symbol)?.*?</table>", re.DOTALL)
MARGIN = 9  # rows that a margin has room for


def in_frames(content):
    """The HTML of a page with a frame around each table of its text.

    If there is one that says what the symbols are, and it is short, its place is the margin.
    """
    of_symbols = [table[0] for table in _TABLE.finditer(content) if table[1]]
    aside = of_symbols if len(of_symbols) == 1 and of_symbols[0].count("<tr>") <= MARGIN else []
    return _TABLE.sub(lambda table: _framed(table[0], " gd-symbols" * (table[0] in aside)), content)


def _framed(table, place):
    return f'<div class="md-typeset__scrollwrap{place}"><div class="md-typeset__table">{table}</div></div>'
